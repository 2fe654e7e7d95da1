/** Binds a sign-in to the browser that began it, with the login cookie and a nonce derived from it. */
import { createHash } from 'node:crypto';
import { loginCookie } from '../../contract/cookies.ts';
import { traitsOf } from '../../contract/provider-traits.ts';
import { maximumSignInSeconds } from '../../contract/session-api.ts';
import type { CookieJar } from '../receive/cookie-jar.ts';
import type { ApiRequest } from '../receive/request.ts';
import { setCookiesAt } from '../receive/set-cookies.ts';
import { accept, type Result, refuse } from '../shared/refusal.ts';
import type { VerifiedClaims } from './id-token.ts';

/** Random bytes in a login cookie. */
const loginCookieBytes = 32;

const loginValue = /^[A-Za-z0-9_-]{43}$/;

const readLoginCookie = (cookies: CookieJar): string | undefined => {
  const value = cookies.get(loginCookie);
  return value !== undefined && loginValue.test(value) ? value : undefined;
};

/** base64url of SHA-256, so that the page, which sees the nonce, cannot compute the cookie. */
const nonceOf = (value: string): string => createHash('sha256').update(value).digest('base64url');

/** The browser's nonce, and the cookie to set if it has none yet. */
export function browserNonce(
  cookies: CookieJar,
  randomBytes: (size: number) => Buffer,
): { readonly nonce: string; readonly cookie: string | undefined } {
  const known = readLoginCookie(cookies);
  if (known !== undefined) return { nonce: nonceOf(known), cookie: undefined };
  const value = randomBytes(loginCookieBytes).toString('base64url');
  const [cookie] = setCookiesAt('sign-in-offered', { login: value });
  return { nonce: nonceOf(value), cookie };
}

/**
 * A token with a nonce must be fresh and needs the login cookie that the nonce was made from. A token without one is
 * only accepted as Bearer from a caller that is not a browser: an attacker could make a page post someone else's token,
 * but not a command line.
 */
export function checkNonce(request: ApiRequest, claims: VerifiedClaims, nowSeconds: number): Result<undefined> {
  const traits = traitsOf(claims.issuer);
  // Our pages never ask these issuers for a token. A page that sends one has a token for somebody else.
  if (!traits.signsInOnPages && (request.bearer === undefined || request.fromBrowser)) return refuse('bearer-only');
  if (request.isForm && !traits.postsForms) return refuse('form-of-another-issuer');
  if (claims.nonce === undefined) {
    return request.bearer !== undefined && !request.fromBrowser ? accept(undefined) : refuse('nonce-missing');
  }
  const value = readLoginCookie(request.cookies);
  if (value === undefined) return refuse('login-cookie-missing');
  if (claims.nonce !== nonceOf(value)) return refuse('nonce-wrong');
  const ageSeconds = nowSeconds - claims.issuedAt;
  return ageSeconds > maximumSignInSeconds ? refuse('sign-in-too-old', { ageSeconds }) : accept(undefined);
}
