/** Lists the signature algorithms that an issuer can be pinned to, and the keys that fit them. */
import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';

/** JSON Web Signature algorithms (RFC 7518, 3.1) with a public key. `none` and HMAC must never be added. */
export type SignatureAlgorithm = 'RS256' | 'PS256' | 'ES256' | 'ES384';

/** RFC 7518, 3.3. */
const minimumModulusBits = 2048;

/** The key type that each algorithm needs. */
const keyTypes: Readonly<Record<SignatureAlgorithm, { readonly keyType: 'RSA' | 'EC'; readonly curve?: string }>> = {
  RS256: { keyType: 'RSA' },
  PS256: { keyType: 'RSA' },
  ES256: { keyType: 'EC', curve: 'P-256' },
  ES384: { keyType: 'EC', curve: 'P-384' },
};

const text = (value: unknown): value is string => typeof value === 'string' && value !== '';

/** RFC 7517, 4.3: a list without repetitions. Here it must only allow verifying. */
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
  const { keyType, curve } = keyTypes[algorithm];
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
