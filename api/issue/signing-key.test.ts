import { generateKeyPairSync, verify } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { privateKeyObject } from '../../contract/layout.ts';
import { createInvocations, type Watch } from '../shared/invocations.ts';
import { createPrivateBucket } from '../shared/private-bucket.ts';
import type { Result } from '../shared/refusal.ts';
import { clientOptionsFor, type StubAws, startStubAws } from '../testing/stub-aws.ts';
import { makeSigningPair, type SigningPair } from '../testing/test-site.ts';
import { createSigningKeyStore, fingerprintOf, type SigningKey } from './signing-key.ts';

let aws: StubAws;
let causes: unknown[];
beforeEach(async () => {
  aws = await startStubAws();
  causes = [];
});
afterEach(() => aws.close());

function storeFor({ fingerprint }: Pick<SigningPair, 'fingerprint'>, watch?: Watch): () => Promise<Result<SigningKey>> {
  const bucket = createPrivateBucket('private', { ...clientOptionsFor(aws), maxAttempts: 1 });
  const log = (_level: string, _event: string, fields: object): void => void causes.push({ ...fields });
  return createSigningKeyStore({ bucket, fingerprint, keyPairId: 'K1', log, ...(watch !== undefined && { watch }) });
}

describe('createSigningKeyStore', () => {
  it.each(['P-256', 'RSA-2048'] as const)('signs with a %s key that it read once', async (kind) => {
    const pair = makeSigningPair(kind);
    aws.put(privateKeyObject(pair.fingerprint), pair.pem);
    const store = storeFor(pair);
    const [first, second] = [await store(), await store()];
    if (!first.ok || !second.ok) throw new Error('no key');
    expect(second.value).toBe(first.value);
    expect(aws.requests).toHaveLength(1);
    expect(first.value).toMatchObject({ keyPairId: 'K1', fingerprint: pair.fingerprint });
    for (const hash of ['SHA256', 'SHA1'] as const) {
      const signature = await first.value.sign(Buffer.from('bytes'), hash);
      if (!signature.ok) throw new Error('no signature');
      expect(verify(hash, Buffer.from('bytes'), pair.publicKey, signature.value)).toBe(true);
    }
  });

  it('tries again after a failure', async () => {
    const pair = makeSigningPair();
    const store = storeFor(pair);
    expect(await store()).toMatchObject({ ok: false, refusal: { reason: 'signing-key-unavailable' } });
    aws.put(privateKeyObject(pair.fingerprint), pair.pem);
    expect((await store()).ok).toBe(true);
    expect(causes).toEqual([{ object: privateKeyObject(pair.fingerprint), cause: 'missing' }]);
  });

  const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' });
  const rsa3072 = generateKeyPairSync('rsa', { modulusLength: 3072 });
  const ed25519 = generateKeyPairSync('ed25519');
  const locked = makeSigningPair();
  it.each([
    ['no key', 'hello', 'unreadable'],
    ['a P-384 key', p384.privateKey.export({ type: 'pkcs8', format: 'pem' }), 'unreadable'],
    ['an RSA-3072 key', rsa3072.privateKey.export({ type: 'pkcs8', format: 'pem' }), 'unreadable'],
    ['an Ed25519 key', ed25519.privateKey.export({ type: 'pkcs8', format: 'pem' }), 'unreadable'],
    [
      'a key with a passphrase',
      p384.privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' }),
      'unreadable',
    ],
    ['a public key', locked.publicKey.export({ type: 'spki', format: 'pem' }), 'unreadable'],
    ['another key than the configured one', makeSigningPair().pem, 'mismatch'],
  ])('refuses %s', async (_name, pem, cause) => {
    aws.put(privateKeyObject(locked.fingerprint), pem.toString());
    expect(await storeFor(locked)()).toEqual({
      ok: false,
      refusal: { reason: 'signing-key-unavailable', evidence: { cause } },
    });
    expect(causes).toEqual([{ object: privateKeyObject(locked.fingerprint), cause }]);
  });

  it('does not log a reading that Lambda froze', async () => {
    const { run, watch } = createInvocations();
    const store = storeFor(locked, watch);
    let reading: Promise<unknown> | undefined;
    await run(async () => {
      reading = store();
    });
    expect(await reading).toMatchObject({ ok: false });
    expect(causes).toEqual([]);
    await run(store);
    expect(causes).toMatchObject([{ cause: 'missing' }]);
  });

  it('names the cause of an outage', async () => {
    aws.faults.set(privateKeyObject(locked.fingerprint), 'failing');
    await storeFor(locked)();
    expect(causes).toMatchObject([{ cause: 'InternalError' }]);
  });
});

describe('fingerprintOf', () => {
  it('is the first 16 hex digits of SHA-256', () => {
    expect(fingerprintOf(Buffer.from('abc'))).toBe('ba7816bf8f01cfea');
  });
});
