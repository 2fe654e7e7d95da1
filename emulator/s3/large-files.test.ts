import type { EventEmitter } from 'node:events';
import { type FileHandle, open, rename, truncate, utimes, writeFile } from 'node:fs/promises';
import { get as httpGet, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { ask } from '../testing/ask.ts';
import { useEmulator } from '../testing/harness.ts';

const harness = useEmulator();
const { get } = harness;
const path = '/public/photo.bin';
const gigabyte = 2 ** 30;
const megabyte = 2 ** 20;

let prototype: FileHandle;
beforeAll(async () => {
  const handle = await open(import.meta.filename);
  prototype = Object.getPrototypeOf(handle) as FileHandle;
  await handle.close();
});

/** What the emulator does with files: bytes that were read, and handles that are open. */
const disk = { read: 0, open: new Set<unknown>() };

function note(handle: FileHandle): void {
  // Node's types leave out that a handle has events.
  const events = handle as unknown as EventEmitter;
  if (!disk.open.has(handle)) events.once('close', () => disk.open.delete(handle));
  disk.open.add(handle);
}

beforeEach(() => {
  disk.read = 0;
  disk.open.clear();
  const { read, readFile } = prototype;
  vi.spyOn(prototype, 'read').mockImplementation(async function (this: FileHandle, ...args: unknown[]) {
    note(this);
    const result = await (read as (...all: unknown[]) => Promise<{ bytesRead: number }>).apply(this, args);
    disk.read += result.bytesRead;
    return result as never;
  } as never);
  vi.spyOn(prototype, 'readFile').mockImplementation(async function (this: FileHandle) {
    note(this);
    const bytes = await readFile.call(this);
    disk.read += bytes.length;
    return bytes as never;
  } as never);
});
afterEach(() => vi.restoreAllMocks());

const file = (): string => join(harness.folder.stackDirectory, 'files/photo.bin');

/** Makes the file large without filling the disk. `parts`: text by its place. */
async function makeFile(size: number, parts: Readonly<Record<number, string>> = {}): Promise<void> {
  await writeFile(file(), '');
  await truncate(file(), size);
  const handle = await open(file(), 'r+');
  for (const [at, text] of Object.entries(parts)) await handle.write(text, Number(at));
  await handle.close();
}

const head = (headers: Record<string, string> = {}) => ask(harness.emulator.origin, path, { method: 'HEAD', headers });

/** Begins a download and reads nothing of it. */
const begin = (headers: Record<string, string> = {}): Promise<IncomingMessage> => {
  const { port } = new URL(harness.emulator.origin);
  return new Promise((resolve, reject) => {
    const request = httpGet({ host: '127.0.0.1', port, path, headers: { host: `localhost:${port}`, ...headers } });
    request.once('response', resolve).once('error', reject);
  });
};

/** Reads the rest. Returns how many bytes came, and how it ended. */
const drain = (incoming: IncomingMessage): Promise<{ readonly bytes: number; readonly end: string }> =>
  new Promise((resolve) => {
    let bytes = 0;
    incoming.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
    });
    incoming.once('end', () => resolve({ bytes, end: 'whole' }));
    incoming.once('error', (error: NodeJS.ErrnoException) => resolve({ bytes, end: error.code ?? error.message }));
  });

describe('a range of a large file', () => {
  it.each([
    ['the start', 'bytes=0-4', 'first', `bytes 0-4/${3 * gigabyte}`],
    ['beyond 2 GiB', `bytes=${2.5 * gigabyte}-${2.5 * gigabyte + 4}`, 'later', undefined],
    ['the end', 'bytes=-4', 'last', `bytes ${3 * gigabyte - 4}-${3 * gigabyte - 1}/${3 * gigabyte}`],
  ])('at %s arrives, and nothing else is read from the disk', async (_, range, text, span) => {
    await makeFile(3 * gigabyte, { 0: 'first', [2.5 * gigabyte]: 'later', [3 * gigabyte - 4]: 'last' });
    const answer = await get(path, { range });
    expect([answer.status, answer.body]).toEqual([206, text]);
    if (span !== undefined) expect(answer.headers['content-range']).toBe(span);
    expect(disk.read).toBe(text.length);
    expect(disk.open.size).toBe(0);
  });

  it('follows its conditions, without a byte from the disk', async () => {
    await makeFile(3 * gigabyte);
    const { headers, status } = await head();
    expect([status, headers['content-length']]).toEqual([200, String(3 * gigabyte)]);
    const etag = String(headers['etag']);
    expect(etag).toMatch(/^"[\da-f]{32}-384"$/);
    expect((await get(path, { 'if-none-match': etag })).status).toBe(304);
    expect((await get(path, { 'if-match': '"another"' })).status).toBe(412);
    expect((await get(path, { range: `bytes=${3 * gigabyte}-` })).status).toBe(416);
    expect((await head({ range: 'bytes=0-1', 'if-range': etag })).status).toBe(206);
    expect((await head({ range: 'bytes=0-1', 'if-range': '"another"' })).status).toBe(200);
    expect((await head({ range: 'bytes=0-1,4-5' })).headers['content-length']).toBe(String(3 * gigabyte));
    expect(disk.read).toBe(0);
  });

  it('has another ETag once the file is another, even of the same size', async () => {
    await makeFile(20 * megabyte);
    await utimes(file(), 1, 1);
    const before = (await head()).headers['etag'];
    expect((await head()).headers['etag']).toBe(before);
    await utimes(file(), 2, 2);
    const after = (await head()).headers['etag'];
    expect(after).not.toBe(before);
    expect((await head({ range: 'bytes=0-1', 'if-range': String(before) })).status).toBe(200);
  });
});

