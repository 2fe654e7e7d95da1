import { Readable } from 'node:stream';
import { S3Client } from '@aws-sdk/client-s3';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { ContentObjects } from './content-objects.ts';
import type { FileReader, LocalFile } from './local-files.ts';

/** How long each pause would have been, in milliseconds. */
const pauses: number[] = [];
vi.mock('node:timers/promises', async (original) => {
  const timers = await original<typeof import('node:timers/promises')>();
  const setTimeout = (ms: number, value?: unknown, options?: object) => {
    pauses.push(ms);
    return timers.setTimeout(0, value, options);
  };
  return { ...timers, setTimeout };
});
afterEach(() => {
  pauses.length = 0;
});

interface Sent {
  readonly input: { readonly Delete?: { readonly Objects: readonly { readonly Key: string }[] } };
}
type Send = (sent: Sent, options: { readonly abortSignal?: AbortSignal }) => unknown;

/** A bucket whose calls `send` answers. */
const objects = (send: Send, signal = new AbortController().signal) =>
  new ContentObjects({
    client: Object.assign(new S3Client({ region: 'eu-west-1' }), {
      send: async (sent: Sent, options = {}) => send(sent, options),
    }),
    bucket: 'docs',
    region: 'eu-west-1',
    signal,
  });
const refusal = (name: string, httpStatusCode: number) =>
  Object.assign(new Error('no'), { name, $metadata: { httpStatusCode } });
const readerOf = (body: () => Buffer | Readable) => ({ body: async () => body() }) as unknown as FileReader;
const small = readerOf(() => Buffer.of(1));
const stream = (): Readable => Readable.from([Buffer.of(1)]);
const file: LocalFile = {
  path: '/a.bin',
  file: '/nowhere/a.bin',
  size: 1,
  sha256: '00ff',
  contentType: 'application/octet-stream',
  contentEncoding: 'gzip',
  cacheControl: 'no-cache',
};

describe('ContentObjects', () => {
  it.each<[string, (bucket: ContentObjects) => Promise<unknown>]>([
    ['list', (bucket) => bucket.list()],
    ['head', (bucket) => bucket.head('/a')],
    ['put', (bucket) => bucket.put(file, small)],
    ['remove', (bucket) => bucket.remove(['/a'], () => {})],
  ])('drops the call under way when the upload is stopped: %s', async (_, call) => {
    const stop = new AbortController();
    const dropped = vi.fn();
    const bucket = objects((_sent, { abortSignal }) => {
      abortSignal?.addEventListener('abort', dropped);
      stop.abort();
      throw refusal('AccessDenied', 403);
    }, stop.signal);
    await expect(call(bucket)).rejects.toThrow();
    expect(dropped).toHaveBeenCalledTimes(1);
  });

  it.each<[string, string, (bucket: ContentObjects) => Promise<unknown>]>([
    ['s3:ListBucket', 'bucket docs', (bucket) => bucket.list()],
    ['s3:GetObject', 'bucket docs, www/a', (bucket) => bucket.head('/a')],
    ['s3:PutObject', 'bucket docs, www/a.bin', (bucket) => bucket.put(file, small)],
    ['s3:DeleteObject', 'bucket docs', (bucket) => bucket.remove(['/a'], () => {})],
  ])('names the permission %s and the %s when S3 refuses', async (action, resource, call) => {
    const bucket = objects(() => {
      throw refusal('AccessDenied', 403);
    });
    await expect(call(bucket)).rejects.toThrow(`not allowed to ${action} on ${resource}. Fix`);
  });
});

describe('ContentObjects.list', () => {
  it('asks for what lies under www/, in the one encoding that every key has', async () => {
    const inputs: object[] = [];
    const bucket = objects(({ input }) => {
      inputs.push(input);
      const LastModified = new Date('2026-01-01T00:00:01.999Z');
      return { Contents: [{ Key: 'www/a+b%2Bc.txt', Size: 7, ETag: '"ab"', LastModified }, { Key: 'www/empty' }] };
    });
    expect([...(await bucket.list())]).toEqual([
      ['/a b+c.txt', { path: '/a b+c.txt', etag: 'ab', size: 7, modified: Date.UTC(2026, 0, 1, 0, 0, 1) / 1000 }],
      // An unknown time is later than any other.
      ['/empty', { path: '/empty', etag: '', size: 0, modified: Number.POSITIVE_INFINITY }],
    ]);
    expect(inputs).toEqual([expect.objectContaining({ Bucket: 'docs', Prefix: 'www/', EncodingType: 'url' })]);
  });
});

describe('ContentObjects.head', () => {
  it('returns what an upload stored with the object', async () => {
    const inputs: object[] = [];
    const bucket = objects(({ input }) => {
      inputs.push(input);
      return {
        ETag: '"ab"',
        LastModified: new Date(7000),
        ContentType: 'text/css',
        ContentEncoding: 'br',
        CacheControl: 'no-cache',
        Metadata: { 's3nator-sha256': 'ff' },
      };
    });
    expect(await bucket.head('/a')).toEqual({
      etag: 'ab',
      by: 7,
      contentType: 'text/css',
      contentEncoding: 'br',
      cacheControl: 'no-cache',
      sha256: 'ff',
    });
    expect(inputs).toEqual([{ Bucket: 'docs', Key: 'www/a' }]);
    expect((await objects(() => ({})).head('/a'))?.sha256).toBeUndefined();
  });

  it('returns nothing for an object that was deleted after it was listed', async () => {
    const bucket = objects(() => {
      throw refusal('NotFound', 404);
    });
    expect(await bucket.head('/a')).toBeUndefined();
  });
});

