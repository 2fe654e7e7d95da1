import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { googleIssuer } from '../../contract/layout.ts';
import type { RefusalReason } from '../shared/refusal.ts';
import {
  type Claims,
  type Header,
  keySetOf,
  makeGoogleKey,
  makeHs256Token,
  makeIdToken,
  makeUnsignedToken,
} from '../testing/stub-google.ts';
import { aliceClaims, clientId, googleKey, startSeconds } from '../testing/test-site.ts';
import { verifyIdToken } from './id-token.ts';
import { createKeySet } from './key-set.ts';
import { issuersByName, type TrustedIssuer, type TrustedIssuers, trustedGoogle } from './trusted-issuers.ts';

const now = startSeconds;
const anotherKey = makeGoogleKey(googleKey.kid);

let fetches: number;
let issuer: TrustedIssuer;
let issuers: TrustedIssuers;
beforeEach(() => {
  fetches = 0;
  const keySet = createKeySet({
    url: 'https://keys.example',
    algorithm: 'RS256',
    fetchText: async () => {
      fetches += 1;
      return keySetOf(googleKey);
    },
    now: () => now * 1000,
    log: () => {},
  });
  issuer = trustedGoogle([clientId, 'cli.apps.googleusercontent.com'], keySet);
  issuers = issuersByName([issuer]);
});

const token = (claims: Claims = {}, header: Header = {}): string =>
  makeIdToken(googleKey, { ...aliceClaims, ...claims }, header);

/** The reason of the refusal, or `verified`. */
async function outcome(idToken: string): Promise<RefusalReason | 'verified'> {
  const result = await verifyIdToken(idToken, issuers, now);
  return result.ok ? 'verified' : result.refusal.reason;
}

describe('verifyIdToken', () => {
  it('accepts a token as Google writes it', async () => {
    expect(await verifyIdToken(token({ nonce: 'n' }), issuers, now)).toEqual({
      ok: true,
      value: {
        issuer,
        subject: '1001',
        issuedAt: startSeconds - 5,
        nonce: 'n',
        all: { ...aliceClaims, nonce: 'n' },
      },
    });
  });

  it("stores one spelling of Google's issuer", async () => {
    expect(await verifyIdToken(token({ iss: 'accounts.google.com' }), issuers, now)).toMatchObject({
      ok: true,
      value: { issuer: { issuer: googleIssuer } },
    });
  });

  it.each<[string, Claims]>([
    ['another client ID of the list', { aud: 'cli.apps.googleusercontent.com' }],
    ['an azp of the list', { azp: 'cli.apps.googleusercontent.com' }],
    ['no azp', { azp: undefined }],
    ['an iat within the tolerance', { iat: now + 60 }],
    ['an exp within the tolerance', { exp: now - 59 }],
    ['an nbf within the tolerance', { nbf: now + 60 }],
  ])('accepts %s', async (_name, claims) => {
    expect(await outcome(token(claims))).toBe('verified');
  });

  it.each<[string, Claims, RefusalReason]>([
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
    ['an expired token', { exp: now - 60 }, 'expired'],
    ['no iat', { iat: undefined }, 'issued-at-missing'],
    ['an iat in the future', { iat: now + 61 }, 'issued-in-future'],
    ['an nbf in the future', { nbf: now + 61 }, 'not-yet-valid'],
    ['no sub', { sub: undefined }, 'subject-missing'],
    ['an empty sub', { sub: '' }, 'subject-missing'],
    ['a sub without end', { sub: 'x'.repeat(256) }, 'subject-missing'],
    ['a nonce that is no text', { nonce: 1 }, 'nonce-wrong'],
    ['an exp that is text', { exp: '9999999999' }, 'expiry-missing'],
    ['an nbf that is text', { nbf: '0' }, 'not-yet-valid'],
  ])('rejects %s', async (_name, claims, reason) => {
    expect(await outcome(token(claims))).toBe(reason);
  });

  it.each<[string, () => string, RefusalReason]>([
    ['alg none', () => makeUnsignedToken(aliceClaims), 'algorithm-refused'],
    ['alg none with a signature', () => token({}, { alg: 'none' }), 'algorithm-refused'],
    ['HS256 with the public key as the secret', () => makeHs256Token(googleKey, aliceClaims), 'algorithm-refused'],
    ['RS512', () => token({}, { alg: 'RS512' }), 'algorithm-refused'],
    ['an algorithm in other letters', () => token({}, { alg: 'rs256' }), 'algorithm-refused'],
    ['no algorithm', () => token({}, { alg: undefined }), 'algorithm-refused'],
    ['a forged token: the right kid, another key', () => makeIdToken(anotherKey, aliceClaims), 'signature-wrong'],
    ['a kid that Google does not publish', () => token({}, { kid: 'other' }), 'key-unknown'],
    ['no kid', () => token({}, { kid: undefined }), 'id-token-malformed'],
    ['an empty kid', () => token({}, { kid: '' }), 'id-token-malformed'],
    ['a critical extension', () => token({}, { crit: ['b64'], b64: false }), 'id-token-malformed'],
    ['claims changed after signing', () => tampered(token()), 'signature-wrong'],
    ['one megabyte of junk', () => 'x'.repeat(1_000_000), 'id-token-malformed'],
    ['claims that are no object', () => `${token().split('.')[0]}.bnVsbA.AAAA`, 'issuer-refused'],
    ['claims nested without end', () => `${token().split('.')[0]}.${deep(10_000)}.AAAA`, 'issuer-refused'],
  ])('rejects %s', async (_name, make, reason) => {
    expect(await outcome(make())).toBe(reason);
  });

  it('never makes us fetch keys for a token that is not for us', async () => {
    for (const idToken of [
      token({ aud: 'evil' }),
      token({ iss: 'https://evil.example' }),
      token({}, { alg: 'RS512' }),
      token({}, { kid: 7 }),
      'x.y.z',
    ]) {
      expect(await outcome(idToken)).not.toBe('verified');
    }
    expect(fetches).toBe(0);
  });

  it('never throws, whatever it is given', async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.string(), fc.array(fc.base64String(), { maxLength: 4 })), async (input) => {
        const idToken = typeof input === 'string' ? input : input.join('.');
        expect(await outcome(idToken)).not.toBe('verified');
      }),
    );
  });

  it('never verifies a token of which one character was changed', async () => {
    const good = token();
    // The last character of a part may hold bits that decode to nothing.
    const places = [...good].flatMap((character, at) => (character === '.' || at === good.length - 1 ? [] : [at]));
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...places), fc.base64String({ minLength: 4 }), async (at, letters) => {
        const letter = letters[0] ?? 'A';
        const changed = good.slice(0, at) + letter + good.slice(at + 1);
        fc.pre(changed !== good && good[at + 1] !== '.');
        expect(await outcome(changed)).not.toBe('verified');
      }),
    );
  });
});

function tampered(idToken: string): string {
  const [header, , signature] = idToken.split('.');
  const claims = Buffer.from(JSON.stringify({ ...aliceClaims, email: 'mallory@evil.example' })).toString('base64url');
  return `${header}.${claims}.${signature}`;
}

const deep = (levels: number): string => Buffer.from('['.repeat(levels) + ']'.repeat(levels)).toString('base64url');
