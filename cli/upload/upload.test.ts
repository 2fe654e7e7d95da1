import { createHash } from 'node:crypto';
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { S3ClientConfig } from '@aws-sdk/client-s3';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { validConfig } from '../../stacks/testing/synthesized-site.ts';
import { type StubBucket, startStubBucket } from '../testing/stub-bucket.ts';
import { listFiles } from './local-files.ts';
import { newReport, type UploadOptions, upload } from './upload.ts';

/** With what each client of S3 is made. */
const clients: S3ClientConfig[] = [];
vi.mock('@aws-sdk/client-s3', async (original) => {
  const sdk = await original<typeof import('@aws-sdk/client-s3')>();
  class S3Client extends sdk.S3Client {
    constructor(config: S3ClientConfig) {
      super(config);
      clients.push(config);
    }
  }
  return { ...sdk, S3Client };
});

const deployed = new Set(['/public/login.html', '/public/not-found.html', '/public/secure-login.js']);
const note = 'upload/pending-invalidation.json';
const manifest = 'upload/manifest.jsonl.gz';

let folder: string;
let bucket: StubBucket;

const write = (files: Readonly<Record<string, string | Buffer>>): void => {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
};

/** Somebody else writes an object again, with the same content, and later than any upload before. */
const rewrite = (key: string, headers: Readonly<Record<string, string>>): void => {
  bucket.objects.set(key, {
    body: bucket.objects.get(key)?.body ?? Buffer.of(),
    headers,
    modified: new Date(Date.now() + 1000),
  });
};

/** What the deploy has put there. */
const store = (key: string): void => {
  bucket.objects.set(key, { body: Buffer.from('theirs'), headers: { 'content-type': 'text/html' } });
};

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 's3nator-upload-'));
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

type Changes = Partial<UploadOptions> & { readonly indexRewriting?: boolean };

async function run({ indexRewriting = false, ...changes }: Changes = {}) {
  bucket.journal.length = 0;
  const site = validConfig({ content: null, indexRewriting }).sites['docs'];
  if (site === undefined) throw new Error('no site');
  const report = newReport();
  const options: UploadOptions = {
    target: { contentBucket: 'docs-prod-site-1', distributionId: 'E1', region: 'eu-west-1' },
    site,
    files: listFiles(folder, tmpdir(), site, deployed),
    deployed,
    remove: false,
    dryRun: false,
    signal: new AbortController().signal,
    ...changes,
  };
  const outcome = await upload(options, report).then(
    () => undefined,
    (error: Error) => error,
  );
  return { ...report, error: outcome };
}

/** Whether an upload put this object onto the site. */
const isOwn = ([key]: readonly [string, unknown]): boolean => key.startsWith('www/') && !deployed.has(key.slice(3));
const asked = (verb: string): string[] => bucket.journal.filter((line) => line.startsWith(`${verb} `));
const puts = (): string[] => asked('PUT').filter((line) => !line.includes('upload/'));
const site = { 'index.html': '<h1>Home</h1>', 'docs/index.html': 'Docs', 'a.css': 'body{}', 'empty.txt': '' };

