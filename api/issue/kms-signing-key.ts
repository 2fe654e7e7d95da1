/** Signs with a key that never leaves KMS. KMS receives only a digest. */
import { createHash } from 'node:crypto';
import type { KMSClientConfig } from '@aws-sdk/client-kms';
import { alwaysAwake, type Watch } from '../shared/invocations.ts';
import type { Log } from '../shared/log.ts';
import { once } from '../shared/once.ts';
import { accept, type Result, refuse } from '../shared/refusal.ts';
import { canonicalSignature } from './ecdsa-signature.ts';
import { signedCookiesOf } from './signed-cookies.ts';
import type { SigningKey } from './signing-key.ts';

/** Limit for one signature, including its retry, in milliseconds. */
const timeoutMs = 2_000;

/** Number of cached signatures. */
const maximumSignatures = 1_000;

/**
 * How KMS makes signatures that CloudFront accepts; ECDSA's are DER.
 * @see https://docs.aws.amazon.com/kms/latest/APIReference/API_Sign.html
 */
const algorithms = { 'P-256': 'ECDSA_SHA_256', 'RSA-2048': 'RSASSA_PKCS1_V1_5_SHA_256' } as const;

export interface KmsSigningKeyOptions {
  readonly keyArn: string;
  readonly keyType: keyof typeof algorithms;
  /** The key's name in session statements. */
  readonly fingerprint: string;
  readonly keyPairId: string;
  /** Extra options for the SDK's client. It reads the rest from Lambda's own variables. */
  readonly clientOptions: KMSClientConfig;
  readonly log: Log;
  /** Whether the instance stayed awake during a signature. Default: nothing freezes it. */
  readonly watch?: Watch;
}

/** Returns a function that loads the SDK and gets the key. */
export function createKmsSigningKey(options: KmsSigningKeyOptions): () => Promise<Result<SigningKey>> {
  const { keyArn, keyType, fingerprint, keyPairId, clientOptions, log, watch = alwaysAwake } = options;
  const kms = once(async () => {
    const { KMSClient, SignCommand } = await import('@aws-sdk/client-kms');
    return { SignCommand, client: new KMSClient({ maxAttempts: 2, ...clientOptions }) };
  });

  /** Digest to signature, oldest first. Each signature costs money, so the same bytes are signed once. */
  const signatures = new Map<string, Uint8Array>();
  const remember = (digest: string, signature: Uint8Array): void => {
    signatures.set(digest, signature);
    const [oldest] = signatures.keys();
    if (signatures.size > maximumSignatures && oldest !== undefined) signatures.delete(oldest);
  };

  const key: SigningKey = {
    keyPairId,
    fingerprint,
    async sign(bytes, hash) {
      if (hash !== 'SHA256') throw new Error('KMS signs no SHA-1, and the config admits none with it');
      const digest = createHash('sha256').update(bytes).digest();
      const remembered = signatures.get(digest.toString('base64'));
      if (remembered !== undefined) return accept(remembered);
      const isWhole = watch();
      const unavailable = (cause: string): Result<never> => {
        if (isWhole()) log('error', 'signing-key-unavailable', { key: keyArn, cause });
        return refuse('signing-key-unavailable', { cause });
      };
      try {
        const { SignCommand, client } = await kms();
        const command = new SignCommand({
          KeyId: keyArn,
          Message: digest,
          // KMS accepts messages of up to 4,096 bytes. A digest always fits.
          MessageType: 'DIGEST',
          SigningAlgorithm: algorithms[keyType],
        });
        const { Signature } = await client.send(command, { abortSignal: AbortSignal.timeout(timeoutMs) });
        if (Signature === undefined) return unavailable('no signature');
        const signature = keyType === 'P-256' ? canonicalSignature(Signature) : Signature;
        remember(digest.toString('base64'), signature);
        return accept(signature);
      } catch (error) {
        return unavailable(error instanceof Error ? error.name : 'unknown');
      }
    },
    async signPolicy(policy, hash) {
      const signature = await key.sign(Buffer.from(policy), hash);
      return signature.ok
        ? accept(signedCookiesOf(policy, { signature: signature.value, keyPairId, hash }))
        : signature;
    },
  };

  return async () => {
    await kms();
    return accept(key);
  };
}
