import { createServer } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { close, listen } from '../../../emulator/message/loopback-server.ts';
import { accessTarget } from '../shared/target.ts';
import { empty, type LocalSite, liveKey, startLocalSite, startMs } from '../testing/local-site.ts';
import { type AccessStore, openAccessStore } from './store.ts';

let site: LocalSite;
let store: AccessStore;
beforeEach(async () => {
  site = await startLocalSite();
  store = await openAccessStore(await accessTarget({ root: site.root, site: undefined, local: true }));
});
afterEach(() => site.close());

describe('the store of access documents', () => {
  it('finds no document if there is no object, no such version, or only a delete marker', async () => {
    const [{ versionId = '' } = {}] = site.bucket.versions(liveKey);
    expect(await store.read(liveKey, versionId)).toMatchObject({ text: JSON.stringify(empty), version: versionId });
    site.bucket.remove(liveKey);
    const [{ version: mark = '', isDeletion } = {}] = await store.versions(liveKey);
    expect(isDeletion).toBe(true);
    expect([await store.read(liveKey), await store.read(liveKey, mark), await store.read('access/no.json')]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  it.each([
    ['has nothing in the mark of a deletion, which S3 refuses to give', 405, 'MethodNotAllowed', undefined],
    [
      'rejects what these credentials may not read',
      403,
      'AccessDenied',
      /not allowed to s3:GetObjectVersion on bucket/,
    ],
  ])('%s', async (_, status, code, refusal) => {
    const server = createServer((_request, response) => {
      response.writeHead(status, { 'content-type': 'application/xml' }).end(`<Error><Code>${code}</Code></Error>`);
    });
    const target = await accessTarget({ root: site.root, site: undefined, local: true });
    const endpoint = `http://127.0.0.1:${await listen(server, 0)}`;
    const reading = (await openAccessStore({ ...target, clientOptions: { ...target.clientOptions, endpoint } })).read(
      liveKey,
      'mark',
    );
    if (refusal === undefined) expect(await reading).toBeUndefined();
    else await expect(reading).rejects.toThrow(refusal);
    await close(server);
  });

  it('writes over exactly what was read, and only where nothing is when nothing was', async () => {
    const over = await store.read(liveKey);
    expect(await store.write(liveKey, 'mine', undefined)).toBe('conflict');
    expect(await store.write(liveKey, 'mine', over)).toMatchObject({ version: expect.any(String) });
    expect(await store.write(liveKey, 'late', over)).toBe('conflict');
    expect(await store.write('access/new.json', 'new', undefined)).toMatchObject({ version: expect.any(String) });
    expect((await store.read(liveKey))?.text).toBe('mine');
  });

  it.each([
    ['somebody else writes at the same moment', 409, 'ConditionalRequestConflict'],
    ['somebody else has written', 412, 'PreconditionFailed'],
    ['what is to be replaced is gone', 404, 'NoSuchKey'],
  ])('says conflict where S3 says that %s', async (_, status, code) => {
    const server = createServer((request, response) => {
      const [answer, name] = request.method === 'PUT' ? [status, code] : [404, 'NoSuchKey'];
      request.resume().once('end', () => {
        response.writeHead(answer, { 'content-type': 'application/xml' }).end(`<Error><Code>${name}</Code></Error>`);
      });
    });
    const target = await accessTarget({ root: site.root, site: undefined, local: true });
    const endpoint = `http://127.0.0.1:${await listen(server, 0)}`;
    const other = await openAccessStore({ ...target, clientOptions: { ...target.clientOptions, endpoint } });
    expect(await other.write(liveKey, 'mine', await store.read(liveKey))).toBe('conflict');
    await close(server);
  });

  it('lists the versions of one document only, newest first', async () => {
    site.put(`${liveKey}.bak`, 'other');
    site.put(liveKey, 'second');
    const [{ version = '', isDeletion } = {}, ...earlier] = await store.versions(liveKey);
    expect([(await store.read(liveKey, version))?.text, isDeletion, earlier.length]).toEqual(['second', false, 1]);
    expect(await store.read(liveKey, earlier[0]?.version)).toMatchObject({ text: JSON.stringify(empty) });
    expect(await store.versions('access/live')).toEqual([]);
  });

  it('notes who writes, and takes the answer to its own write for no conflict', async () => {
    const over = await store.read(liveKey);
    expect(over?.changedBy).toBeUndefined();
    const written = await store.write(liveKey, 'mine', over);
    expect(await store.write(liveKey, 'mine', over)).toEqual(written);
    expect(await store.read(liveKey)).toMatchObject({ changedBy: expect.stringMatching(/^[\x21-\x7e]+$/), bytes: 4 });
  });

  it('reads a document of 4 MiB, and knows only the size of a longer one', async () => {
    site.put(liveKey, ' '.repeat(4_194_304));
    expect((await store.read(liveKey))?.text).toHaveLength(4_194_304);
    site.put(liveKey, ' '.repeat(4_194_305));
    expect(await store.read(liveKey)).toMatchObject({ text: undefined, bytes: 4_194_305 });
  });

  it('removes an object, and keeps its versions', async () => {
    await store.remove(liveKey);
    expect(await store.read(liveKey)).toBeUndefined();
    expect((await store.versions(liveKey)).map(({ isDeletion }) => isDeletion)).toEqual([true, false]);
  });

  it("goes by AWS's clock", async () => {
    await store.read(liveKey);
    expect(Math.abs(store.now() - startMs)).toBeLessThan(60_000);
  });

  it('lists what lies under a prefix, over several pages, and nothing else', async () => {
    for (let count = 0; count < 1_005; count++) site.put(`requests/open/${count}.json`, 'x');
    site.put('requests/opened.json', 'x');
    const keys = (await store.keys('requests/open/')).map(({ key }) => key);
    expect([keys.length, new Set(keys).size, keys.every((key) => key.startsWith('requests/open/'))]).toEqual([
      1_005,
      1_005,
      true,
    ]);
  });

  it('knows a page by its whole name, and a folder by its beginning', async () => {
    site.putPage('/docs/guide.html', 'text');
    expect([
      await store.hasContent('docs/guide.html', true),
      await store.hasContent('docs/guide', true),
      await store.hasContent('docs/', false),
      await store.hasContent('doc/', false),
    ]).toEqual([true, false, true, false]);
    expect(await store.content('docs/guide.html')).toBe('text');
    expect(await store.content('docs/no.html')).toBeUndefined();
  });

  it('looks into no page of more than one mebibyte', async () => {
    site.putPage('/long.html', 'x'.repeat(1_048_576));
    site.putPage('/longer.html', 'x'.repeat(1_048_577));
    expect([(await store.content('long.html'))?.length, await store.content('longer.html')]).toEqual([
      1_048_576,
      undefined,
    ]);
  });
});
