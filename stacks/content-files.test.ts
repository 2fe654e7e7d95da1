import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cacheControl, contentType, fileHash, listContent } from './content-files.ts';

let root: string;
let folder: string;

function write(path: string, text = 'x'): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 's3nator-content-'));
  folder = join(root, 'www');
  mkdirSync(folder);
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

const paths = (): string[] => listContent(folder).map(({ path }) => path);

describe('listContent', () => {
  it('lists every file under its path on the site, sorted', () => {
    write('index.html');
    write('docs/guide.html');
    write('docs/a b ü.txt');
    expect(paths()).toEqual(['/docs/a b ü.txt', '/docs/guide.html', '/index.html']);
  });

  it('leaves names with a leading dot behind, .well-known excepted', () => {
    write('.env');
    write('.git/config');
    write('docs/.DS_Store');
    write('.well-known/security.txt');
    expect(paths()).toEqual(['/.well-known/security.txt']);
  });

  it('takes a symbolic link for the file it leads to inside of the folder', () => {
    write('real.txt');
    symlinkSync('real.txt', join(folder, 'link.txt'));
    expect(paths()).toEqual(['/link.txt', '/real.txt']);
  });

  it('refuses a symbolic link to a file outside of the folder', () => {
    writeFileSync(join(root, 'secret.txt'), 'x');
    symlinkSync('../secret.txt', join(folder, 'link.txt'));
    expect(paths).toThrow(/link\.txt is a symbolic link that does not lead to a file inside of/);
  });

  it('refuses a symbolic link to a sibling whose name begins like the folder', () => {
    mkdirSync(`${folder}-private`);
    writeFileSync(join(`${folder}-private`, 'secret.txt'), 'x');
    symlinkSync(join(`${folder}-private`, 'secret.txt'), join(folder, 'link.txt'));
    expect(paths).toThrow(/does not lead to a file inside of/);
  });

  it('refuses a symbolic link to a folder, which could go round for ever', () => {
    symlinkSync('.', join(folder, 'again'));
    expect(paths).toThrow(/again is a symbolic link/);
  });

  it('refuses a dangling symbolic link', () => {
    symlinkSync('gone', join(folder, 'link'));
    expect(paths).toThrow(/link is a symbolic link/);
  });

  it('says which folder is missing and what to do', () => {
    expect(() => listContent(join(root, 'nowhere'))).toThrow(
      `content: there is no folder ${join(root, 'nowhere')}. Mend: create it, or set content in s3nator.config.ts`,
    );
  });

  it('refuses a file in the place of the folder', () => {
    write('file');
    expect(() => listContent(join(folder, 'file'))).toThrow(/there is no folder/);
  });
});

describe('fileHash', () => {
  it('hashes a file of several pieces as a whole', () => {
    write('zeros', '\0'.repeat(3_000_000));
    // openssl dgst -md5 of 3,000,000 zero bytes.
    expect(fileHash(join(folder, 'zeros'))).toBe('c9fc2d3dd83ab67a129ac10b09c9ebbb');
  });

  it('hashes an empty file', () => {
    write('empty', '');
    expect(fileHash(join(folder, 'empty'))).toBe('d41d8cd98f00b204e9800998ecf8427e');
  });
});

describe('contentType', () => {
  it.each([
    ['/index.html', 'text/html; charset=utf-8'],
    ['/APP.JS', 'text/javascript'],
    ['/a.b/clip.m3u8', 'application/vnd.apple.mpegurl'],
    ['/LICENSE', 'application/octet-stream'],
    ['/x.unknown', 'application/octet-stream'],
  ])('%s is %s', (path, expected) => {
    expect(contentType(path)).toBe(expected);
  });
});

describe('cacheControl', () => {
  it.each(['/index.html', '/app.js', '/report-20240101.pdf', '/decade.css', '/facade-deadbeef.css'])(
    'asks again for %s each time, so that a deploy shows at once',
    (path) => {
      expect(cacheControl(path, false)).toBe('no-cache');
    },
  );

  it('lets only browsers keep a protected file whose name carries its hash', () => {
    expect(cacheControl('/assets/app.3f9a1c2e.js', false)).toBe('private, max-age=31536000, immutable');
  });

  it('lets every cache keep an open file whose name carries its hash', () => {
    expect(cacheControl('/public/app-3f9a1c2e77.js', true)).toBe('public, max-age=31536000, immutable');
  });
});