describe('upload', () => {
  it('puts every file under www with its type, its caching and its checksum', async () => {
    write(site);
    const { error, added, replaced, bytes, invalidated } = await run();
    const sizes = [...bucket.objects].filter(isOwn).map(([, object]) => object.body.length);
    const all = sizes.reduce((sum, size) => sum + size, 0);
    expect([error, added, replaced, bytes, invalidated]).toEqual([undefined, 4, 0, all, []]);
    const { headers, body } = bucket.objects.get('www/index.html') ?? { headers: {}, body: '' };
    expect(headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-cache',
      'x-amz-meta-s3nator-sha256': createHash('sha256').update(body).digest('hex'),
    });
    expect(bucket.objects.get('www/empty.txt')?.body).toHaveLength(0);
    expect(bucket.objects.has(note)).toBe(false);
  });

  it('sends 32 files at once, and no more', async () => {
    write(Object.fromEntries(Array.from({ length: 96 }, (_, n) => [`${n}.txt`, `${n}`])));
    const held: (() => void)[] = [];
    let most = 0;
    bucket.before = async (line) => {
      if (!line.startsWith('PUT www/')) return;
      const released = new Promise<void>((done) => held.push(done));
      most = Math.max(most, held.length);
      if (held.length === 32) {
        // Time for one more to come, if there were any.
        for (let turn = 0; turn < 50; turn += 1) await new Promise(setImmediate);
        for (const release of held.splice(0)) release();
      }
      await released;
    };
    expect([(await run()).added, most]).toEqual([96, 32]);
  });

  it('has nothing to put, to write down or to invalidate the second time', async () => {
    write(site);
    await run();
    const { plan } = await run();
    expect(plan?.unchanged).toBe(4);
    expect(asked('PUT')).toEqual([]);
    expect(asked('INVALIDATE')).toEqual([]);
  });

  it('puts the one file that changed, and invalidates it alone', async () => {
    write(site);
    await run();
    write({ 'a.css': 'html{}' });
    const { replaced, added, invalidated } = await run();
    expect([replaced, added, invalidated]).toEqual([1, 0, ['/a.css']]);
    expect(puts()).toEqual(['PUT www/a.css']);
    expect(asked('INVALIDATE')).toEqual(['INVALIDATE /a.css']);
    expect(bucket.objects.has(note)).toBe(false);
  });

  it('puts a new file without any invalidation', async () => {
    write(site);
    await run();
    write({ 'b.css': 'x' });
    expect((await run()).added).toBe(1);
    expect(asked('INVALIDATE')).toEqual([]);
  });

  it('puts a compressed part of a page with its encoding, once', async () => {
    write({ 'index.html': 'x', 'app.js.gz': gzipSync('x') });
    await run();
    expect(bucket.objects.get('www/app.js.gz')?.headers).toMatchObject({
      'content-type': 'text/javascript; charset=utf-8',
      'content-encoding': 'gzip',
    });
    expect(bucket.objects.get('www/index.html')?.headers).not.toHaveProperty('content-encoding');
    expect((await run()).plan?.unchanged).toBe(2);
  });

  it('asks S3 only about objects that are as large as the file', async () => {
    write(site);
    for (const key of ['www/a.css', 'www/empty.txt']) store(key);
    expect((await run()).replaced).toBe(2);
    // As large as `theirs`.
    expect(asked('HEAD').filter((line) => !line.includes('index'))).toEqual(['HEAD www/a.css']);
  });

  it('counts another type, another encoding or another caching as a change', async () => {
    write(site);
    await run();
    const headers = bucket.objects.get('www/a.css')?.headers as Record<string, string>;
    for (const changed of [
      { 'content-type': 'text/plain' },
      { 'content-encoding': 'gzip' },
      { 'cache-control': 'max-age=60' },
    ]) {
      rewrite('www/a.css', { ...headers, ...changed });
      expect((await run()).invalidated).toEqual(['/a.css']);
    }
  });

  it('puts anew what somebody else has put there, even of the same size', async () => {
    write(site);
    store('www/a.css');
    expect((await run()).replaced).toBe(1);
    expect(bucket.objects.get('www/a.css')?.body.toString()).toBe('body{}');
  });

  it('takes any name that a file can have', async () => {
    const names = ['a b.txt', '50%25.txt', 'what?.html', 'c#.html', "ü+'&<漢>.txt", 'x*', '~[1]{2}|.txt'];
    write(Object.fromEntries(names.map((name) => [name, name])));
    await run();
    expect([...bucket.objects.keys()]).toEqual(expect.arrayContaining(names.map((name) => `www/${name}`)));
    expect((await run()).plan?.puts).toEqual([]);
    rmSync(join(folder, "ü+'&<漢>.txt"));
    expect((await run({ remove: true })).plan?.deletions).toEqual(["/ü+'&<漢>.txt"]);
    expect(bucket.objects.has("www/ü+'&<漢>.txt")).toBe(false);
  });

  it('puts what pages need before the pages, and takes away what old pages needed last', async () => {
    write({ ...site, 'old.css': 'x' });
    await run();
    rmSync(join(folder, 'old.css'));
    write({ 'index.html': 'new', 'z.js': 'new', 'docs/index.html': 'new' });
    await run({ remove: true });
    const order = [...puts(), ...asked('DELETE')].toSorted(
      (a, b) => bucket.journal.indexOf(a) - bucket.journal.indexOf(b),
    );
    expect(order[0]).toBe('PUT www/z.js');
    expect(order.slice(1, 4).toSorted()).toEqual(
      ['docs/', 'docs/index.html', 'index.html'].map((key) => `PUT www/${key}`),
    );
    expect(order[4]).toBe('DELETE www/old.css');
    expect(bucket.journal.findIndex((line) => line.startsWith('INVALIDATE'))).toBeGreaterThan(
      bucket.journal.indexOf('DELETE www/old.css'),
    );
  });

  it('puts an XHTML page after what it needs, too', async () => {
    write({ 'a.xhtml': 'page', 'z.js': 'part' });
    await run();
    expect(puts()).toEqual(['PUT www/z.js', 'PUT www/a.xhtml']);
  });

  it('leaves alone what it does not bring, unless it is told to take it away', async () => {
    write(site);
    store('www/old.html');
    await run();
    expect(asked('DELETE')).toEqual([]);
    const { deleted, invalidated } = await run({ remove: true });
    expect([deleted, invalidated]).toEqual([1, ['/old.html']]);
    expect(bucket.objects.has('www/old.html')).toBe(false);
  });

  it('takes away nothing in /public/ that no upload has brought', async () => {
    write({ ...site, 'public/mine.css': 'x' });
    store('www/public/of-an-older-version.css');
    store('keys-of-nobody');
    await run();
    rmSync(join(folder, 'public/mine.css'));
    expect((await run({ remove: true })).plan?.deletions).toEqual(['/public/mine.css']);
    for (const path of deployed) expect(bucket.objects.has(`www${path}`)).toBe(true);
    expect(bucket.objects.has('www/public/of-an-older-version.css')).toBe(true);
    expect(bucket.objects.has('keys-of-nobody')).toBe(true);
  });

  it('fills the policy into an open page that asks for it', async () => {
    write({ ...site, 'public/in.html': '{{content-security-policy}}' });
    await run();
    expect(bucket.objects.get('www/public/in.html')?.body.toString()).toMatch(/^default-src/);
    expect((await run()).plan?.puts).toEqual([]);
  });

  it('invalidates a folder, too, where the site answers it with its page', async () => {
    write(site);
    await run();
    write({ 'docs/index.html': 'new' });
    expect((await run({ indexRewriting: true })).invalidated).toEqual(['/docs/', '/docs/index.html']);
  });

  it('writes nothing in a dry run, and says what it would', async () => {
    write(site);
    store('www/a.css');
    store('www/old.html');
    const report = await run({ dryRun: true, remove: true });
    expect(report).toMatchObject({ added: 3, replaced: 1, deleted: 1, invalidated: ['/a.css', '/old.html'] });
    expect(bucket.journal.filter((line) => !/^(LIST|HEAD|GET) /.test(`${line} `))).toEqual([]);
  });

  it('counts in a dry run the other addresses that it would delete', async () => {
    write({ ...site, 'about.html': 'About' });
    await run();
    rmSync(join(folder, 'about.html'));
    expect(await run({ dryRun: true, remove: true })).toMatchObject({ deleted: 1, deletedAddresses: 2 });
    expect(bucket.objects.has('www/about')).toBe(true);
  });
});

