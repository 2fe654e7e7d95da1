import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { visible } from '../../contract/visible-text.ts';
import { fileHash, listContent } from './content-files.ts';

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

  it('skips names with a leading dot, except .well-known', () => {
    write('.env');
    write('.git/config');
    write('docs/.DS_Store');
    write('.well-known/security.txt');
    expect(paths()).toEqual(['/.well-known/security.txt']);
  });

  it('treats a symbolic link as the file it leads to inside the folder', () => {
    write('real.txt');
    symlinkSync('real.txt', join(folder, 'link.txt'));
    expect(paths()).toEqual(['/link.txt', '/real.txt']);
  });

  it('skips what is not a file, folder or link: reading a pipe would wait forever', () => {
    write('index.html');
    execFileSync('mkfifo', [join(folder, 'pipe')]);
    expect(paths()).toEqual(['/index.html']);
  });

  it('refuses a symbolic link to a file outside the folder', () => {
    writeFileSync(join(root, 'secret.txt'), 'x');
    symlinkSync('../secret.txt', join(folder, 'link.txt'));
    expect(paths).toThrow(/link\.txt is a symbolic link that does not lead to a file inside/);
  });

  it('refuses a symbolic link to a sibling whose name starts like the folder', () => {
    mkdirSync(`${folder}-private`);
    writeFileSync(join(`${folder}-private`, 'secret.txt'), 'x');
    symlinkSync(join(`${folder}-private`, 'secret.txt'), join(folder, 'link.txt'));
    expect(paths).toThrow(/does not lead to a file inside/);
  });

  it('refuses a symbolic link to a folder, which could loop forever', () => {
    symlinkSync('.', join(folder, 'again'));
    expect(paths).toThrow(/again is a symbolic link/);
  });

  it('refuses a symbolic link to a folder inside the folder', () => {
    write('docs/guide.html');
    symlinkSync('docs', join(folder, 'link'));
    expect(paths).toThrow(/link is a symbolic link that does not lead to a file inside/);
  });

  it('refuses a dangling symbolic link', () => {
    symlinkSync('gone', join(folder, 'link'));
    expect(paths).toThrow(/link is a symbolic link/);
  });

  it('says which folder is missing and what to do', () => {
    expect(() => listContent(join(root, 'nowhere'))).toThrow(
      `content: there is no folder ${join(root, 'nowhere')}. Fix: create it, or name another`,
    );
  });

  it.each([
    ['with a line break', 'a\nb.txt', 'has a control character, such as a line break'],
    ['with a delete character', 'a\x7fb.txt', 'has a control character, such as a line break'],
    ['one byte longer than S3 allows', `${'a'.repeat(204)}/`.repeat(4) + 'a'.repeat(201), 'is longer than 1021 bytes'],
    ['where the API is', 'auth/session', 'lies under /auth/*, which the API answers'],
    ['that is too long for S3 in UTF-8', `${'ü'.repeat(120)}/`.repeat(4) + 'ü'.repeat(60), 'is longer than 1021 bytes'],
  ])('refuses a name %s', (_, path, problem) => {
    write(path);
    expect(paths).toThrow(`content: the name ${visible(JSON.stringify(`/${path}`))} ${problem}. Fix: rename it`);
  });

  it('accepts the longest name that S3 allows', () => {
    write(`${'a'.repeat(204)}/`.repeat(4) + 'a'.repeat(200));
    expect(paths().map((path) => path.length)).toEqual([1021]);
  });

  it('refuses a name that is not UTF-8', () => {
    writeFileSync(Buffer.concat([Buffer.from(join(folder, 'caf')), Buffer.from([0xe9])]), 'x');
    expect(paths).toThrow(/is not UTF-8/);
  });

  it('accepts every other name as it is', () => {
    const names = ['/Ünïcode 漢字.txt', '/a b.txt', '/a%20b.txt', '/a&b.txt', '/authors.txt', '/q?x#y.txt'];
    for (const name of names) write(name);
    expect(paths()).toEqual(names.toSorted());
  });

  it('names the folder as the operator named it', () => {
    expect(() => listContent(join(root, 'nowhere'), 'DIR')).toThrow(/^DIR: there is no folder/);
  });

  it('refuses a file in place of the folder', () => {
    write('file');
    expect(() => listContent(join(folder, 'file'))).toThrow(/there is no folder/);
  });
});

describe('listContent and fileHash', () => {
  it('leave no file open', () => {
    write('talk.key', 'PK\x03\x04');
    const nextHandle = (): number => {
      const handle = openSync(root, 'r');
      closeSync(handle);
      return handle;
    };
    const before = nextHandle();
    expect(paths()).toEqual(['/talk.key']);
    fileHash(join(folder, 'talk.key'));
    expect(nextHandle()).toBe(before);
  });
});

describe('fileHash', () => {
  it('hashes a file of several chunks as a whole', () => {
    write('zeros', '\0'.repeat(3_000_000));
    // openssl dgst -md5 of 3,000,000 zero bytes.
    expect(fileHash(join(folder, 'zeros'))).toBe('c9fc2d3dd83ab67a129ac10b09c9ebbb');
  });

  it('hashes an empty file', () => {
    write('empty', '');
    expect(fileHash(join(folder, 'empty'))).toBe('d41d8cd98f00b204e9800998ecf8427e');
  });
});
