/** Owns every Set-Cookie of a sign-in and of a sign-out. Decides no times and no paths. */
import { type CloudfrontSignInputWithPolicy, getSignedCookies } from '@aws-sdk/cloudfront-signer';
import {
  loginCookie,
  loginCookieAttributes,
  sessionCookie,
  sessionCookieAttributes,
  signedCookies,
} from '../contract/cookies.ts';
import { expireCookie, setCookie } from './cookie-jar.ts';
import type { StoredSigningKey } from './signing-key.ts';

export type SignatureHash = 'SHA256' | 'SHA1';

/** The values of CloudFront's cookies. */
export interface SignedCookies {
  readonly policy: string;
  readonly signature: string;
  readonly keyPairId: string;
  readonly hash: SignatureHash;
}

/** `policy`: see `policyStatement`; it is signed as it is. */
export function signCookies(key: StoredSigningKey, policy: string, hash: SignatureHash): SignedCookies {
  const cookies = getSignedCookies({
    policy,
    keyPairId: key.keyPairId,
    // The type asks for PEM text, which would be parsed on each call; Node's `sign`, which gets the value, takes a key object as well.
    privateKey: key.privateKey as unknown as CloudfrontSignInputWithPolicy['privateKey'],
    algorithm: hash,
  });
  return {
    policy: String(cookies[signedCookies.policy]),
    signature: cookies[signedCookies.signature],
    keyPairId: cookies[signedCookies.keyPairId],
    hash,
  };
}

const setForSession = (name: string, value: string, maximumSeconds: number | null): string =>
  setCookie(name, value, sessionCookieAttributes, maximumSeconds);

const expireForSession = (name: string): string => expireCookie(name, sessionCookieAttributes);

/** Lives in seconds; null: until the browser is closed. */
export interface CookieLives {
  readonly cookieSeconds: number;
  readonly sessionSeconds: number;
}

/** Cookies of a 201. The login cookie has done its work. */
export function signInCookies(cookies: SignedCookies, session: string, lives: CookieLives | null): readonly string[] {
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
    expireCookie(loginCookie, loginCookieAttributes),
  ];
}

/** Cookies of a sign-out. */
export const signOutCookies: readonly string[] = [
  ...Object.values(signedCookies).map(expireForSession),
  expireForSession(sessionCookie),
  expireCookie(loginCookie, loginCookieAttributes),
];
