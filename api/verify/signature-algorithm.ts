/** Owns the algorithms that an issuer's signatures may be pinned to: which published keys fit, and how a signature is checked. Trusts nobody. */
import { constants, createPublicKey, type JsonWebKey, type KeyObject, verify } from 'node:crypto';

/** JSON Web Signature algorithms (RFC 7518, 3.1) with a public key; `none` and HMAC are none of them. */
export type SignatureAlgorithm = 'RS256' | 'PS256' | 'ES256' | 'ES384';

/** RFC 7518, 3.3. */
const minimumModulusBits = 2048;

interface Check {
  readonly keyType: 'RSA' | 'EC';
  /** Curve of an EC key. */
  readonly curve?: string;
  verify(signed: Buffer, key: KeyObject, signature: Buffer): boolean;
}

// RFC 7518, 3.4: the two numbers one after the other, not DER.
const ecdsa = (curve: string, hash: string): Check => ({
  keyType: 'EC',
  curve,
  verify: (signed, key, signature) => verify(hash, signed, { key, dsaEncoding: 'ieee-p1363' }, signature),
});

const checks: Readonly<Record<SignatureAlgorithm, Check>> = {
  RS256: { keyType: 'RSA', verify: (signed, key, signature) => verify('sha256', signed, key, signature) },
  PS256: {
    keyType: 'RSA',
    // RFC 7518, 3.5: the salt is as long as the hash.
    verify: (signed, key, signature) =>
      verify('sha256', signed, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }, signature),
  },
  ES256: ecdsa('P-256', 'sha256'),
  ES384: ecdsa('P-384', 'sha384'),
};

const text = (value: unknown): value is string => typeof value === 'string' && value !== '';

/** RFC 7517, 4.3: a list without repetitions, here of a key for signatures and nothing else. */
const isForVerifying = (operations: unknown): boolean =>
  Array.isArray(operations) &&
  operations.includes('verify') &&
  operations.every((one) => one === 'verify' || one === 'sign') &&
  new Set(operations).size === operations.length;

/** The public key of a JWK (RFC 7517) for signatures of this algorithm; `undefined` if it is not one. Never throws. */
export function signatureKeyOf(
  jwk: Readonly<Record<string, unknown>>,
  algorithm: SignatureAlgorithm,
): KeyObject | undefined {
  const { keyType, curve } = checks[algorithm];
  const { kty, use, key_ops: operations, alg, crv, n, e, x, y } = jwk;
  if (kty !== keyType || crv !== curve) return undefined;
  if (use !== undefined && use !== 'sig') return undefined;
  if (operations !== undefined && !isForVerifying(operations)) return undefined;
  if (alg !== undefined && alg !== algorithm) return undefined;
  try {
    if (keyType === 'EC') {
      return text(x) && text(y) ? createPublicKey({ key: { kty, crv, x, y } as JsonWebKey, format: 'jwk' }) : undefined;
    }
    if (!text(n) || !text(e)) return undefined;
    const key = createPublicKey({ key: { kty, n, e } as JsonWebKey, format: 'jwk' });
    return (key.asymmetricKeyDetails?.modulusLength ?? 0) >= minimumModulusBits ? key : undefined;
  } catch {
    return undefined;
  }
}

/** `key`: of `signatureKeyOf` for the same algorithm. */
export const isSignedBy = (algorithm: SignatureAlgorithm, signed: Buffer, key: KeyObject, signature: Buffer): boolean =>
  checks[algorithm].verify(signed, key, signature);