describe('a file of up to 8 MiB', () => {
  it('is hashed once, and again after a change', async () => {
    await makeFile(megabyte, { 0: 'first' });
    await utimes(file(), 1, 1);
    const { headers } = await get(path, { range: 'bytes=0-4' });
    // The MD5 of those bytes.
    expect(headers['etag']).toBe('"7d9b63066ca560debede4b0261dd065b"');
    expect(disk.read).toBe(megabyte + 5);
    expect(await get(path, { range: 'bytes=0-4', 'if-range': String(headers['etag']) })).toMatchObject({
      status: 206,
      body: 'first',
    });
    expect(disk.read).toBe(megabyte + 10);
    await makeFile(megabyte, { 0: 'other' });
    expect((await get(path, { range: 'bytes=0-4', 'if-range': String(headers['etag']) })).status).toBe(200);
  });

  it('is hashed again while its last change is so recent that the next one may have the same time', async () => {
    await makeFile(megabyte);
    const now = new Date();
    await utimes(file(), now, now);
    const before = (await head()).headers['etag'];
    const handle = await open(file(), 'r+');
    await handle.write('other', 0);
    await handle.utimes(now, now);
    await handle.close();
    expect((await head()).headers['etag']).not.toBe(before);
  });

  it('that is empty is a whole answer, and has no range', async () => {
    await makeFile(0);
    expect(await get(path)).toMatchObject({ status: 200, body: '', headers: { 'content-length': '0' } });
    expect((await get(path, { range: 'bytes=0-' })).status).toBe(416);
    expect(disk.open.size).toBe(0);
  });
});

describe('a download', () => {
  it('is read no faster than the client takes it, and closes the file when the client is gone', async () => {
    await makeFile(3 * gigabyte);
    const incoming = await begin();
    await vi.waitFor(() => expect(disk.open.size).toBe(1));
    // Until nothing moves any more.
    let before = -1;
    await vi.waitFor(
      () => {
        const last = before;
        before = disk.read;
        expect(before).toBe(last);
      },
      { interval: 300, timeout: 20_000 },
    );
    expect(disk.read).toBeLessThan(64 * megabyte);
    incoming.destroy();
    await vi.waitFor(() => expect(disk.open.size).toBe(0), { timeout: 5_000 });
  });

  it('of a whole file arrives byte for byte, and closes the file', async () => {
    await makeFile(40 * megabyte, { [39 * megabyte]: 'text' });
    expect(await drain(await begin())).toEqual({ bytes: 40 * megabyte, end: 'whole' });
    await vi.waitFor(() => expect(disk.open.size).toBe(0));
  });

  it.each([
    ['is cut off', () => truncate(file(), 100 * megabyte)],
    [
      'is written over',
      async () => {
        const handle = await open(file(), 'r+');
        await handle.write('other', 150 * megabyte);
        await handle.close();
      },
    ],
  ])('breaks if the file %s: no part passes for the whole', async (_, change) => {
    await makeFile(200 * megabyte);
    const incoming = await begin();
    await change();
    const { bytes, end } = await drain(incoming);
    expect(end).toBe('ECONNRESET');
    expect(bytes).toBeLessThan(200 * megabyte);
    await vi.waitFor(() => expect(disk.open.size).toBe(0));
    expect((await get(path, { range: 'bytes=0-0' })).status).toBe(206);
  });

  it('goes on with the file that it began with if another one takes its place', async () => {
    await makeFile(60 * megabyte);
    const incoming = await begin();
    await writeFile(`${file()}.new`, 'short');
    await rename(`${file()}.new`, file());
    expect(await drain(incoming)).toEqual({ bytes: 60 * megabyte, end: 'whole' });
    expect((await get(path)).body).toBe('short');
  });

  it('of a file that is gone is not found', async () => {
    await makeFile(20 * megabyte);
    const object = await harness.emulator.aws.get('site', 'www/public/photo.bin');
    expect(object).toHaveLength(20 * megabyte);
    await rename(file(), `${file()}.gone`);
    expect((await get(path)).status).toBe(404);
    expect(disk.open.size).toBe(0);
  });
});
