/** Owns every Set-Cookie of a sign-in, a renewal and a sign-out. Decides no times and no paths. */
import {
  loginCookie,
  loginCookieAttributes,
  sessionCookie,
  sessionCookieAttributes,
  signedCookies,
} from '../../contract/cookies.ts';
import { expireCookie, setCookie } from '../receive/cookie-jar.ts';
import { accept, type Result } from '../shared/refusal.ts';
import type { SignatureHash, SigningKey } from './signing-key.ts';

/** The values of CloudFront's cookies. */
export interface SignedCookies {
  readonly policy: string;
  readonly signature: string;
  readonly keyPairId: string;
  readonly hash: SignatureHash;
}

/**
 * Base64 with the three characters that may not stand in a query replaced.
 * @see https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-setting-signed-cookie-custom-policy.html
 */
const cloudFrontBase64 = (bytes: Uint8Array): string =>
  Buffer.from(bytes).toString('base64').replaceAll('+', '-').replaceAll('=', '_').replaceAll('/', '~');

/** `policy`: see `policyStatement`; it is signed as it is. */
export async function signCookies(
  key: SigningKey,
  policy: string,
  hash: SignatureHash,
): Promise<Result<SignedCookies>> {
  const bytes = Buffer.from(policy);
  const signature = await key.sign(bytes, hash);
  if (!signature.ok) return signature;
  return accept({
    policy: cloudFrontBase64(bytes),
    signature: cloudFrontBase64(signature.value),
    keyPairId: key.keyPairId,
    hash,
  });
}

const setForSession = (name: string, value: string, maximumSeconds: number | null): string =>
  setCookie(name, value, sessionCookieAttributes, maximumSeconds);

const expireForSession = (name: string): string => expireCookie(name, sessionCookieAttributes);

/** Lives in seconds; null: until the browser is closed. */
export interface CookieLives {
  readonly cookieSeconds: number;
  readonly sessionSeconds: number;
}

/** Cookies of a session that is given out. */
export function sessionCookies(cookies: SignedCookies, session: string, lives: CookieLives | null): readonly string[] {
  const life = lives?.cookieSeconds ?? null;
  return [
    setForSession(signedCookies.policy, cookies.policy, life),
    setForSession(signedCookies.signature, cookies.signature, life),
    setForSession(signedCookies.keyPairId, cookies.keyPairId, life),
    // No such cookie means SHA-1: one that is left from before a change of the config would spoil the signature.
    cookies.hash === 'SHA256'
      ? setForSession(signedCookies.hashAlgorithm, cookies.hash, life)
      : expireForSession(signedCookies.hashAlgorithm),
    setForSession(sessionCookie, session, lives?.sessionSeconds ?? null),
  ];
}

/** Cookies of a session that has ended. */
export const endedSessionCookies: readonly string[] = [
  ...Object.values(signedCookies).map(expireForSession),
  expireForSession(sessionCookie),
];

/** The login cookie, when it has done its work. */
export const endedLoginCookie: string = expireCookie(loginCookie, loginCookieAttributes);
