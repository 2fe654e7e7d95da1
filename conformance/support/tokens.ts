/** Makes ID tokens, good ones from the stand-in Google and broken ones that it would never issue; signs in with one. */
import { createHmac, createPublicKey, generateKeyPairSync, type JsonWebKey, sign } from 'node:crypto';
import { type Answer, send } from './http.ts';
import type { RunningSite } from './site.ts';

/** A raw token from the stand-in; further parameters set or replace claims, an empty one removes the claim. */
export async function idToken(site: RunningSite, email: string, claims: Record<string, string> = {}): Promise<string> {
  const query = new URLSearchParams({ email, ...claims });
  return (await send(`${site.google.origin}/token?${query}`)).text.trim();
}

/** Posts a token to the API as a program does: in the header, without a browser's nonce. */
export const signInWith = (origin: string, token: string): Promise<Answer> =>
  send(`${origin}/auth/session`, { method: 'POST', headers: { Authorization: `Bearer ${token}` } });

/** The same with a new token for `email`. */
export const signInAs = async (
  site: RunningSite,
  email = 'alice@example.com',
  claims: Record<string, string> = {},
): Promise<Answer> => signInWith(site.origin, await idToken(site, email, claims));

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const partsOf = (token: string): { header: Record<string, unknown>; payload: string } => {
  const [header = '', payload = ''] = token.split('.');
  return { header: JSON.parse(Buffer.from(header, 'base64url').toString()) as Record<string, unknown>, payload };
};

/** The same claims and key ID, signed by somebody else's key. */
export function forged(token: string): string {
  const { header, payload } = partsOf(token);
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const input = `${encode(header)}.${payload}`;
  return `${input}.${sign('sha256', Buffer.from(input), privateKey).toString('base64url')}`;
}

/** The same claims with `alg: none` and no signature. */
export function unsigned(token: string): string {
  const { header, payload } = partsOf(token);
  return `${encode({ ...header, alg: 'none' })}.${payload}.`;
}

/** The same claims with `alg: HS256`, the public key taken for the secret. */
export async function hs256(token: string, site: RunningSite): Promise<string> {
  const { header, payload } = partsOf(token);
  const { keys } = (await send(`${site.google.origin}/oauth2/v3/certs`)).json as {
    keys: (JsonWebKey & { kid: string })[];
  };
  const key = keys.find(({ kid }) => kid === header['kid']);
  if (key === undefined) throw new Error('the stand-in does not publish the key that it signed with');
  const secret = createPublicKey({ key, format: 'jwk' }).export({ type: 'spki', format: 'pem' });
  const input = `${encode({ ...header, alg: 'HS256' })}.${payload}`;
  return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
}
