import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { validConfig } from '../../stacks/testing/synthesized-site.ts';
import { type StubBucket, startStubBucket } from '../testing/stub-bucket.ts';
import { listFiles } from './local-files.ts';
import { newReport, upload } from './upload.ts';

const deployed = new Set(['/public/login.html', '/public/not-found.html']);
const manifest = 'upload/manifest.jsonl.gz';

let folder: string;
let bucket: StubBucket;

const write = (files: Readonly<Record<string, string>>): void => {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
};
const take = (name: string): void => rmSync(join(folder, name));
/** Another tool puts a file into the bucket. */
const store = (key: string, body = 'theirs'): void => {
  bucket.objects.set(key, { body: Buffer.from(body), headers: { 'content-type': 'text/plain' } });
};

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 's3nator-addresses-'));
  bucket = await startStubBucket();
  vi.stubEnv('AWS_ENDPOINT_URL', bucket.origin);
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'stub');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'stub');
  vi.spyOn(process.stdout, 'write').mockImplementation(() => true);
  for (const path of deployed) store(`www${path}`);
});

afterEach(async () => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  await bucket.close();
  rmSync(folder, { recursive: true, force: true });
});

async function run({
  remove = false,
  openPaths = [] as string[],
  pages = {},
  signal = new AbortController().signal,
} = {}) {
  bucket.journal.length = 0;
  const site = validConfig({ content: null, openPaths, pages }).sites['docs'];
  if (site === undefined) throw new Error('no site');
  const report = newReport();
  const files = listFiles(folder, tmpdir(), site, deployed);
  const target = { contentBucket: 'docs-prod-site-1', distributionId: 'E1', region: 'eu-west-1' };
  const error = await upload({ target, site, files, deployed, remove, dryRun: false, signal }, report).then(
    () => undefined,
    (reason: Error) => reason,
  );
  return { ...report, error };
}

const asked = (verb: string): string[] => bucket.journal.filter((line) => line.startsWith(`${verb} `)).toSorted();
const puts = (): string[] => asked('PUT').filter((line) => line.startsWith('PUT www/'));
/** What is stored besides the files of the deploy: `file`, `copy` or `redirect`, by key. */
const stored = (): Record<string, unknown> =>
  Object.fromEntries(
    [...bucket.objects]
      .filter(([key]) => key.startsWith('www/') && !deployed.has(key.slice(3)))
      .map(([key, { headers }]) => [key.slice(4), headers['x-amz-meta-s3nator-address'] ?? 'file']),
  );
const body = (key: string): string | undefined => bucket.objects.get(key)?.body.toString();

const guide = { 'guide/index.html': 'Guide', 'about.html': 'About', 'a+b.css': 'body{}' };
const guideAddresses = {
  'guide/index.html': 'file',
  'guide/': 'copy',
  'guide/index': 'redirect',
  guide: 'redirect',
  'about.html': 'file',
  about: 'copy',
  'about/': 'redirect',
  'a+b.css': 'file',
  'a b.css': 'copy',
};

