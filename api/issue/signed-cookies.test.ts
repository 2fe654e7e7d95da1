import { createPrivateKey, sign, verify } from 'node:crypto';
import { getSignedCookies } from '@aws-sdk/cloudfront-signer';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { accept, refuse } from '../shared/refusal.ts';
import { makeSigningPair, type SigningPair } from '../testing/test-site.ts';
import { policyStatement } from './policy-statement.ts';
import { type SignedCookies, signCookies } from './signed-cookies.ts';
import type { SignatureHash, SigningKey } from './signing-key.ts';

const pairs = { 'P-256': makeSigningPair(), 'RSA-2048': makeSigningPair('RSA-2048') };

function keyOf({ pem, fingerprint }: SigningPair): SigningKey {
  const privateKey = createPrivateKey(pem);
  return {
    keyPairId: 'K2JCJMDEHXQW5F',
    fingerprint,
    sign: async (bytes, hash) => accept(sign(hash, bytes, privateKey)),
  };
}

async function cookiesOf(pair: SigningPair, policy: string, hash: SignatureHash): Promise<SignedCookies> {
  const cookies = await signCookies(keyOf(pair), policy, hash);
  if (!cookies.ok) throw new Error('no cookies');
  return cookies.value;
}

/** What AWS's own library makes of the same policy and key. */
function byLibrary(pair: SigningPair, policy: string, hash: SignatureHash): SignedCookies {
  const cookies = getSignedCookies({ policy, keyPairId: 'K2JCJMDEHXQW5F', privateKey: pair.pem, algorithm: hash });
  return {
    policy: String(cookies['CloudFront-Policy']),
    signature: cookies['CloudFront-Signature'],
    keyPairId: cookies['CloudFront-Key-Pair-Id'],
    hash,
  };
}

const policies = fc
  .record({
    host: fc.domain(),
    path: fc.stringMatching(/^\/[a-zA-Z0-9/._~%-]{0,40}\*?$/),
    expiresAt: fc.integer({ min: 1, max: 4_000_000_000 }),
  })
  .map(policyStatement);
const hashes = fc.constantFrom('SHA256', 'SHA1');

const fromCloudFrontBase64 = (value: string): Buffer =>
  Buffer.from(value.replaceAll('-', '+').replaceAll('_', '=').replaceAll('~', '/'), 'base64');

describe('signCookies', () => {
  it("makes the cookies that AWS's library makes, with an RSA-2048 key", async () => {
    await fc.assert(
      fc.asyncProperty(policies, hashes, async (policy, hash) => {
        const pair = pairs['RSA-2048'];
        expect(await cookiesOf(pair, policy, hash)).toEqual(byLibrary(pair, policy, hash));
      }),
    );
  });

  // An ECDSA signature is another one each time: what was signed is compared instead.
  it("signs what AWS's library signs, with a P-256 key", async () => {
    await fc.assert(
      fc.asyncProperty(policies, hashes, async (policy, hash) => {
        const pair = pairs['P-256'];
        const [ours, library] = [await cookiesOf(pair, policy, hash), byLibrary(pair, policy, hash)];
        expect({ ...ours, signature: '' }).toEqual({ ...library, signature: '' });
        for (const { signature } of [ours, library]) {
          expect(signature).toMatch(/^[A-Za-z0-9~_-]+$/);
          expect(verify(hash, Buffer.from(policy), pair.publicKey, fromCloudFrontBase64(signature))).toBe(true);
        }
      }),
    );
  });

  it('makes no cookies when the key is not to be had', async () => {
    const refusal = refuse('signing-key-unavailable', { cause: 'KMSInternalException' });
    const key: SigningKey = { ...keyOf(pairs['P-256']), sign: async () => refusal };
    expect(await signCookies(key, '{}', 'SHA256')).toBe(refusal);
  });
});