describe('the manifest', () => {
  const requests = (): string[] => bucket.journal.filter((line) => line !== 'LIST');
  const heads = ['a.css', 'docs', 'docs/', 'docs/index', 'docs/index.html', 'empty.txt', 'index', 'index.html'];

  it('saves the requests for files: a second upload asks for none', async () => {
    write(site);
    await run();
    const { plan } = await run({ remove: true });
    expect(plan?.unchanged).toBe(4);
    expect(requests()).toEqual([`GET ${manifest}`, `GET ${note}`]);
  });

  it('is written once for an upload, and leaves no old version behind', async () => {
    write(site);
    await run();
    write({ 'a.css': 'new', 'b.css': 'new' });
    await run();
    expect(asked('PUT').filter((line) => line.endsWith(manifest))).toHaveLength(1);
    expect(asked('DELETE')).toContain(`DELETE ${manifest}`);
    expect(bucket.objects.get(manifest)?.headers['content-type']).toBe('application/gzip');
    await run();
    expect(requests()).toEqual([`GET ${manifest}`, `GET ${note}`]);
  });

  it('has no earlier version to delete in a bucket without versions, which calls its only one null', async () => {
    write(site);
    await run();
    const stored = bucket.objects.get(manifest);
    if (stored !== undefined) bucket.objects.set(manifest, { ...stored, version: 'null' });
    write({ 'b.css': 'new' });
    expect((await run()).error).toBeUndefined();
    expect(asked('DELETE')).toEqual([]);
  });

  it('keeps its earlier version until the new one is stored', async () => {
    write(site);
    await run();
    write({ 'b.css': 'new' });
    bucket.faults.set(`PUT ${manifest}`, { status: 403, code: 'AccessDenied' });
    await run();
    expect(asked('DELETE')).toEqual([]);
    expect(bucket.objects.has(manifest)).toBe(true);
  });

  it.each<[string, (stored: Buffer) => Buffer | undefined]>([
    ['lost', () => undefined],
    ['empty', () => Buffer.of()],
    ['not compressed', () => Buffer.from('{"format":1}\n')],
    ['of another format', () => gzipSync('{"format":2}\n')],
    ['not in lines', () => gzipSync('{"format":1}\nx\n')],
    ['of other fields', () => gzipSync('{"format":1}\n{"path":"/a.css","etag":7}\n')],
    ['cut off', (stored) => stored.subarray(0, 40)],
  ])('costs a request for each file when it is %s, and then works again', async (_, broken) => {
    write(site);
    await run();
    const body = broken(bucket.objects.get(manifest)?.body ?? Buffer.of());
    if (body === undefined) bucket.objects.delete(manifest);
    else bucket.objects.set(manifest, { body, headers: {} });
    const { plan, error } = await run();
    expect([error, plan?.unchanged]).toEqual([undefined, 4]);
    expect(asked('HEAD').toSorted()).toEqual(heads.map((key) => `HEAD www/${key}`));
    expect(asked('PUT')).toEqual([`PUT ${manifest}`]);
    await run();
    expect(asked('HEAD')).toEqual([]);
  });

  it('counts for no object that changed since: of two uploads at once, the last one may write it', async () => {
    write(site);
    await run();
    const mine = bucket.objects.get(manifest);
    write({ 'a.css': 'html{}' });
    await run();
    if (mine !== undefined) bucket.objects.set(manifest, mine);
    const { plan } = await run();
    expect(plan?.unchanged).toBe(4);
    expect(asked('HEAD')).toEqual(['HEAD www/a.css']);
  });

  it('does not hide that somebody else wrote the same content with other headers', async () => {
    write(site);
    await run();
    rewrite('www/a.css', { 'content-type': 'text/css; charset=utf-8', 'cache-control': 'no-cache' });
    expect((await run()).replaced).toBe(1);
    expect(bucket.objects.get('www/a.css')?.headers['x-amz-meta-s3nator-sha256']).toBeDefined();
  });

  it('is no reason to delete in /public/: S3 itself must say that an upload put it there', async () => {
    write({ ...site, 'public/mine.css': 'x' });
    await run();
    rewrite('www/public/mine.css', { 'content-type': 'text/css' });
    rmSync(join(folder, 'public/mine.css'));
    expect((await run({ remove: true })).plan?.deletions).toEqual([]);
    expect(asked('HEAD')).toEqual(['HEAD www/public/mine.css']);
  });

  it('is written by an upload that fails, too', async () => {
    write(site);
    bucket.faults.set('PUT www/index.html', { status: 403, code: 'AccessDenied' });
    const { added } = await run();
    expect(asked('PUT')).toContain(`PUT ${manifest}`);
    bucket.faults.clear();
    expect((await run()).plan?.unchanged).toBe(added);
    expect(asked('HEAD')).toEqual([]);
  });

  it.each(['PUT', 'DELETE'])(
    'does not keep an upload that failed from ending, even if S3 never answers a %s',
    async (verb) => {
      write(site);
      await run();
      write({ 'a.css': 'new', 'index.html': 'new' });
      bucket.faults.set('PUT www/index.html', { status: 403, code: 'AccessDenied' });
      const stop = new AbortController();
      const timeout = vi.spyOn(AbortSignal, 'timeout').mockReturnValue(stop.signal);
      bucket.before = (line) => {
        if (line !== `${verb} ${manifest}`) return;
        stop.abort();
        return new Promise(() => {});
      };
      expect((await run()).error?.message).toMatch(/not allowed to s3:PutObject/);
      expect(timeout.mock.calls).toEqual([[3000]]);
    },
  );

  it('does not hide the reason why an upload failed', async () => {
    write(site);
    bucket.faults.set('PUT', { status: 403, code: 'AccessDenied' });
    expect((await run()).error?.message).toMatch(/not allowed to s3:PutObject on bucket docs-prod-site-1, www\//);
  });

  it.each([
    ['GET', 's3:GetObject'],
    ['PUT', 's3:PutObject'],
    ['DELETE', 's3:DeleteObjectVersion'],
  ])('that S3 refuses to %s is an error that names the permission', async (verb, permission) => {
    write(site);
    await run();
    write({ 'a.css': 'new' });
    bucket.faults.set(`${verb} ${manifest}`, { status: 403, code: 'AccessDenied' });
    expect((await run()).error?.message).toContain(
      `not allowed to ${permission} on bucket docs-prod-site-1, ${manifest}`,
    );
    expect(bucket.objects.get('www/a.css')?.body.toString()).toBe(verb === 'GET' ? 'body{}' : 'new');
  });
});

describe('the pages that everybody needs', () => {
  const own = (login: string) => validConfig({ content: null, pages: { login } }).sites['docs'];
  const uploadFor = (login: string, changes: Changes = {}) => {
    const ownSite = own(login);
    return run({ ...(ownSite !== undefined && { site: ownSite }), ...changes });
  };
  const good = '<script type="module" src="/public/secure-login.js"></script><secure-login></secure-login>';
  const written = (): string[] => [...asked('PUT'), ...asked('DELETE'), ...asked('INVALIDATE')];

  it('must be in DIR or on the site: nothing is written for a config with a typing mistake', async () => {
    write({ ...site, 'public/anmelden.html': good });
    const { error } = await uploadFor('/public/anmeldn.html', { remove: true });
    expect(error?.message).toMatch(/^pages\.login: neither DIR nor the site has \/public\/anmeldn\.html.* Fix: /);
    expect(written()).toEqual([]);
    expect((await uploadFor('/public/anmelden.html')).error).toBeUndefined();
  });

  it('must let people sign in: a login page without the element is not put over a good one', async () => {
    write({ ...site, 'public/in.html': good });
    expect((await uploadFor('/public/in.html')).error).toBeUndefined();
    for (const bad of ['<h1>Welcome</h1>', good.replace('secure-login.js', 'secure-logn.js')]) {
      write({ 'public/in.html': bad });
      const { error } = await uploadFor('/public/in.html');
      expect(error?.message).toMatch(/^pages\.login: \S+in\.html (has no|loads) .*; without it nobody can sign in$/);
      expect(written()).toEqual([]);
    }
    expect(bucket.objects.get('www/public/in.html')?.body.toString()).toBe(good);
  });

  it('name a login page that is gone before it is checked', async () => {
    write({ ...site, 'public/in.html': good });
    await uploadFor('/public/in.html');
    const files = listFiles(folder, tmpdir(), own('/public/in.html') as NonNullable<UploadOptions['site']>, deployed);
    const gone = join(folder, 'public/in.html');
    // After it was compared: the page is as large as the stored one, so S3 is asked about it.
    bucket.objects.delete(manifest);
    bucket.before = (line) => {
      if (line === 'HEAD www/public/in.html') rmSync(gone);
    };
    const { error } = await uploadFor('/public/in.html', { files });
    expect(error?.message).toMatch(new RegExp(`^DIR: ${gone} was there a moment ago and is gone\\. Fix`));
    expect(written()).toEqual([]);
  });

  it('are two: the page for 404 must be there as well, and stays', async () => {
    write({ ...site, 'public/in.html': good, 'public/no.html': 'No' });
    const ownSite = validConfig({ content: null, pages: { login: '/public/in.html', notFound: '/public/no.html' } });
    const ofDocs = { site: ownSite.sites['docs'] as NonNullable<UploadOptions['site']> };
    expect((await run(ofDocs)).error).toBeUndefined();
    rmSync(join(folder, 'public/no.html'));
    expect((await run({ ...ofDocs, remove: true })).plan?.deletions).toEqual([]);
    bucket.objects.delete('www/public/no.html');
    expect((await run(ofDocs)).error?.message).toMatch(
      /^pages\.notFound: neither DIR nor the site has \/public\/no\.html.* Fix: /,
    );
    expect(written()).toEqual([]);
  });

  it('include the fallback page, and the pages that it hides are named', async () => {
    const fallback = { page: '/app.html', except: ['/docs/*'] };
    const { site: one } = { site: validConfig({ content: null, openPaths: ['/news'], fallback }).sites['docs'] };
    const ofDocs = { site: one as NonNullable<UploadOptions['site']> };
    write({ ...site, 'about.html': 'x', 'news.html': 'x', tool: 'x' });
    expect((await run(ofDocs)).error?.message).toMatch(/^fallback: neither DIR nor the site has \/app\.html.* Fix: /);
    expect(written()).toEqual([]);
    write({ 'app.html': 'x' });
    expect((await run(ofDocs)).plan?.notes).toContainEqual(
      '/app.html (fallback) hides what is at /tool, /about. ' +
        'Fix: name the addresses, or their folders, in fallback.except, and deploy',
    );
  });

  it('are not taken away with what DIR no longer has', async () => {
    write({ ...site, 'public/in.html': good });
    await uploadFor('/public/in.html');
    rmSync(join(folder, 'public/in.html'));
    expect((await uploadFor('/public/in.html', { remove: true })).plan?.deletions).toEqual([]);
    expect(bucket.objects.has('www/public/in.html')).toBe(true);
  });
});

describe('an upload that stops', () => {
  it('drops what is being sent, says how far it came, and goes on the next time', async () => {
    write(Object.fromEntries(Array.from({ length: 60 }, (_, n) => [`${n}.txt`, `${n}`])));
    const stop = new AbortController();
    let count = 0;
    bucket.before = (line) => {
      if (line.startsWith('PUT') && ++count === 20) stop.abort();
    };
    const first = await run({ signal: stop.signal });
    expect(first.error?.name).toBe('AbortError');
    expect(first.added).toBeLessThan(20);
    expect(bucket.objects.size).toBeLessThan(60);
    bucket.before = () => {};
    const second = await run();
    expect(second.error).toBeUndefined();
    expect(second.added).toBeLessThanOrEqual(60 - first.added);
    expect([...bucket.objects.keys()].filter((key) => key.startsWith('www/'))).toHaveLength(60 + deployed.size);
    expect((await run()).plan?.puts).toEqual([]);
  });

  it('invalidates the next time what was replaced before it stopped', async () => {
    write(site);
    await run();
    write({ 'a.css': 'new', 'index.html': 'new' });
    bucket.faults.set('PUT www/index.html', { status: 403, code: 'AccessDenied' });
    const first = await run();
    expect(first).toMatchObject({ replaced: 1, invalidated: [] });
    expect(first.error?.message).toMatch(/not allowed to s3:PutObject on bucket docs-prod-site-1, www\/index.html/);
    expect(bucket.objects.has(note)).toBe(true);
    bucket.faults.clear();
    expect(await run()).toMatchObject({ error: undefined, replaced: 1, invalidated: ['/a.css', '/index.html'] });
    // A version each: its own note, and the one that it found.
    expect(asked('DELETE').filter((line) => line !== `DELETE ${manifest}`)).toEqual([
      `DELETE ${note}`,
      `DELETE ${note}`,
    ]);
    expect(bucket.objects.has(note)).toBe(false);
    expect((await run()).invalidated).toEqual([]);
  });

  it('and stops again keeps both notes: the third run invalidates what each of them replaced', async () => {
    write(site);
    await run();
    for (const name of ['a.css', 'empty.txt']) {
      write({ [name]: 'new' });
      bucket.faults.set('INVALIDATE', { status: 400, code: 'TooManyInvalidationsInProgress' });
      expect((await run()).invalidated).toEqual([]);
    }
    bucket.faults.clear();
    expect(await run()).toMatchObject({ error: undefined, replaced: 0, invalidated: ['/a.css', '/empty.txt'] });
    expect(bucket.objects.has(note)).toBe(false);
  });

  it.each([
    ['GET', 's3:GetObject'],
    ['PUT', 's3:PutObject'],
    ['DELETE', 's3:DeleteObjectVersion'],
  ])(
    'names the permission if S3 refuses to %s the note, and invalidates nothing too early',
    async (verb, permission) => {
      write(site);
      await run();
      write({ 'a.css': 'new' });
      bucket.faults.set(`${verb} ${note}`, { status: 403, code: 'AccessDenied' });
      const { error } = await run();
      expect(error?.message).toContain(`not allowed to ${permission} on bucket docs-prod-site-1, ${note}. Fix`);
      expect(asked('INVALIDATE')).toEqual(verb === 'DELETE' ? ['INVALIDATE /a.css'] : []);
      // Nothing is replaced without a note of it.
      expect(bucket.objects.get('www/a.css')?.body.toString()).toBe(verb === 'DELETE' ? 'new' : 'body{}');
      bucket.faults.clear();
      expect((await run()).invalidated).toEqual(['/a.css']);
    },
  );

  it('keeps the note when CloudFront has too much to do, and says what to do', async () => {
    write(site);
    await run();
    write({ 'a.css': 'new' });
    bucket.faults.set('INVALIDATE', { status: 400, code: 'TooManyInvalidationsInProgress' });
    expect((await run()).error?.message).toMatch(/too many invalidations.*uploaded\. Fix: run the same command again/);
    bucket.faults.clear();
    expect((await run()).invalidated).toEqual(['/a.css']);
  });

  it("of webpack's runtime~main.js does not block later uploads", async () => {
    const runtime = 'static/js/runtime~main.3f9a1c2e.js';
    write({ ...site, [runtime]: 'old' });
    await run();
    write({ [runtime]: 'new' });
    expect(await run()).toMatchObject({ error: undefined, replaced: 1, invalidated: ['/static/js/runtime*'] });
    expect(bucket.objects.has(note)).toBe(false);
  });

  it('with such a name in the note of an older version is finished', async () => {
    write(site);
    const paths = ['/static/js/runtime~main.js', '/b.css'];
    bucket.objects.set(note, { body: Buffer.from(JSON.stringify({ version: 1, paths })), headers: {} });
    expect(await run()).toMatchObject({ error: undefined, invalidated: ['/b.css', '/static/js/runtime*'] });
    expect(bucket.objects.has(note)).toBe(false);
  });

  it('invalidates everything, once, if CloudFront refuses a path for a reason that nobody knows', async () => {
    write(site);
    await run();
    write({ 'a.css': 'new' });
    bucket.faults.set('INVALIDATE /a.css', { status: 400, code: 'InvalidArgument' });
    expect(await run()).toMatchObject({ error: undefined, invalidated: ['/*'] });
    expect(asked('INVALIDATE')).toEqual(['INVALIDATE /a.css', 'INVALIDATE /*']);
    expect(bucket.objects.has(note)).toBe(false);
    bucket.faults.set('INVALIDATE', { status: 400, code: 'InvalidArgument' });
    write({ 'a.css': 'newer' });
    expect((await run()).error?.message).toMatch(/InvalidArgument/);
    expect(asked('INVALIDATE')).toEqual(['INVALIDATE /a.css', 'INVALIDATE /*']);
    expect(bucket.objects.has(note)).toBe(true);
  });

  it.each(['{"paths":7}', '{"paths":["x"]}', '{"paths":["/a",7]}', '[]', '{', ''])(
    'invalidates everything when the note cannot be read: %s',
    async (text) => {
      write(site);
      bucket.objects.set(note, { body: Buffer.from(text), headers: {} });
      expect((await run()).invalidated).toEqual(['/*']);
    },
  );

  it('tries again when S3 asks to slow down, small files and large ones', async () => {
    write({ 'small.txt': 'x', 'large.bin': Buffer.alloc(5_000_000, 7) });
    bucket.faults.set('PUT www/small.txt', { status: 503, code: 'SlowDown', times: 2 });
    bucket.faults.set('PUT www/large.bin', { status: 503, code: 'SlowDown', times: 2 });
    const warn = vi.spyOn(console, 'warn').mockReturnValue();
    expect((await run()).error).toBeUndefined();
    expect(bucket.objects.get('www/large.bin')?.body).toHaveLength(5_000_000);
    expect(warn).not.toHaveBeenCalled();
  });

  it('gives up after six tries', async () => {
    // The pauses of the SDK are up to so much of their length.
    vi.spyOn(Math, 'random').mockReturnValue(0);
    write(site);
    bucket.faults.set('PUT www/a.css', { status: 503, code: 'SlowDown' });
    expect((await run()).error?.message).toMatch(/^AWS asks to slow down .* Fix: run the same command again/);
    expect(asked('PUT').filter((line) => line === 'PUT www/a.css')).toHaveLength(6);
  });

  it('waits ten seconds for a connection, and a minute on one that is silent', async () => {
    write(site);
    await run();
    const requestHandler = { connectionTimeout: 10_000, socketTimeout: 60_000 };
    expect(clients.at(-1)).toMatchObject({ maxAttempts: 6, requestHandler });
  });

  it.each([
    ['a small file', 'small.txt', 'xx'],
    ['a large file', 'large.bin', Buffer.alloc(5_000_000, 8)],
    ['a large file that shrinks', 'large.bin', Buffer.alloc(4_500_000, 7)],
  ])('refuses %s that changes while it is uploaded', async (_, name, content) => {
    write({ 'small.txt': 'x', 'large.bin': Buffer.alloc(5_000_000, 7) });
    bucket.before = (line) => {
      if (line === `GET ${note}`) write({ [name]: content });
    };
    const { error } = await run();
    expect(error?.message).toMatch(/changed during the upload\. Fix: let the build finish/);
    expect(error?.message).toContain(join(folder, name));
    expect(bucket.objects.has(`www/${name}`)).toBe(false);
  });

  it.each<[string, string, (file: string) => void]>([
    ['a small file is deleted', 'small.txt', (file) => rmSync(file)],
    ['a small file grows', 'small.txt', (file) => appendFileSync(file, 'more')],
    ['a small file shrinks', 'small.txt', (file) => truncateSync(file, 1)],
    ['a large file is deleted', 'large.bin', (file) => rmSync(file)],
    ['a large file grows', 'large.bin', (file) => appendFileSync(file, 'more')],
    ['a large file shrinks', 'large.bin', (file) => truncateSync(file, 4_500_000)],
  ])('because %s keeps the old object, and the next run repairs everything', async (_, name, change) => {
    const versions = (letter: string) => ({
      'index.html': letter,
      'small.txt': letter.repeat(3),
      'large.bin': Buffer.alloc(5_000_000, letter),
    });
    write(versions('a'));
    await run();
    const before = bucket.objects.get(`www/${name}`)?.body;
    write(versions('b'));
    bucket.before = (line) => {
      if (line === `PUT ${note}`) change(join(folder, name));
    };
    const { error } = await run();
    expect(error?.message).toMatch(
      new RegExp(`^DIR: ${join(folder, name)} (changed during|was there a moment ago).* Fix: let the build finish`),
    );
    expect(bucket.objects.get(`www/${name}`)?.body).toBe(before);
    expect(asked('INVALIDATE')).toEqual([]);
    bucket.before = () => {};
    const { error: none, invalidated } = await run({ remove: true });
    expect([none, invalidated]).toEqual([undefined, ['/index.html', '/large.bin', '/small.txt']]);
    const { plan } = await run({ remove: true });
    expect([plan?.puts, plan?.deletions, asked('HEAD'), asked('INVALIDATE')]).toEqual([[], [], [], []]);
    expect(bucket.objects.has(note)).toBe(false);
  });

  it.each([
    ['small.txt', 'x'],
    ['large.bin', Buffer.alloc(5_000_000)],
  ])('names a file that is gone when it is compared: %s', async (name, content) => {
    write({ ...site, [name]: content });
    bucket.before = (line) => {
      if (line === 'LIST') rmSync(join(folder, name));
    };
    const { error } = await run();
    expect(error?.message).toBe(
      `DIR: ${join(folder, name)} was there a moment ago and is gone. ` +
        'Fix: let the build finish, then run the same command again',
    );
    expect(asked('PUT')).toEqual([]);
  });

  it.each([
    ['LIST', 403, 'AccessDenied', /not allowed to s3:ListBucket on bucket docs-prod-site-1\. Fix/],
    ['LIST', 403, 'InvalidAccessKeyId', /^AWS credentials: refused/],
    ['LIST', 400, 'ExpiredToken', /^AWS credentials: expired/],
    ['LIST', 301, 'PermanentRedirect', /^region: .* not in eu-west-1 but in us-east-2/],
    ['LIST', 404, 'NoSuchBucket', /does not exist \(NoSuchBucket\)\. Fix: npx cdktf deploy/],
    ['HEAD', 403, 'Forbidden', /not allowed to s3:GetObject on bucket docs-prod-site-1, www\//],
    ['DELETE', 403, 'AccessDenied', /not allowed to s3:DeleteObject/],
    ['INVALIDATE', 403, 'AccessDenied', /not allowed to cloudfront:CreateInvalidation on distribution E1/],
    ['INVALIDATE', 404, 'NoSuchDistribution', /distribution E1 does not exist/],
  ])('says what to do when %s is answered with %i %s', async (verb, status, code, message) => {
    write(site);
    await run();
    store('www/old.html');
    bucket.objects.delete(manifest);
    bucket.faults.set(verb, { status, code, headers: { 'x-amz-bucket-region': 'us-east-2' } });
    const { error } = await run({ remove: true });
    expect(error?.message).toMatch(message);
    expect(error?.constructor).toBe(Error);
  });

  it('says what to do without credentials', async () => {
    write(site);
    for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']) vi.stubEnv(name, undefined);
    vi.stubEnv('HOME', '/nonexistent');
    vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
    expect((await run()).error?.message).toMatch(/^AWS credentials: none found .* Fix: sign in/);
  });
});
