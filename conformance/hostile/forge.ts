/** Forges sessions and signed cookies with a site's own signing key, as only a bug or a stolen key could. */
import { createPrivateKey, type KeyObject, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cookiesOf } from '../support/http.ts';
import type { RunningSite } from '../support/site.ts';

/** Cookies by name, as a `Cookie` header wants them. */
export type Cookies = Readonly<Record<string, string>>;

export const names = {
  policy: 'CloudFront-Policy',
  signature: 'CloudFront-Signature',
  keyPairId: 'CloudFront-Key-Pair-Id',
  hash: 'CloudFront-Hash-Algorithm',
  session: '__Host-s3nator-session',
} as const;

/** What an answer set, without what it expired. */
export const cookiesSet = (setCookie: readonly string[]): Cookies =>
  Object.fromEntries(
    Object.entries(cookiesOf(setCookie.filter((line) => !line.includes('Max-Age=0')))).map(([name, { value }]) => [
      name,
      value,
    ]),
  );

export const header = (cookies: Cookies): string =>
  Object.entries(cookies)
    .map(([name, value]) => `${name}=${value}`)
    .join('; ');

/** The private half that signs for this site. */
export function signingKeyOf(site: RunningSite): KeyObject {
  const folder = join(site.folder, '.s3nator/keys/docs');
  const { signer } = JSON.parse(readFileSync(join(folder, 'keys.json'), 'utf8')) as { signer: string };
  return createPrivateKey(readFileSync(join(folder, `${signer}.private.pem`)));
}

/** CloudFront's base64. */
export const edgeBase64 = (bytes: Uint8Array): string =>
  Buffer.from(bytes).toString('base64').replaceAll('+', '-').replaceAll('=', '_').replaceAll('/', '~');
export const fromEdgeBase64 = (text: string): Buffer =>
  Buffer.from(text.replaceAll('-', '+').replaceAll('_', '=').replaceAll('~', '/'), 'base64');

/** A session cookie's two halves as bytes. */
export function halvesOf(session: string): { readonly body: Buffer; readonly proof: Buffer } {
  const [body = '', proof = ''] = session.split('.');
  return { body: Buffer.from(body, 'base64url'), proof: Buffer.from(proof, 'base64url') };
}

export const sessionOf = (body: Uint8Array, proof: Uint8Array): string =>
  `${Buffer.from(body).toString('base64url')}.${Buffer.from(proof).toString('base64url')}`;

/** The statement of a session with some fields changed; its first line stays. */
export function changedBody(body: Buffer, changes: Readonly<Record<string, unknown>>): Buffer {
  const text = body.toString();
  const at = text.indexOf('\n') + 1;
  const statement = JSON.parse(text.slice(at)) as Record<string, unknown>;
  return Buffer.from(text.slice(0, at) + JSON.stringify({ ...statement, ...changes }));
}

const halfOrder = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n >> 1n;

/** In the spelling that sessions must have: with a P-256 key, the smaller of the two values of s. */
export function signedBy(key: KeyObject, bytes: Uint8Array): Buffer {
  const signature = sign('sha256', bytes, key);
  if (key.asymmetricKeyType !== 'ec') return signature;
  const s = signature.toString('hex', 6 + (signature[3] ?? 0));
  return BigInt(`0x${s}`) > halfOrder ? signedBy(key, bytes) : signature;
}

/** The same P-256 signature in its other spelling: n - s in the place of s. */
export function otherSpelling(signature: Buffer): Buffer {
  const at = 4 + (signature[3] ?? 0);
  const s = 2n * halfOrder + 1n - BigInt(`0x${signature.toString('hex', at + 2)}`);
  const digits = s.toString(16).padStart(64, '0');
  const bytes = Buffer.from(/^[89a-f]/.test(digits) ? `00${digits}` : digits, 'hex');
  const content = Buffer.concat([signature.subarray(2, at), Buffer.from([2, bytes.length]), bytes]);
  return Buffer.concat([Buffer.from([0x30, content.length]), content]);
}
