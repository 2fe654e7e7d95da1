/** Key pairs and signed cookies for the emulator's own tests. Uses none of the API's code. */
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';

export interface KeyPair {
  readonly publicPem: string;
  readonly privateKey: KeyObject;
}

export function createKeyPair(type: 'P-256' | 'RSA-2048' | 'RSA-1024' | 'P-384'): KeyPair {
  const { publicKey, privateKey } =
    type === 'P-256' || type === 'P-384'
      ? generateKeyPairSync('ec', { namedCurve: type })
      : generateKeyPairSync('rsa', { modulusLength: Number(type.slice(4)) });
  return { publicPem: publicKey.export({ type: 'spki', format: 'pem' }).toString(), privateKey };
}

const encode = (bytes: Buffer): string =>
  bytes.toString('base64').replaceAll('+', '-').replaceAll('=', '_').replaceAll('/', '~');

export interface CookieOptions {
  readonly keys: KeyPair;
  readonly keyPairId: string;
  readonly resource: string;
  /** Epoch seconds. */
  readonly until: number;
  readonly hash?: 'SHA1' | 'SHA256';
}

/** A `Cookie` header of CloudFront's cookies; `undefined` leaves one out. */
export const signedCookies = (values: Readonly<Record<string, string | undefined>>): string =>
  Object.entries(values)
    .flatMap(([name, value]) => (value === undefined ? [] : [`CloudFront-${name}=${value}`]))
    .join('; ');

/** A `Cookie` header with a custom policy. */
export function signedCookieHeader({ keys, keyPairId, resource, until, hash = 'SHA256' }: CookieOptions): string {
  const policy = Buffer.from(
    JSON.stringify({ Statement: [{ Resource: resource, Condition: { DateLessThan: { 'AWS:EpochTime': until } } }] }),
  );
  return signedCookies({
    Policy: encode(policy),
    Signature: encode(sign(hash.toLowerCase(), policy, keys.privateKey)),
    'Key-Pair-Id': keyPairId,
    'Hash-Algorithm': hash,
  });
}
