import { describe, expect, it } from 'vitest';
import { createBucket } from './object-store.ts';

const metadata = { contentType: 'text/plain', cacheControl: undefined };
const put = (bucket: ReturnType<typeof createBucket>, key: string, text: string) =>
  bucket.put(key, { bytes: Buffer.from(text) }, metadata);
const read = async (bucket: ReturnType<typeof createBucket>, key: string, version?: string) =>
  (await (await bucket.get(key, version))?.bytes())?.toString();

describe('createBucket', () => {
  it('keeps one version of each key without versioning, and forgets removed objects', async () => {
    const bucket = createBucket('b');
    expect([put(bucket, 'a', '1'), put(bucket, 'a', '2')]).toEqual(['null', 'null']);
    expect(await read(bucket, 'a')).toBe('2');
    bucket.remove('a');
    expect([bucket.has('a'), bucket.keys(), bucket.versions()]).toEqual([false, [], []]);
    bucket.remove('a');
  });

  it('keeps all versions with versioning, and a marker for each removed object', async () => {
    const bucket = createBucket('b');
    bucket.setVersioned(true);
    const first = put(bucket, 'a', '1');
    put(bucket, 'a', '2');
    bucket.remove('a');
    expect([bucket.has('a'), await read(bucket, 'a'), await read(bucket, 'a', first)]).toEqual([false, undefined, '1']);
    expect(bucket.versions().map(({ isLatest, isDeleteMarker }) => [isLatest, isDeleteMarker])).toEqual([
      [true, true],
      [false, false],
      [false, false],
    ]);
    bucket.remove('a', bucket.versions()[0]?.versionId);
    expect(await read(bucket, 'a')).toBe('2');
  });

  it('lists keys in byte order', () => {
    const bucket = createBucket('b');
    for (const key of ['é', 'z', 'a/1', 'A', 'a']) put(bucket, key, '');
    expect(bucket.keys()).toEqual(['A', 'a', 'a/1', 'z', 'é']);
    expect(bucket.keys('a')).toEqual(['a', 'a/1']);
  });

  it('has nothing if the file behind an object is gone', async () => {
    const bucket = createBucket('b');
    bucket.put('a', { file: '/nonexistent' }, metadata);
    expect(await bucket.get('a')).toBeUndefined();
    expect(bucket.has('a')).toBe(true);
  });
});