describe('ContentObjects.remove', () => {
  it('deletes a thousand at a time, each once, and says how many are gone', async () => {
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

  it('has S3 answer about failures only, not about every object', async () => {
    const inputs: object[] = [];
    await objects(({ input }) => {
      inputs.push(input);
      return {};
    }).remove(['/a'], () => {});
    expect(inputs).toEqual([{ Bucket: 'docs', Delete: { Objects: [{ Key: 'www/a' }], Quiet: true } }]);
  });

  it.each([
    ['AccessDenied', /not allowed to s3:DeleteObject on bucket docs/],
    ['InternalError', /^AWS refused s3:DeleteObject on bucket docs: InternalError, try later \(500\)/],
  ])('fails if S3 keeps one object, although it answers 200: %s', async (Code, message) => {
    const counts: number[] = [];
    const bucket = objects(() => ({ Errors: [{ Code, Key: 'www/a', Message: 'try later' }] }));
    await expect(bucket.remove(['/a', '/b'], (count) => counts.push(count))).rejects.toThrow(message);
    expect(counts).toEqual([]);
  });
});

describe('ContentObjects.put', () => {
  /** How often a file is sent until the upload gives up. */
  async function attempts(body: () => Buffer | Readable, error: Error): Promise<number> {
    let count = 0;
    const bucket = objects(() => {
      count += 1;
      throw error;
    });
    await expect(bucket.put(file, readerOf(body))).rejects.toThrow();
    return count;
  }

  it('sends the content with its length, type, caching and checksum, and keeps the checksum for later', async () => {
    const inputs: object[] = [];
    // The answer does not say which version it stored.
    expect(await objects(({ input }) => inputs.push(input)).put(file, small)).toBeUndefined();
    expect(inputs).toEqual([
      {
        Bucket: 'docs',
        Key: 'www/a.bin',
        Body: Buffer.of(1),
        ContentLength: 1,
        ContentType: 'application/octet-stream',
        ContentEncoding: 'gzip',
        CacheControl: 'no-cache',
        ChecksumSHA256: 'AP8=',
        Metadata: { 's3nator-sha256': '00ff' },
      },
    ]);
  });

  it.each(['BadDigest', 'XAmzContentChecksumMismatch', 'IncompleteBody'])(
    'names the file if it changed meanwhile, which S3 reports as %s',
    async (name) => {
      const bucket = objects(() => {
        throw refusal(name, 400);
      });
      await expect(bucket.put(file, small)).rejects.toThrow('DIR: /nowhere/a.bin changed during the upload');
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
    ['a host that does not exist', { code: 'ENOTFOUND' }, 1],
  ])('sends a stream again after %s, or not', async (_, failure, sent) => {
    let count = 0;
    const bucket = objects(() => {
      count += 1;
      if (count === 1) throw Object.assign(new Error('no'), failure);
    });
    const ended = await bucket.put(file, readerOf(stream)).then(
      () => 'done',
      () => 'failed',
    );
    expect([count, ended]).toEqual([sent, sent === 2 ? 'done' : 'failed']);
  });

  it('ends the call if the file that it reads breaks, and fails with what broke it', async () => {
    const body = new Readable({ read: () => {} });
    const bucket = objects((_, { abortSignal }) => {
      body.destroy(new Error('the disk is gone'));
      return new Promise((_done, failed) => abortSignal?.addEventListener('abort', () => failed(new Error('aborted'))));
    });
    await expect(
      bucket.put(
        file,
        readerOf(() => body),
      ),
    ).rejects.toThrow('the disk is gone');
  });

  it('leaves no file open that S3 did not want to read to its end', async () => {
    const bodies: Readable[] = [];
    const bucket = objects(() => {
      throw refusal('AccessDenied', 403);
    });
    const opened = (): Readable => {
      const body = new Readable({ read: () => {} });
      bodies.push(body);
      return body;
    };
    await expect(bucket.put(file, readerOf(opened))).rejects.toThrow('not allowed');
    expect(bodies.map(({ destroyed }) => destroyed)).toEqual([true]);
  });

  it('sends a stream four times, and only what may succeed then', async () => {
    expect([
      await attempts(stream, refusal('SlowDown', 503)),
      await attempts(stream, refusal('AccessDenied', 403)),
      // The SDK itself sends a buffer again.
      await attempts(() => Buffer.of(1), refusal('SlowDown', 503)),
    ]).toEqual([4, 1, 1]);
  });

  it('waits longer before each try: half a second, one second, two seconds', async () => {
    await attempts(stream, refusal('SlowDown', 503));
    expect(pauses).toEqual([500, 1000, 2000]);
  });

  it('does not try again once the upload is stopped', async () => {
    const stop = new AbortController();
    let count = 0;
    const bucket = objects(() => {
      count += 1;
      stop.abort();
      throw refusal('SlowDown', 503);
    }, stop.signal);
    await expect(bucket.put(file, readerOf(stream))).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }));
    expect(count).toBe(1);
  });
});
