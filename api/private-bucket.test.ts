import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createPrivateBucket, type PrivateBucket } from './private-bucket.ts';
import { clientOptionsFor, type StubAws, startStubAws } from './testing/stub-aws.ts';

let aws: StubAws;
let bucket: PrivateBucket;
beforeEach(async () => {
  aws = await startStubAws();
  bucket = createPrivateBucket('private', { ...clientOptionsFor(aws), maxAttempts: 1 });
});
afterEach(() => aws.close());

describe('createPrivateBucket', () => {
  it('reads an object with its version', async () => {
    const version = aws.put('a/b.json', '{}');
    const reading = await bucket.read('a/b.json');
    expect(reading).toEqual({ kind: 'found', text: '{}', version, etag: expect.stringMatching(/^"[0-9a-f]{32}"$/) });
  });

  it('reads an older version, and lists versions newest first', async () => {
    const first = aws.put('a', '1');
    const second = aws.put('a', '2');
    aws.put('ab', 'x');
    expect(await bucket.versions('a')).toEqual([second, first]);
    expect(await bucket.read('a', { version: first })).toMatchObject({ kind: 'found', text: '1' });
  });

  it('tells an unchanged object', async () => {
    aws.put('a', '1');
    const reading = await bucket.read('a');
    const unlessEtag = reading.kind === 'found' ? reading.etag : '';
    expect(await bucket.read('a', { unlessEtag })).toEqual({ kind: 'unchanged' });
    aws.put('a', '2');
    expect(await bucket.read('a', { unlessEtag })).toMatchObject({ kind: 'found', text: '2' });
  });

  it.each([
    ['missing', { kind: 'missing' }],
    ['forbidden', { kind: 'forbidden' }],
    ['failing', { kind: 'failed', cause: 'InternalError' }],
    ['huge', { kind: 'oversized', version: 'v9' }],
  ] as const)('says what is wrong with an object that is %s', async (fault, reading) => {
    aws.faults.set('a', fault);
    expect(await bucket.read('a')).toEqual(reading);
  });

  it('does not wait for an answer that never ends', async () => {
    aws.faults.set('a', 'stalled');
    const began = performance.now();
    expect(await bucket.read('a')).toMatchObject({ kind: 'failed' });
    expect(performance.now() - began).toBeLessThan(5_000);
  });

  it('makes an object once', async () => {
    expect(await bucket.create('a', '1')).toEqual({ kind: 'created' });
    expect(await bucket.create('a', '2')).toEqual({ kind: 'exists' });
    expect(await bucket.read('a')).toMatchObject({ kind: 'found', text: '1' });
  });

  it('says why an object could not be made', async () => {
    aws.faults.set('put a', 'forbidden');
    expect(await bucket.create('a', '1')).toEqual({ kind: 'failed', cause: 'AccessDenied' });
    aws.faults.set('put a', 'stalled');
    expect(await bucket.create('a', '1')).toMatchObject({ kind: 'failed' });
  });

  it('says that versions are not to be had', async () => {
    aws.failVersions = true;
    expect(await bucket.versions('a')).toBeUndefined();
  });
});
