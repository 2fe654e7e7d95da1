import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
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

  it('sends no more of a large file than it has measured', async () => {
    write('a', Buffer.alloc(5_000_000, 1));
    const file = await only();
    write('a', Buffer.alloc(6_000_000, 1));
    const pieces = await ((await reader.body(file)) as Readable).toArray();
    expect(Buffer.concat(pieces)).toHaveLength(5_000_000);
  });
});
