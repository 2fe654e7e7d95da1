import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import type { S3Client } from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { Manifest } from './manifest.ts';

const listed = new Map(
  ['/a', '/b', '/c'].map((path) => [path, { path, etag: `of ${path}`, size: 1, modified: 1000 }] as const),
);
const line = (path: string, changes: object = {}): string =>
  `${JSON.stringify({ path, etag: `of ${path}`, size: 1, by: 1000, sha256: 'ff', ...changes })}\n`;
const head = '{"format":1}\n';

/** The paths that the manifest knows after it has read `body`. */
async function known(body: Readable): Promise<string[]> {
  const client = { send: async () => ({ Body: body }) } as unknown as S3Client;
  const manifest = new Manifest({ client, bucket: 'docs', region: 'eu-west-1' });
  await manifest.read(listed);
  return [...listed.keys()].filter((path) => manifest.get(path) !== undefined);
}
const packed = (text: string): Readable => Readable.from([gzipSync(text)]);

describe('Manifest.read', () => {
  it('knows what the bucket still has', async () => {
    expect(await known(packed(head + line('/a') + line('/gone') + line('/c')))).toEqual(['/a', '/c']);
  });

  it.each([
    ['has another content', { etag: 'other' }],
    ['has another size', { size: 2 }],
    ['was written a second later', { by: 999 }],
  ])('does not know an object that %s', async (_, changes) => {
    expect(await known(packed(head + line('/a', changes) + line('/b')))).toEqual(['/b']);
  });

  it('knows what comes before a line that is not an entry', async () => {
    expect(await known(packed(`${head}${line('/a')}{"path":7}\n${line('/b')}`))).toEqual(['/a']);
  });

  it('ends if the connection breaks, and leaves it to S3 to say what is there', async () => {
    const whole = gzipSync(head + line('/a'));
    const broken = Readable.from(
      (async function* () {
        yield whole.subarray(0, 12);
        throw new Error('ECONNRESET');
      })(),
    );
    expect(await known(broken)).toEqual([]);
    expect(broken.destroyed).toBe(true);
  });
});
