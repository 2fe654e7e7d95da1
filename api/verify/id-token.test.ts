import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { googleIssuer } from '../../contract/layout.ts';
import type { RefusalReason } from '../shared/refusal.ts';
import { type Claims, type Header, keySetOf, makeIdToken } from '../testing/stub-google.ts';
import { aliceClaims, clientId, googleKey, startSeconds } from '../testing/test-site.ts';
import { verifyIdToken } from './id-token.ts';
import { createKeySet } from './key-set.ts';
import { issuersByName, type TrustedIssuer, type TrustedIssuers, trustedGoogle } from './trusted-issuers.ts';

const now = startSeconds;

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

  it("stores one form of Google's issuer", async () => {
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

  it('never throws, for any input', async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.string(), fc.array(fc.base64String(), { maxLength: 4 })), async (input) => {
        const idToken = typeof input === 'string' ? input : input.join('.');
        expect(await outcome(idToken)).not.toBe('verified');
      }),
    );
  });

  it('never accepts a token with one changed character', async () => {
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
