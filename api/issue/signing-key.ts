/** Owns the signing key: reading its private half from the private bucket, once an instance. Signs what it is told; knows no policy, no session. */
import { createPrivateKey, createPublicKey, hash, type KeyObject, sign } from 'node:crypto';
import { privateKeyObject } from '../../contract/layout.ts';
import type { Watch } from '../shared/invocations.ts';
import type { Log } from '../shared/log.ts';
import type { PrivateBucket } from '../shared/private-bucket.ts';
import { accept, type Result, refuse } from '../shared/refusal.ts';
import { sharedLoad } from '../shared/shared-load.ts';
import { canonicalSignature } from './ecdsa-signature.ts';

/** Hash of a signature. CloudFront takes SHA-1 unless the fourth cookie names SHA-256. */
export type SignatureHash = 'SHA256' | 'SHA1';

/** The private half of a CloudFront public key, wherever it lives. */
export interface SigningKey {
  /** ID that CloudFront gave the public half. */
  readonly keyPairId: string;
  /** First 16 hex digits of SHA-256 of the public half (SPKI DER); of a key in KMS, 16 random ones. */
  readonly fingerprint: string;
  /** ECDSA (DER, in our one spelling) with a P-256 key, RSASSA-PKCS1-v1_5 with an RSA key. */
  sign(bytes: Uint8Array, hash: SignatureHash): Promise<Result<Uint8Array>>;
}

export interface SigningKeyOptions {
  readonly bucket: PrivateBucket;
  readonly fingerprint: string;
  readonly keyPairId: string;
  readonly log: Log;
  /** Whether the instance was awake during a reading. Default: nothing freezes it. */
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

/** Returns the way to get the key: kept once it was read, tried anew for as long as it could not be. */
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
    // Another key's cookies would be refused by CloudFront one by one; better to say so once, here.
    if (fingerprintOf(spki) !== fingerprint) return unavailable('mismatch');
    const inOurSpelling = privateKey.asymmetricKeyType === 'ec' ? canonicalSignature : (bytes: Buffer) => bytes;
    const signed: SigningKey['sign'] = async (bytes, hash) => accept(inOurSpelling(sign(hash, bytes, privateKey)));
    stored = { keyPairId, fingerprint, sign: signed };
    return accept(stored);
  }, watch);

  return async () => (stored === undefined ? load() : accept(stored));
}
