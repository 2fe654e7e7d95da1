import { Readable } from 'node:stream';
import type { S3Client } from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { ContentObjects } from './content-objects.ts';
import type { FileReader, LocalFile } from './local-files.ts';

interface Sent {
  readonly input: { readonly Delete?: { readonly Objects: readonly { readonly Key: string }[] } };
}

/** The bucket, whose calls are answered so. */
const objects = (send: (sent: Sent) => unknown) =>
  new ContentObjects({
    client: { send: async (sent: Sent) => send(sent) } as unknown as S3Client,
    bucket: 'docs',
    region: 'eu-west-1',
    signal: new AbortController().signal,
  });
const refusal = (name: string, httpStatusCode: number) =>
  Object.assign(new Error(name), { name, $metadata: { httpStatusCode } });

describe('ContentObjects.remove', () => {
  it('takes a thousand away at once, each once, and says how many are gone', async () => {
    const sent: string[][] = [];
    const counts: number[] = [];
    const paths = Array.from({ length: 2_001 }, (_, count) => `/${count}`);
    const bucket = objects(({ input: { Delete } }) => {
      sent.push((Delete?.Objects ?? []).map(({ Key }) => Key));
      return {};
    });
    await bucket.remove(paths, (count) => counts.push(count));
    expect(sent.map(({ length }) => length)).toEqual([1_000, 1_000, 1]);
    expect(sent.flat()).toEqual(paths.map((path) => `www${path}`));
    expect(counts).toEqual([1_000, 1_000, 1]);
  });

  it('fails for one object that S3 keeps, though it answers with 200', async () => {
    const counts: number[] = [];
    const removing = objects(() => ({ Errors: [{ Code: 'AccessDenied', Key: 'www/a', Message: 'no' }] })).remove(
      ['/a', '/b'],
      (count) => counts.push(count),
    );
    await expect(removing).rejects.toThrow(/not allowed to s3:DeleteObject on bucket docs/);
    expect(counts).toEqual([]);
  });
});

describe('ContentObjects.put', () => {
  const file: LocalFile = {
    path: '/a.bin',
    file: '/nowhere/a.bin',
    size: 1,
    sha256: '00',
    contentType: 'application/octet-stream',
    cacheControl: 'no-cache',
  };
  /** How often a file is sent until it is given up. */
  async function attempts(body: () => Buffer | Readable, error: Error): Promise<number> {
    let count = 0;
    const bucket = objects(() => {
      count += 1;
      throw error;
    });
    const reader = { body: async () => body() } as unknown as FileReader;
    await expect(bucket.put(file, reader)).rejects.toThrow();
    return count;
  }

  it.each(['BadDigest', 'XAmzContentChecksumMismatch', 'IncompleteBody'])(
    'names a file that was changed meanwhile, as S3 says by %s',
    async (name) => {
      const bucket = objects(() => {
        throw refusal(name, 400);
      });
      const reader = { body: async () => Buffer.of(1) } as unknown as FileReader;
      await expect(bucket.put(file, reader)).rejects.toThrow('a.bin changed during the upload');
    },
  );

  it.each<[string, object, number]>([
    ['an answer of 500', { $metadata: { httpStatusCode: 500 } }, 2],
    ['a request that took too long', { name: 'RequestTimeout', $metadata: { httpStatusCode: 400 } }, 2],
    ['no answer in time', { name: 'TimeoutError' }, 2],
    ['a connection that was reset', { code: 'ECONNRESET' }, 2],
    ['a connection that is closed', { code: 'EPIPE' }, 2],
    ['a connection that timed out', { code: 'ETIMEDOUT' }, 2],
    ['any other refusal', { name: 'InvalidArgument', $metadata: { httpStatusCode: 400 } }, 1],
    ['a host that is not there', { code: 'ENOTFOUND' }, 1],
  ])('sends a stream again after %s, or not', async (_, failure, sent) => {
    let count = 0;
    const bucket = objects(() => {
      count += 1;
      if (count === 1) throw Object.assign(new Error('no'), failure);
    });
    const reader = { body: async () => Readable.from([Buffer.of(1)]) } as unknown as FileReader;
    const ended = await bucket.put(file, reader).then(
      () => 'done',
      () => 'failed',
    );
    expect([count, ended]).toEqual([sent, sent === 2 ? 'done' : 'failed']);
  });

  it('fails with what broke the file that is read, not with the call that this ended', async () => {
    const body = new Readable({ read: () => {} });
    const bucket = objects(() => {
      body.destroy(new Error('the disk is gone'));
      return new Promise((_, failed) => setTimeout(() => failed(new Error('aborted')), 10));
    });
    await expect(bucket.put(file, { body: async () => body } as unknown as FileReader)).rejects.toThrow(
      'the disk is gone',
    );
  });

  it('sends a stream four times, and only what may go better', async () => {
    const stream = (): Readable => Readable.from([Buffer.of(1)]);
    const [slow, denied, held] = await Promise.all([
      attempts(stream, refusal('SlowDown', 503)),
      attempts(stream, refusal('AccessDenied', 403)),
      // The SDK itself sends again what is held.
      attempts(() => Buffer.of(1), refusal('SlowDown', 503)),
    ]);
    expect([slow, denied, held]).toEqual([4, 1, 1]);
  });
});
