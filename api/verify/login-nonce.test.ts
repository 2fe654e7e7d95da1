import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { loginCookie } from '../../contract/cookies.ts';
import { defaultPaths } from '../../contract/layout.ts';
import { type ApiRequest, readRequest } from '../receive/request.ts';
import { google, makeEvent, startSeconds } from '../testing/test-site.ts';
import type { VerifiedClaims } from './id-token.ts';
import { browserNonce, checkNonce } from './login-nonce.ts';

const value = Buffer.alloc(32, 7).toString('base64url');
const nonce = createHash('sha256').update(value).digest('base64url');

type Sender = 'command line' | 'command line, as JSON' | 'page' | 'page, by Sec-Fetch-Site alone' | 'form';

const headers: Record<Sender, Record<string, string>> = {
  'command line': { authorization: 'Bearer x' },
  'command line, as JSON': { 'content-type': 'application/json' },
  page: { authorization: 'Bearer x', origin: 'https://docs.example.com' },
  'page, by Sec-Fetch-Site alone': { authorization: 'Bearer x', 'sec-fetch-site': 'same-origin' },
  form: { 'content-type': 'application/x-www-form-urlencoded', origin: 'https://accounts.google.com' },
};

const requestOf = (sender: Sender, cookie?: string): ApiRequest =>
  readRequest(
    makeEvent({
      method: 'POST',
      headers: headers[sender],
      body: sender === 'form' ? 'credential=x' : '',
      ...(cookie !== undefined && { cookies: [`${loginCookie}=${cookie}`] }),
    }),
    { awsRequestId: '1' },
    defaultPaths,
  );

type Kind = VerifiedClaims['issuer']['kind'];

const claimsOf = (kind: Kind, of: { readonly nonce?: string; readonly ageSeconds?: number } = {}): VerifiedClaims => ({
  issuer: { ...google, kind },
  subject: '1001',
  issuedAt: startSeconds - (of.ageSeconds ?? 5),
  nonce: of.nonce,
  all: {},
});

function check(request: ApiRequest, claims: VerifiedClaims): string {
  const checked = checkNonce(request, claims, startSeconds);
  return checked.ok ? 'ok' : checked.refusal.reason;
}

describe('a token without a nonce', () => {
  it.each<[Kind, Sender, string]>([
    ['google', 'command line', 'ok'],
    ['google', 'command line, as JSON', 'nonce-missing'],
    ['google', 'page', 'nonce-missing'],
    ['google', 'page, by Sec-Fetch-Site alone', 'nonce-missing'],
    ['google', 'form', 'nonce-missing'],
    ['cognitoUserPool', 'command line', 'ok'],
    ['cognitoUserPool', 'command line, as JSON', 'nonce-missing'],
    ['cognitoUserPool', 'page', 'nonce-missing'],
    ['cognitoUserPool', 'page, by Sec-Fetch-Site alone', 'nonce-missing'],
    ['cognitoUserPool', 'form', 'form-of-another-issuer'],
    ['oidc', 'command line', 'ok'],
    ['oidc', 'command line, as JSON', 'bearer-only'],
    ['oidc', 'page', 'bearer-only'],
    ['oidc', 'page, by Sec-Fetch-Site alone', 'bearer-only'],
    ['oidc', 'form', 'bearer-only'],
  ])('of %s that a %s sends: %s', (kind, sender, expected) => {
    // The login cookie of the browser makes no difference.
    for (const cookie of [undefined, value]) expect(check(requestOf(sender, cookie), claimsOf(kind))).toBe(expected);
  });
});

describe('a token with a nonce', () => {
  it.each<[Kind, Sender]>([
    ['google', 'command line'],
    ['google', 'page'],
    ['google', 'command line, as JSON'],
    ['google', 'form'],
    ['cognitoUserPool', 'page'],
    ['oidc', 'command line'],
  ])('of %s that a %s sends needs the login cookie that it was made from', (kind, sender) => {
    expect(check(requestOf(sender, value), claimsOf(kind, { nonce }))).toBe('ok');
    expect(check(requestOf(sender), claimsOf(kind, { nonce }))).toBe('login-cookie-missing');
    expect(check(requestOf(sender, 'A'.repeat(43)), claimsOf(kind, { nonce }))).toBe('nonce-wrong');
    expect(check(requestOf(sender, value), claimsOf(kind, { nonce: value }))).toBe('nonce-wrong');
  });

  it.each<[Kind, Sender, string]>([
    ['oidc', 'command line, as JSON', 'bearer-only'],
    ['oidc', 'page', 'bearer-only'],
    ['oidc', 'page, by Sec-Fetch-Site alone', 'bearer-only'],
    ['oidc', 'form', 'bearer-only'],
    ['cognitoUserPool', 'form', 'form-of-another-issuer'],
  ])('of %s that a %s sends is refused, even from the right browser: %s', (kind, sender, expected) => {
    expect(check(requestOf(sender, value), claimsOf(kind, { nonce }))).toBe(expected);
  });

  it('is good for ten minutes', () => {
    const aged = (ageSeconds: number): string =>
      check(requestOf('page', value), claimsOf('google', { nonce, ageSeconds }));
    expect([aged(600), aged(601)]).toEqual(['ok', 'sign-in-too-old']);
  });
});

describe('browserNonce', () => {
  it("is made from the browser's cookie, and sets one if it is missing or broken", () => {
    const bytes = (size: number): Buffer => Buffer.alloc(size, 7);
    expect(browserNonce(requestOf('page', value).cookies, bytes)).toEqual({ nonce, cookie: undefined });
    for (const cookie of [undefined, '', `${value}A`, value.slice(1), `${value.slice(1)}=`]) {
      const fresh = browserNonce(requestOf('page', cookie).cookies, bytes);
      expect(fresh.nonce).toBe(nonce);
      expect(fresh.cookie).toContain(`${loginCookie}=${value};`);
    }
  });
});
