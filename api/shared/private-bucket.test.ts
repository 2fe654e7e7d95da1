import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { clientOptionsFor, type StubAws, startStubAws } from '../testing/stub-aws.ts';
import { createPrivateBucket, type PrivateBucket } from './private-bucket.ts';

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

  it('recognizes an unchanged object', async () => {
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

  it('creates an object once', async () => {
    expect(await bucket.create('a', '1')).toEqual({ kind: 'created', etag: expect.any(String) });
    expect(await bucket.create('a', '2')).toEqual({ kind: 'exists' });
    expect(await bucket.read('a')).toMatchObject({ kind: 'found', text: '1' });
  });

  it('says why an object could not be made', async () => {
    aws.faults.set('put a', 'forbidden');
    expect(await bucket.create('a', '1')).toEqual({ kind: 'failed', cause: 'AccessDenied' });
    aws.faults.set('put a', 'stalled');
    expect(await bucket.create('a', '1')).toMatchObject({ kind: 'failed' });
  });

  it('writes over an object only while it is the one that was read', async () => {
    const created = await bucket.create('a', '1');
    const etag = created.kind === 'created' ? created.etag : '';
    expect(await bucket.replace('a', '2', etag)).toMatchObject({ kind: 'created' });
    expect(await bucket.replace('a', '3', etag)).toEqual({ kind: 'exists' });
    expect(await bucket.read('a')).toMatchObject({ text: '2' });
    aws.faults.set('put b', 'missing');
    expect(await bucket.replace('b', '1', etag)).toEqual({ kind: 'exists' });
  });

  it('does not confuse a missing bucket with an existing or a missing object', async () => {
    aws.faults.set('put a', 'no-bucket');
    expect(await bucket.create('a', '1')).toEqual({ kind: 'failed', cause: 'NoSuchBucket' });
    expect(await bucket.replace('a', '1', '"etag"')).toEqual({ kind: 'failed', cause: 'NoSuchBucket' });
  });

  it('treats an object that another writer is creating as existing', async () => {
    aws.faults.set('put a', 'conflict');
    expect(await bucket.create('a', '1')).toEqual({ kind: 'exists' });
  });

  it.each(['huge', 'endless'] as const)('ends the connection of an answer that is %s, unread', async (fault) => {
    aws.faults.set('a', fault);
    expect(await bucket.read('a')).toEqual({ kind: 'oversized', version: 'v9' });
    await vi.waitFor(() => expect(aws.abandoned).toBe(1));
  });

  it('lists no more objects than it was asked for, and says when it cannot', async () => {
    for (const key of ['x/1', 'x/2', 'x/3', 'y/1']) await bucket.create(key, '');
    const listed = await bucket.list('x/', 2);
    expect(listed).toEqual([
      { key: 'x/1', modified: expect.any(Date) },
      { key: 'x/2', modified: expect.any(Date) },
    ]);
    expect(await bucket.list('z/', 2)).toEqual([]);
    aws.faults.set('list x/', 'forbidden');
    expect(await bucket.list('x/', 2)).toBeUndefined();
  });

  it('says that versions cannot be listed', async () => {
    aws.failVersions = true;
    expect(await bucket.versions('a')).toBeUndefined();
  });
});

describe('a single temporary failure', () => {
  it.each(['read', 'create', 'replace', 'versions', 'list'] as const)('of %s is tried again', async (operation) => {
    const patient = createPrivateBucket('private', clientOptionsFor(aws));
    const first = await bucket.create('a', '1');
    const etag = first.kind === 'created' ? first.etag : '';
    aws.failing = 1;
    const outcomes = {
      read: async () => (await patient.read('a')).kind,
      create: async () => (await patient.create('b', '1')).kind,
      replace: async () => (await patient.replace('a', '2', etag)).kind,
      versions: async () => (await patient.versions('a'))?.length,
      list: async () => (await patient.list('', 5))?.length,
    };
    const expected = { read: 'found', create: 'created', replace: 'created', versions: 1, list: 1 };
    expect(await outcomes[operation]()).toBe(expected[operation]);
    expect(aws.failing).toBe(0);
    aws.failing = 2;
    expect(await patient.read('a')).toEqual({ kind: 'failed', cause: 'InternalError' });
    expect(aws.failing).toBe(0);
  });

  it('does not change how long an operation may take', async () => {
    const limits: number[] = [];
    const timeout = AbortSignal.timeout.bind(AbortSignal);
    const spy = vi.spyOn(AbortSignal, 'timeout').mockImplementation((milliseconds) => {
      limits.push(milliseconds);
      return timeout(milliseconds);
    });
    try {
      await bucket.create('a', '1');
      await bucket.replace('a', '2', '');
      await bucket.read('a');
      await bucket.versions('a');
      await bucket.list('', 1);
    } finally {
      spy.mockRestore();
    }
    expect(limits).toEqual([3_000, 3_000, 3_000, 3_000, 3_000]);
  });
});
