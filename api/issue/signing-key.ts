/** Loads the signing key from the private bucket, once per instance, and signs in memory. */
import { createPrivateKey, createPublicKey, hash, type KeyObject, sign } from 'node:crypto';
import { privateKeyObject } from '../../contract/layout.ts';
import type { Watch } from '../shared/invocations.ts';
import type { Log } from '../shared/log.ts';
import type { PrivateBucket } from '../shared/private-bucket.ts';
import { accept, type Result, refuse } from '../shared/refusal.ts';
import { sharedLoad } from '../shared/shared-load.ts';
import { canonicalSignature } from './ecdsa-signature.ts';
import { fromCloudFrontBase64, type SignatureHash, type SignedCookies, toCloudFrontBase64 } from './signed-cookies.ts';

/** The private half of a CloudFront public key, in memory or in KMS. */
export interface SigningKey {
  /** ID that CloudFront gave the public half. */
  readonly keyPairId: string;
  /** First 16 hex digits of SHA-256 of the public half (SPKI DER). For a key in KMS, 16 random digits. */
  readonly fingerprint: string;
  /** ECDSA (DER, in canonical form) with a P-256 key, RSASSA-PKCS1-v1_5 with an RSA key. */
  sign(bytes: Uint8Array, hash: SignatureHash): Promise<Result<Uint8Array>>;
  /** CloudFront's cookies for a policy, which is signed without changes. See `policyStatement`. */
  signPolicy(policy: string, hash: SignatureHash): Promise<Result<SignedCookies>>;
}

export interface SigningKeyOptions {
  readonly bucket: PrivateBucket;
  readonly fingerprint: string;
  readonly keyPairId: string;
  readonly log: Log;
  /** Whether the instance stayed awake during a read. Default: nothing freezes it. */
  readonly watch?: Watch;
}

export const fingerprintOf = (spki: Uint8Array): string => hash('sha256', spki, 'hex').slice(0, 16);

/**
 * CloudFront takes P-256 and RSA-2048 keys.
 * @see https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-trusted-signers.html
 */
export const isSigningKeyType = (key: KeyObject): boolean =>
  key.asymmetricKeyType === 'ec'
    ? key.asymmetricKeyDetails?.namedCurve === 'prime256v1'
    : key.asymmetricKeyType === 'rsa' && key.asymmetricKeyDetails?.modulusLength === 2048;

function parsePrivateKey(pem: string): KeyObject | undefined {
  try {
    const key = createPrivateKey(pem);
    return isSigningKeyType(key) ? key : undefined;
  } catch {
    return undefined;
  }
}

/** A key whose private half is in memory. AWS's library builds the cookies. */
export async function createKeyInMemory(
  privateKey: KeyObject,
  names: Pick<SigningKey, 'fingerprint' | 'keyPairId'>,
): Promise<SigningKey> {
  const { getSignedCookies } = await import('@aws-sdk/cloudfront-signer');
  const isEcdsa = privateKey.asymmetricKeyType === 'ec';
  const inOurSpelling = (signature: string): string =>
    isEcdsa ? toCloudFrontBase64(canonicalSignature(fromCloudFrontBase64(signature))) : signature;
  return {
    ...names,
    async sign(bytes, hash) {
      const signature = sign(hash, bytes, privateKey);
      return accept(isEcdsa ? canonicalSignature(signature) : signature);
    },
    async signPolicy(policy, hash) {
      const cookies = getSignedCookies({
        policy,
        keyPairId: names.keyPairId,
        // The library passes the key to Node, which also accepts a parsed key. Text would be parsed at each sign-in.
        privateKey: privateKey as unknown as Buffer,
        algorithm: hash,
      });
      return accept({
        // The library leaves it out only if it builds its own policy.
        policy: cookies['CloudFront-Policy'] as string,
        signature: inOurSpelling(cookies['CloudFront-Signature']),
        keyPairId: cookies['CloudFront-Key-Pair-Id'],
        hashAlgorithm: cookies['CloudFront-Hash-Algorithm'] ?? null,
      });
    },
  };
}

/** Returns a function that gets the key. It caches the key after the first success, and retries after a failure. */
export function createSigningKeyStore(options: SigningKeyOptions): () => Promise<Result<SigningKey>> {
  const { bucket, fingerprint, keyPairId, log, watch } = options;
  const object = privateKeyObject(fingerprint);
  let stored: SigningKey | undefined;

  const load = sharedLoad(async (isWhole): Promise<Result<SigningKey>> => {
    const unavailable = (cause: string): Result<never> => {
      if (isWhole()) log('error', 'signing-key-unavailable', { object, cause });
      return refuse('signing-key-unavailable', { cause });
    };

    const reading = await bucket.read(object);
    if (reading.kind === 'failed') return unavailable(reading.cause);
    if (reading.kind !== 'found') return unavailable(reading.kind);
    const privateKey = parsePrivateKey(reading.text);
    if (privateKey === undefined) return unavailable('unreadable');
    const spki = createPublicKey(privateKey).export({ type: 'spki', format: 'der' });
    // CloudFront would refuse every cookie of another key. It is better to fail here, once.
    if (fingerprintOf(spki) !== fingerprint) return unavailable('mismatch');
    stored = await createKeyInMemory(privateKey, { keyPairId, fingerprint });
    return accept(stored);
  }, watch);

  return async () => (stored === undefined ? load() : accept(stored));
}
