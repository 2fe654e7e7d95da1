import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { keysInUseKey } from '../contract/layout.ts';
import { type AwsEndpoint, startAwsEndpoint } from '../emulator/aws/aws-endpoint.ts';
import { type Bucket, createBucket } from '../emulator/s3/object-store.ts';
import { formatKeyList } from '../stacks/keys/key-list.ts';
import { deployedKeys } from './key-history.ts';

const [a, b, c] = ['a', 'b', 'c'].map((digit) => digit.repeat(16)) as [string, string, string];
const json = { contentType: 'application/json', cacheControl: undefined };
const where = { privateBucket: 'private', region: 'eu-west-1' };
let endpoint: AwsEndpoint;
let bucket: Bucket;

beforeEach(async () => {
  bucket = createBucket('private');
  bucket.setVersioned(true);
  endpoint = await startAwsEndpoint({
    buckets: () => new Map([['private', bucket]]),
    identityPools: () => [],
    clock: Date.now,
  });
  vi.stubEnv('AWS_ENDPOINT_URL', endpoint.url);
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'local');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'local');
});

afterEach(async () => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
  await endpoint.close();
});

function put(seconds: number, text: string, key = keysInUseKey): void {
  vi.useFakeTimers({ toFake: ['Date'], now: seconds * 1000 });
  bucket.put(key, { bytes: Buffer.from(text) }, json);
  vi.useRealTimers();
}

describe('deployedKeys', () => {
  it('gives every list that was deployed with its time, newest first', async () => {
    const created = { store: 's3', signer: a, next: b, retiring: undefined } as const;
    const rotated = { store: 's3', signer: b, next: c, retiring: a } as const;
    put(1000, formatKeyList(created));
    put(2000, formatKeyList(rotated));
    put(3000, 'something else', `${keysInUseKey}.bak`);
    expect(await deployedKeys(where)).toEqual([
      { list: rotated, since: 2_000_000 },
      { list: created, since: 1_000_000 },
    ]);
  });

  it('asks for the last twenty versions of this list alone', async () => {
    let asked: string | undefined;
    const server = createServer(({ url }, response) => {
      asked = url;
      response.end('<ListVersionsResult/>');
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    vi.stubEnv('AWS_ENDPOINT_URL', `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    await expect(deployedKeys(where)).rejects.toThrow('NoSuchKey');
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
    const query = new URL(asked ?? '', 'http://private').searchParams;
    expect([query.get('max-keys'), query.get('prefix')]).toEqual(['20', keysInUseKey]);
  });

  it.each([
    ['there is no list', () => {}, /NoSuchKey/],
    ['a version is no list', () => put(1000, '{}'), /cannot be read/],
    ['S3 refuses', () => endpoint.failObject('private', keysInUseKey, 'denied'), /AccessDenied/],
  ])('names the bucket and the fix when %s', async (_, spoil, reason) => {
    put(1, formatKeyList({ store: 's3', signer: a, next: b, retiring: undefined } as const));
    if (String(reason).includes('NoSuchKey')) bucket = createBucket('private');
    spoil();
    const reading = deployedKeys(where);
    await expect(reading).rejects.toThrow(reason);
    await expect(reading).rejects.toThrow(
      /^s3:\/\/private\/keys\/in-use\.json cannot be read .* Fix: use AWS credentials/,
    );
  });
});
