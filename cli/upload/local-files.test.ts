import { appendFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { policyPlaceholder } from '../../stacks/content/content-security-policy.ts';
import { validConfig } from '../../stacks/testing/synthesized-site.ts';
import { FileReader, listFiles } from './local-files.ts';

const site = validConfig({ content: null, pages: { login: '/public/in.html' } }).sites['docs'];
if (site === undefined) throw new Error('no site');
const deployed = new Set(['/public/login.html']);

let root: string;
let folder: string;

const write = (name: string, content: string | Buffer): void => {
  mkdirSync(dirname(join(folder, name)), { recursive: true });
  writeFileSync(join(folder, name), content);
};

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 's3nator-files-'));
  folder = join(root, 'site');
  mkdirSync(folder);
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

const list = (from = folder) => listFiles(from, root, site, deployed);

describe('listFiles', () => {
  it('lists each file with its type and caching, as the deploy would serve it', () => {
    write('public/in.html', 'x');
    write('app.3f9a1c2e.js', 'x');
    expect(list().map(({ path, contentType, cacheControl }) => [path, contentType, cacheControl])).toEqual([
      ['/app.3f9a1c2e.js', 'text/javascript; charset=utf-8', 'max-age=31536000, immutable'],
      ['/public/in.html', 'text/html; charset=utf-8', 'no-store'],
    ]);
  });

  it('leaves names with a dot behind, but .well-known', () => {
    write('.env', 'secret');
    write('.git/config', 'x');
    write('.well-known/security.txt', 'x');
    expect(list().map(({ path }) => path)).toEqual(['/.well-known/security.txt']);
  });

  it.each([
    ['a folder that is not there', 'nowhere', /^DIR: there is no folder .*nowhere\. Fix/],
    ['a file', 'site/a.txt', /^DIR: there is no folder .*a\.txt\. Fix/],
    ['a folder without files', 'site/empty', /^DIR: no file in .*empty\. Fix: build the site first/],
  ])('refuses %s', (_, name, message) => {
    write('a.txt', 'x');
    mkdirSync(join(folder, 'empty'));
    expect(() => list(join(root, name))).toThrow(message);
  });

  it('refuses a symbolic link that leads out of the folder', () => {
    write('a.txt', 'x');
    symlinkSync('/etc/passwd', join(folder, 'link'));
    expect(list).toThrow(/^DIR: .*link is a symbolic link that does not lead to a file or a folder inside .* Fix/);
  });

  it('says what it leaves out, what is open, and which names are alike', () => {
    for (const path of ['.a/x', 'public/in.html', 'b.html', 'B.html', 'c.html']) write(path, 'x');
    const notes: string[] = [];
    listFiles(folder, root, site, deployed, { onNote: (note) => notes.push(note) });
    expect(notes).toEqual([
      'DIR: left out 1 name that begins with a dot: /.a/',
      'DIR: everyone can open 1 file under /public/ without signing in: /public/in.html',
      'DIR: these names differ only in case, and macOS and Windows take them for one: /B.html and /b.html',
    ]);
  });

  it('says how far it is in a large folder', () => {
    for (let count = 0; count < 2_100; count++) write(`${count}`, 'x');
    const counts: number[] = [];
    listFiles(folder, root, site, deployed, { onCount: (count) => counts.push(count) });
    expect(counts).toEqual([1_000, 2_000]);
  });

  it('refuses files above 5 GiB by their size, and takes one of exactly 5 GiB', () => {
    write('a.mp4', 'x');
    truncateSync(join(folder, 'a.mp4'), 5 * 2 ** 30);
    expect(list()).toHaveLength(1);
    truncateSync(join(folder, 'a.mp4'), 5 * 2 ** 30 + 1);
    expect(list).toThrow(
      `DIR: ${join(folder, 'a.mp4')} is larger than 5 GiB, the most that S3 accepts in one upload. Fix: split it, as ` +
        "HLS and DASH do with videos; or set content: 'FOLDER', so that the deploy uploads it in parts",
    );
    write('b.mp4', 'x');
    truncateSync(join(folder, 'b.mp4'), 6 * 2 ** 30);
    expect(list).toThrow(`DIR: ${join(folder, 'a.mp4')}, ${join(folder, 'b.mp4')} are larger than 5 GiB`);
  });

  it('names a file that is gone after it was listed', () => {
    write('.left-out', 'x');
    write('LICENSE', 'x');
    const license = join(folder, 'LICENSE');
    const listing = () => listFiles(folder, root, site, deployed, { onNote: () => rmSync(license) });
    expect(listing).toThrow(`DIR: ${license} was there a moment ago and is gone. Fix: let the build finish, then run`);
  });

  it('refuses a file that the deploy uploads itself', () => {
    write('public/login.html', 'mine');
    expect(list).toThrow(/^DIR: the deploy itself uploads \/public\/login\.html\. Fix: remove that from .* set pages/);
  });
});

describe('FileReader', () => {
  const reader = new FileReader(site);
  const only = async () => {
    const [file] = list();
    if (file === undefined) throw new Error('no file');
    return reader.measure(file);
  };

  it('holds a small file, and reads a large one while it is sent', async () => {
    write('a', Buffer.alloc(4 * 2 ** 20));
    expect(await reader.body(await only())).toBeInstanceOf(Buffer);
    write('a', Buffer.alloc(4 * 2 ** 20 + 1));
    expect(await reader.body(await only())).toBeInstanceOf(Readable);
  });

  it('refuses a file that grows above 5 GiB after it was listed, without reading it', async () => {
    write('a', 'x');
    const [file] = list();
    truncateSync(join(folder, 'a'), 5 * 2 ** 30 + 1);
    await expect(file && reader.measure(file)).rejects.toThrow(/^DIR: .*\/a is larger than 5 GiB/);
  });

  it('fills the policy into a large open page, too', async () => {
    write('public/in.html', policyPlaceholder.padEnd(5_000_000));
    const file = await only();
    expect(file.size).toBeGreaterThan(5_000_000);
    expect(String(await reader.body(file))).toMatch(/^default-src/);
  });

  it.each<[string, (file: string) => void, number, string]>([
    ['grows', (file) => appendFileSync(file, 'x'), 5_000_000, 'changed during the upload. Fix: let the build finish'],
    ['shrinks', (file) => truncateSync(file, 4_500_000), 5_000_000, 'changed during the upload. Fix: let the build'],
    ['is deleted', (file) => rmSync(file), 5_000_000, 'was there a moment ago and is gone. Fix: let the build finish'],
  ])('does not send all of a large file that %s while it is sent', async (_, change, size, problem) => {
    write('a', Buffer.alloc(size, 1));
    const body = (await reader.body(await only())) as Readable;
    let sent = 0;
    const send = async (): Promise<void> => {
      for await (const piece of body) {
        if (sent === 0) change(join(folder, 'a'));
        sent += (piece as Buffer).length;
      }
    };
    await expect(send()).rejects.toThrow(`DIR: ${join(folder, 'a')} ${problem}`);
    expect(sent).toBeGreaterThan(0);
    expect(sent).toBeLessThan(size);
  });

  it('names a large file that is gone before it is sent', async () => {
    write('a', Buffer.alloc(5_000_000));
    const body = (await reader.body(await only())) as Readable;
    rmSync(join(folder, 'a'));
    await expect(body.toArray()).rejects.toThrow(`DIR: ${join(folder, 'a')} was there a moment ago and is gone. Fix`);
  });
});
