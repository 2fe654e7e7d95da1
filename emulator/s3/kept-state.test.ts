import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createKeyMaterial } from '../aws/kms.ts';
import { openState } from './kept-state.ts';
import { type Bucket, createBucket } from './object-store.ts';

let folder: string;
let file: string;
let troubles: string[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'emulator-state-'));
  file = join(folder, 'state/docs.json');
  troubles = [];
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const open = () => openState(file, (problem) => troubles.push(problem));
const metadata = { contentType: 'application/json', cacheControl: undefined };

function versioned(name = 'private'): Bucket {
  const bucket = createBucket(name);
  bucket.setVersioned(true);
  return bucket;
}

const put = (bucket: Bucket, key: string, text: string): string =>
  bucket.put(key, { bytes: Buffer.from(text) }, metadata);

/** The bucket as the next run has it. */
function next(): Bucket {
  const bucket = versioned();
  bucket.restore(open().versionsOf('private'));
  return bucket;
}

describe('openState', () => {
  it('gives the next run every version of the noted objects, and nothing else', async () => {
    const [bucket, state] = [versioned(), open()];
    const first = put(bucket, 'access/live.json', 'one');
    put(bucket, 'access/live.json', 'two');
    put(bucket, 'keys/secret.pem', 'not noted');
    state.note(bucket, 'access/live.json');
    const restored = next();
    expect(String(await (await restored.get('access/live.json'))?.bytes())).toBe('two');
    expect(String(await (await restored.get('access/live.json', first))?.bytes())).toBe('one');
    expect(restored.versions()).toEqual(bucket.versions('access/'));
    expect((await restored.get('access/live.json'))?.contentType).toBe('application/json');
    expect([restored.has('keys/secret.pem'), troubles]).toEqual([false, []]);
  });

  it('keeps removed objects removed', () => {
    const [bucket, state] = [versioned(), open()];
    put(bucket, 'requests/open/a', 'x');
    state.note(bucket, 'requests/open/a');
    expect(next().has('requests/open/a')).toBe(true);
    bucket.remove('requests/open/a');
    state.note(bucket, 'requests/open/a');
    expect(next().has('requests/open/a')).toBe(false);
  });

  it('keeps the last hundred versions of an object', () => {
    const [bucket, state] = [versioned(), open()];
    for (let count = 0; count < 120; count++) put(bucket, 'a', `${count}`);
    state.note(bucket, 'a');
    expect(next().versions()).toEqual(bucket.versions().slice(0, 100));
  });

  it('gives the next run the same keys in KMS', () => {
    const made = createKeyMaterial(open())('key', 'ECC_NIST_P256');
    const again = createKeyMaterial(open())('key', 'ECC_NIST_P256');
    expect(again.publicKey.equals(made.publicKey)).toBe(true);
    expect(createKeyMaterial(open())('other', 'ECC_NIST_P256').publicKey.equals(made.publicKey)).toBe(false);
  });

  it('is readable by its owner only, and leaves no draft', () => {
    createKeyMaterial(open())('key', 'ECC_NIST_P256');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readdirSync(join(folder, 'state'))).toEqual(['docs.json']);
  });

  it.each([
    ['no JSON', '{"format": 1,'],
    ['another format', '{"format":2,"buckets":{},"kms":{}}'],
    ['something else', '{"format":1,"buckets":{"private":[{"name":"a"}]},"kms":{}}'],
  ])('reports a file that is %s, starts without it, and loses nothing', (_, text) => {
    createKeyMaterial(open())('key', 'ECC_NIST_P256');
    writeFileSync(file, text);
    expect(open().versionsOf('private')).toEqual([]);
    expect(troubles).toEqual([expect.stringContaining('could not be read: this run starts without')]);
    expect(readFileSync(`${file}.unreadable`, 'utf8')).toBe(text);
  });

  it('reports once if another run also writes the file, and overwrites nothing in it', () => {
    const [bucket, one, other] = [versioned(), open(), open()];
    put(bucket, 'a', 'of the one');
    one.note(bucket, 'a');
    const text = readFileSync(file, 'utf8');
    for (let count = 0; count < 2; count++) other.note(versioned(), 'a');
    expect(troubles).toEqual([expect.stringContaining('another run writes to it, too')]);
    expect(readFileSync(file, 'utf8')).toBe(text);
  });

  it('reports once if the file cannot be written', () => {
    const [bucket, state] = [versioned(), open()];
    // A file in place of the folder.
    writeFileSync(join(folder, 'state'), '');
    put(bucket, 'a', 'x');
    for (let count = 0; count < 2; count++) state.note(bucket, 'a');
    expect(troubles).toEqual([expect.stringContaining('changes from now on are lost when this run ends')]);
  });
});
