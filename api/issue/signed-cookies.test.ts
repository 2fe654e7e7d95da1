import { createPrivateKey, sign, verify } from 'node:crypto';
import { createServer } from 'node:http';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { apiCookies } from '../../contract/cookies.ts';
import { clientOptionsFor } from '../testing/stub-aws.ts';
import { listen } from '../testing/stub-google.ts';
import { makeSigningPair, type SigningPair } from '../testing/test-site.ts';
import { isCanonicalSignature } from './ecdsa-signature.ts';
import { createKmsSigningKey } from './kms-signing-key.ts';
import { policyStatement } from './policy-statement.ts';
import { fromCloudFrontBase64, type SignatureHash, type SignedCookies, signedCookiesOf } from './signed-cookies.ts';
import { createKeyInMemory, type SigningKey } from './signing-key.ts';

const keyPairId = 'K2JCJMDEHXQW5F';
const pairs = { 'P-256': makeSigningPair(), 'RSA-2048': makeSigningPair('RSA-2048') };

const inMemory = ({ pem, fingerprint }: SigningPair): Promise<SigningKey> =>
  createKeyInMemory(createPrivateKey(pem), { fingerprint, keyPairId });

async function cookiesOf(key: SigningKey, policy: string, hash: SignatureHash): Promise<SignedCookies> {
  const cookies = await key.signPolicy(policy, hash);
  if (!cookies.ok) throw new Error('no cookies');
  return cookies.value;
}

/** The same cookies, written by hand. */
const byHand = (pair: SigningPair, policy: string, hash: SignatureHash): SignedCookies =>
  signedCookiesOf(policy, { signature: sign(hash, Buffer.from(policy), pair.pem), keyPairId, hash });

const policies = fc
  .record({
    host: fc.domain(),
    path: fc.stringMatching(/^\/[a-zA-Z0-9/._~%-]{0,40}\*?$/),
    expiresAt: fc.integer({ min: 1, max: 4_000_000_000 }),
  })
  .map(policyStatement);
const hashes = fc.constantFrom('SHA256', 'SHA1');

describe("the cookies of AWS's library (key in memory) and those that are written by hand (key in KMS)", () => {
  it('are the same with an RSA-2048 key', async () => {
    const key = await inMemory(pairs['RSA-2048']);
    await fc.assert(
      fc.asyncProperty(policies, hashes, async (policy, hash) => {
        expect(await cookiesOf(key, policy, hash)).toEqual(byHand(pairs['RSA-2048'], policy, hash));
      }),
    );
  });

  // An ECDSA signature is another one each time, so the test verifies both.
  it('differ only in the signature with a P-256 key, and both signatures verify', async () => {
    const pair = pairs['P-256'];
    const key = await inMemory(pair);
    await fc.assert(
      fc.asyncProperty(policies, hashes, async (policy, hash) => {
        const [library, hand] = [await cookiesOf(key, policy, hash), byHand(pair, policy, hash)];
        expect({ ...library, signature: '' }).toEqual({ ...hand, signature: '' });
        for (const { signature } of [library, hand]) {
          expect(signature).toMatch(/^[A-Za-z0-9~_-]+$/);
          expect(verify(hash, Buffer.from(policy), pair.publicKey, fromCloudFrontBase64(signature))).toBe(true);
        }
        expect(isCanonicalSignature(fromCloudFrontBase64(library.signature))).toBe(true);
      }),
    );
  });

  it.each(['P-256', 'RSA-2048'] as const)('are the same from a key in KMS, with a %s key', async (keyType) => {
    const pair = pairs[keyType];
    const policy = policyStatement({ host: 'docs.example.com', path: '/*', expiresAt: 1_800_003_600 });
    const server = createServer((_request, response) => {
      const signature = sign('sha256', Buffer.from(policy), pair.pem).toString('base64');
      response.setHeader('content-type', 'application/x-amz-json-1.1').end(JSON.stringify({ Signature: signature }));
    });
    const kms = await listen(server);
    const { fingerprint, publicKey } = pair;
    const options = { keyArn: 'key', keyType, fingerprint, keyPairId, clientOptions: clientOptionsFor(kms) };
    const key = await createKmsSigningKey({ ...options, log: () => {} })();
    if (!key.ok) throw new Error('no key');
    const cookies = await cookiesOf(key.value, policy, 'SHA256');
    await kms.close();
    const library = await cookiesOf(await inMemory(pair), policy, 'SHA256');
    if (keyType === 'RSA-2048') expect(cookies).toEqual(library);
    expect({ ...cookies, signature: '' }).toEqual({ ...library, signature: '' });
    const signature = fromCloudFrontBase64(cookies.signature);
    expect(verify('sha256', Buffer.from(policy), publicKey, signature)).toBe(true);
    expect(isCanonicalSignature(signature)).toBe(keyType === 'P-256');
  });
});

it('the signed cookies have the names of CloudFront, and one for the hash only with SHA-256', async () => {
  const key = await inMemory(pairs['P-256']);
  const { policy, signature, keyPairId: id, hashAlgorithm } = apiCookies;
  expect([policy, signature, id, hashAlgorithm].map(({ name }) => name)).toEqual([
    'CloudFront-Policy',
    'CloudFront-Signature',
    'CloudFront-Key-Pair-Id',
    'CloudFront-Hash-Algorithm',
  ]);
  expect(await cookiesOf(key, '{}', 'SHA256')).toMatchObject({ keyPairId, hashAlgorithm: 'SHA256' });
  expect(await cookiesOf(key, '{}', 'SHA1')).toMatchObject({ keyPairId, hashAlgorithm: null });
});