describe("an upload of a site's other addresses", () => {
  it('gives none to pages of its own for 403 and 404, as the deploy does', async () => {
    write({
      'public/in.html': '<script type="module" src="/public/secure-login.js"></script><secure-login></secure-login>',
      'public/gone.html': 'Gone',
    });
    store('www/public/secure-login.js');
    const pages = { login: '/public/in.html', notFound: '/public/gone.html' };
    expect(await run({ pages })).toMatchObject({ error: undefined, added: 2, addresses: 0 });
    expect(Object.keys(stored()).toSorted()).toEqual(['public/gone.html', 'public/in.html', 'public/secure-login.js']);
  });

  it('puts copies and redirect pages beside the files, and counts them apart', async () => {
    write(guide);
    expect(await run()).toMatchObject({ error: undefined, added: 3, replaced: 0, addresses: 6, invalidated: [] });
    expect(stored()).toEqual(guideAddresses);
    expect([body('www/guide/'), body('www/about'), body('www/a b.css')]).toEqual(['Guide', 'About', 'body{}']);
    expect(body('www/guide')).toMatch(/<a href="\.\/guide\/">/);
    expect(bucket.objects.get('www/a b.css')?.headers).toMatchObject({
      'content-type': 'text/css; charset=utf-8',
      'cache-control': 'no-cache',
    });
  });

  it('puts none a second time, and asks S3 for none', async () => {
    write(guide);
    await run();
    expect(await run({ remove: true })).toMatchObject({ addresses: 0, plan: { unchanged: 3, puts: [] } });
    expect(asked('HEAD')).toEqual([]);
    expect(asked('PUT')).toEqual([]);
  });

  it('puts none a second time without the manifest, either', async () => {
    write(guide);
    await run();
    bucket.objects.delete(manifest);
    expect(await run()).toMatchObject({ error: undefined, addresses: 0, plan: { unchanged: 3 } });
    expect(asked('HEAD')).toHaveLength(9);
    expect(puts()).toEqual([]);
  });

  it('replaces and invalidates the copies of a file with it, and leaves its redirect pages', async () => {
    write(guide);
    await run();
    write({ 'guide/index.html': 'New', 'a+b.css': 'html{}' });
    expect(await run()).toMatchObject({
      replaced: 2,
      addresses: 2,
      invalidated: ['/a%20b.css', '/a+b.css', '/guide/', '/guide/index.html'],
    });
    expect([body('www/guide/'), body('www/a b.css')]).toEqual(['New', 'html{}']);
  });

  it('deletes and invalidates the addresses of a file with it, and counts them apart', async () => {
    write(guide);
    await run();
    take('about.html');
    const report = await run({ remove: true });
    expect(report).toMatchObject({
      deleted: 1,
      deletedAddresses: 2,
      invalidated: ['/about', '/about.html', '/about/'],
    });
    expect(Object.keys(stored()).toSorted()).toEqual(
      Object.keys(guideAddresses)
        .filter((key) => !key.startsWith('about'))
        .toSorted(),
    );
    expect((await run({ remove: true })).invalidated).toEqual([]);
  });

  it('leaves the addresses of a file that is only in the bucket', async () => {
    write(guide);
    await run();
    take('about.html');
    expect(await run()).toMatchObject({ error: undefined, deleted: 0, deletedAddresses: 0, invalidated: [] });
    expect(stored()).toEqual(guideAddresses);
    expect(asked('HEAD')).toEqual([]);
  });

  it('leaves them even if the manifest does not know the file, or one of the addresses', async () => {
    write(guide);
    await run();
    take('about.html');
    const later = new Date(Date.now() + 1000);
    for (const key of ['www/about.html', 'www/about']) {
      const object = bucket.objects.get(key);
      if (object !== undefined) bucket.objects.set(key, { ...object, modified: later });
      expect(await run()).toMatchObject({ error: undefined, deletedAddresses: 0 });
      expect(stored()).toEqual(guideAddresses);
    }
    bucket.objects.delete(manifest);
    expect(await run()).toMatchObject({ error: undefined, deletedAddresses: 0 });
    expect(stored()).toEqual(guideAddresses);
  });

  it('knows after the manifest was lost whose addresses they are', async () => {
    write(guide);
    await run();
    bucket.objects.delete(manifest);
    await run();
    take('about.html');
    const copy = bucket.objects.get('www/about');
    if (copy !== undefined) bucket.objects.set('www/about', { ...copy, modified: new Date(Date.now() + 1000) });
    expect(await run()).toMatchObject({ error: undefined, deletedAddresses: 0 });
    expect(stored()).toEqual(guideAddresses);
  });

  it('puts a file anew that takes the place of a copy with the same content, so that it counts as a file', async () => {
    write({ 'a+b.css': 'body{}' });
    await run();
    write({ 'a b.css': 'body{}' });
    expect(await run()).toMatchObject({ error: undefined, replaced: 1, addresses: 0 });
    expect(stored()).toEqual({ 'a+b.css': 'file', 'a b.css': 'file' });
    expect((await run()).plan?.puts).toEqual([]);
  });

  it('deletes the addresses of a file that somebody else deleted', async () => {
    write(guide);
    await run();
    take('about.html');
    bucket.objects.delete('www/about.html');
    expect(await run()).toMatchObject({ error: undefined, deleted: 0, deletedAddresses: 2 });
    expect(stored()).not.toHaveProperty('about');
  });

  it('puts copies and redirect pages of pages after every part, and copies of parts before every page', async () => {
    write(guide);
    await run();
    const order = bucket.journal.filter((line) => line.startsWith('PUT www/'));
    expect(order.slice(0, 2).toSorted()).toEqual(['PUT www/a b.css', 'PUT www/a+b.css']);
    expect(order).toHaveLength(9);
  });

  it('puts a file in the place of a copy', async () => {
    write(guide);
    await run();
    write({ about: 'About' });
    const report = await run();
    expect(report).toMatchObject({ error: undefined, replaced: 1 });
    expect(stored()).toMatchObject({ about: 'file', 'about.html': 'file' });
    expect(stored()).not.toHaveProperty('about/');
    expect(report.invalidated).toEqual(['/about', '/about/']);
    take('about');
    expect((await run({ remove: true })).error).toBeUndefined();
    expect(stored()).toEqual(guideAddresses);
  });

  it.each([false, true])('puts none over a file of somebody else in the bucket; with a manifest: %s', async (known) => {
    store('www/about');
    write(known ? { 'index.html': 'x' } : guide);
    await run();
    write(guide);
    for (let turn = 0; turn < 2; turn += 1) {
      expect((await run()).error).toBeUndefined();
      expect(asked('HEAD')).toEqual(['HEAD www/about']);
      expect(body('www/about')).toBe('theirs');
      expect(stored()).not.toHaveProperty('about/');
    }
    expect((await run({ remove: true })).error).toBeUndefined();
    expect(stored()).toMatchObject({ about: 'copy', 'about/': 'redirect' });
  });

  it('puts none over a file that an earlier upload put there', async () => {
    write({ about: 'a file', 'index.html': 'x' });
    await run();
    take('about');
    write({ 'about.html': 'About' });
    const { plan } = await run();
    expect(body('www/about')).toBe('a file');
    expect(asked('HEAD')).toEqual([]);
    expect(plan?.notes).toEqual(['/about is a file of its own, so /about.html is only at its own address']);
  });

  it('puts none over a file of the deploy in /public/, even with --delete', async () => {
    write({ 'public/help.html': 'Help' });
    store('www/public/help');
    expect((await run({ remove: true })).error).toBeUndefined();
    expect(body('www/public/help')).toBe('theirs');
  });

  it('deletes an address that its file must not have any more, without --delete', async () => {
    write({ 'about.html': 'About' });
    await run({ openPaths: ['/about.html'] });
    expect(stored()).toEqual({ 'about.html': 'file', about: 'copy', 'about/': 'redirect' });
    const { deletedAddresses, invalidated, plan } = await run({ openPaths: ['/about'] });
    expect(stored()).toEqual({ 'about.html': 'file' });
    expect([deletedAddresses, invalidated]).toEqual([2, ['/about', '/about/']]);
    expect(plan?.notes).toEqual([expect.stringMatching(/^nothing is at \/about: \/about opens it to everyone/)]);
  });

  it('deletes no address on the word of the manifest alone', async () => {
    write({ 'about.html': 'About' });
    await run();
    const entry = bucket.objects.get('www/about');
    const { 'x-amz-meta-s3nator-address': _, ...headers } = entry?.headers ?? {};
    bucket.objects.set('www/about', { body: entry?.body ?? Buffer.of(), headers });
    await run({ openPaths: ['/about'] });
    expect(asked('HEAD')).toContain('HEAD www/about');
    expect(body('www/about')).toBe('About');
  });

  it('gives a page of the open folder its policy in the copy, too', async () => {
    write({ 'public/in.html': '{{content-security-policy}}' });
    await run();
    expect(body('www/public/in')).toMatch(/^default-src/);
    expect(body('www/public/in')).toBe(body('www/public/in.html'));
  });

  it('finishes the addresses that an interrupted upload left', async () => {
    write(guide);
    const stop = new AbortController();
    bucket.before = (line) => {
      if (line.startsWith('PUT www/guide')) stop.abort();
    };
    expect((await run({ signal: stop.signal })).error?.name).toBe('AbortError');
    bucket.before = () => {};
    expect((await run()).error).toBeUndefined();
    expect(stored()).toEqual(guideAddresses);
    expect((await run()).addresses).toBe(0);
  });
});
