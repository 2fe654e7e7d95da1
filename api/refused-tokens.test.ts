import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RefusalReason } from './shared/refusal.ts';
import { type Claims, makeGoogleKey, makeHs256Token, makeIdToken, makeUnsignedToken } from './testing/stub-google.ts';
import {
  aliceClaims,
  bearer,
  clientId,
  codeOf,
  googleKey,
  startSeconds,
  startTestSite,
  type TestSite,
} from './testing/test-site.ts';

let site: TestSite;
beforeEach(async () => {
  site = await startTestSite();
});
afterEach(() => site.close());

const anotherKey = makeGoogleKey(googleKey.kid);

function tampered(idToken: string): string {
  const [header, , signature] = idToken.split('.');
  const claims = Buffer.from(JSON.stringify({ ...aliceClaims, email: 'mallory@evil.example' })).toString('base64url');
  return `${header}.${claims}.${signature}`;
}

const deep = (levels: number): string => Buffer.from('['.repeat(levels) + ']'.repeat(levels)).toString('base64url');

/** Every attack on an ID token of one issuer. Attacks across issuers are in `verify/hostile-issuers.test.ts`. */
const withClaims: [string, Claims, RefusalReason][] = [
  ['a token for another audience', { aud: 'evil.apps.googleusercontent.com' }, 'audience-refused'],
  ['a list of audiences, though ours is in it', { aud: [clientId, 'evil'] }, 'audience-refused'],
  ['no audience', { aud: undefined }, 'audience-refused'],
  ['another issuer', { iss: 'https://evil.example' }, 'issuer-refused'],
  ['an issuer that only begins like Google', { iss: 'https://accounts.google.com.evil.example' }, 'issuer-refused'],
  ['an issuer with a slash', { iss: 'https://accounts.google.com/' }, 'issuer-refused'],
  ['an issuer named like a property of every object', { iss: 'constructor' }, 'issuer-refused'],
  ['no issuer', { iss: undefined }, 'issuer-refused'],
  ['a token minted by a service account: azp', { azp: '113774264463038321964' }, 'authorized-party-refused'],
  ['an azp that is no text', { azp: [clientId] }, 'authorized-party-refused'],
  ['no exp', { exp: undefined }, 'expiry-missing'],
  ['an expired token', { exp: startSeconds - 60 }, 'expired'],
  ['a token that expired an hour ago', { exp: startSeconds - 3600 }, 'expired'],
  ['no iat', { iat: undefined }, 'issued-at-missing'],
  ['an iat in the future', { iat: startSeconds + 61 }, 'issued-in-future'],
  ['an iat an hour in the future', { iat: startSeconds + 3600 }, 'issued-in-future'],
  ['an nbf in the future', { nbf: startSeconds + 61 }, 'not-yet-valid'],
  ['no sub', { sub: undefined }, 'subject-missing'],
  ['an empty sub', { sub: '' }, 'subject-missing'],
  ['a sub without end', { sub: 'x'.repeat(256) }, 'subject-missing'],
  ['a nonce that is no text', { nonce: 1 }, 'nonce-wrong'],
  ['an exp that is text', { exp: '9999999999' }, 'expiry-missing'],
  ['an nbf that is text', { nbf: '0' }, 'not-yet-valid'],
];
const otherwise: [string, () => string, RefusalReason][] = [
  ['alg none', () => makeUnsignedToken(aliceClaims), 'algorithm-refused'],
  ['alg none with four letters for a signature', () => `${makeUnsignedToken(aliceClaims)}AAAA`, 'algorithm-refused'],
  ['alg none with a signature', () => site.token({}, { alg: 'none' }), 'algorithm-refused'],
  ['HS256 with the public key as the secret', () => makeHs256Token(googleKey, aliceClaims), 'algorithm-refused'],
  ['RS512', () => site.token({}, { alg: 'RS512' }), 'algorithm-refused'],
  ['an algorithm in other letters', () => site.token({}, { alg: 'rs256' }), 'algorithm-refused'],
  ['no algorithm', () => site.token({}, { alg: undefined }), 'algorithm-refused'],
  ['a forged token: the right kid, another key', () => makeIdToken(anotherKey, aliceClaims), 'signature-wrong'],
  ['a kid that Google does not publish', () => site.token({}, { kid: 'other' }), 'key-unknown'],
  ['no kid', () => site.token({}, { kid: undefined }), 'id-token-malformed'],
  ['an empty kid', () => site.token({}, { kid: '' }), 'id-token-malformed'],
  ['a critical extension', () => site.token({}, { crit: ['b64'], b64: false }), 'id-token-malformed'],
  ['claims changed after signing', () => tampered(site.token()), 'signature-wrong'],
  ['one megabyte of junk', () => 'x'.repeat(1_000_000), 'id-token-malformed'],
  ['claims that are no object', () => `${site.token().split('.')[0]}.bnVsbA.AAAA`, 'issuer-refused'],
  ['claims nested without end', () => `${site.token().split('.')[0]}.${deep(10_000)}.AAAA`, 'issuer-refused'],
  ['no token at all', () => 'x', 'id-token-malformed'],
];

describe('an ID token is refused, with one answer for all and the reason in the log alone:', () => {
  it.each([
    ...withClaims.map(([name, claims, reason]) => [name, () => site.token(claims), reason] as const),
    ...otherwise,
  ])('%s', async (_name, make, reason) => {
    const answer = await site.send(bearer(make()));
    expect([answer.statusCode, codeOf(answer), answer.cookies]).toEqual([401, 'invalid_token', undefined]);
    expect(answer.headers['WWW-Authenticate']).toBe('Bearer error="invalid_token"');
    expect(site.lines).toMatchObject([{ event: 'refused', reason, code: 'invalid_token', status: 401 }]);
    expect(answer.body).not.toContain(reason);
  });

  it('nothing of the token is in the log or in the answer', async () => {
    const token = site.token({ aud: 'evil' });
    const answer = await site.send(bearer(token));
    const [, claims = '', signature = ''] = token.split('.');
    for (const secret of [token, claims, signature]) expect(JSON.stringify([answer, site.lines])).not.toContain(secret);
  });
});
