import { execFileSync } from 'node:child_process';
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { visible } from '../../contract/visible-text.ts';
import { type ContentFile, fileHash, readContent, whileReadingAny } from './content-files.ts';

vi.mock('node:fs', async (original) => {
  const actual = await original<typeof import('node:fs')>();
  return { ...actual, readdirSync: vi.fn(actual.readdirSync), readFileSync: vi.fn(actual.readFileSync) };
});
const real = await vi.importActual<typeof import('node:fs')>('node:fs');

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

afterEach(() => {
  vi.resetAllMocks();
  rmSync(root, { recursive: true, force: true });
});

const list = (field = 'content', chosen = folder): readonly ContentFile[] =>
  readContent({ folder: chosen, field, api: '/auth' }).files;
const paths = (): string[] => list().map(({ path }) => path);

describe('readContent', () => {
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

  it('says what it left out: each folder once, with a slash, and nothing twice because a link leads there, too', () => {
    write('.env');
    write('docs/.cache/deep/.x');
    write('docs/.cache/y');
    write('docs/index.html');
    write('.well-known-not/x');
    write('docs/.well-known/x');
    symlinkSync('docs', join(folder, 'latest'));
    const { files, leftOut } = readContent({ folder, field: 'content', api: '/auth' });
    expect(leftOut).toEqual(['/.env', '/.well-known-not/', '/docs/.cache/']);
    expect(files.map(({ path }) => path)).toEqual([
      '/docs/.well-known/x',
      '/docs/index.html',
      '/latest/.well-known/x',
      '/latest/index.html',
    ]);
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
    expect(paths).toThrow(/link\.txt is a symbolic link that does not lead to a file or a folder inside/);
  });

  it('refuses a symbolic link to a sibling whose name starts like the folder', () => {
    mkdirSync(`${folder}-private`);
    writeFileSync(join(`${folder}-private`, 'secret.txt'), 'x');
    symlinkSync(join(`${folder}-private`, 'secret.txt'), join(folder, 'link.txt'));
    expect(paths).toThrow(/does not lead to a file or a folder inside/);
  });

  it('refuses a dangling symbolic link, and one to itself', () => {
    symlinkSync('gone', join(folder, 'link'));
    expect(paths).toThrow(/link is a symbolic link that does not lead to a file or a folder/);
    rmSync(join(folder, 'link'));
    symlinkSync('self', join(folder, 'self'));
    expect(paths).toThrow(/self is a symbolic link that does not lead to a file or a folder/);
  });

  it('refuses a symbolic link to a pipe, which would be read forever', () => {
    execFileSync('mkfifo', [join(folder, 'pipe')]);
    symlinkSync('pipe', join(folder, 'link'));
    expect(paths).toThrow(/link is a symbolic link that does not lead to a file or a folder/);
  });

  it('says which folder is missing and what to do', () => {
    expect(() => list('content', join(root, 'nowhere'))).toThrow(
      `content: there is no folder ${join(root, 'nowhere')}. Fix: create it, or name another`,
    );
  });

  it.each([
    ['with a line break', 'a\nb.txt', 'has a control character, such as a line break'],
    ['with a tab', 'a\tb.txt', 'has a control character, such as a line break'],
    ['with the last control character', 'a\x1fb.txt', 'has a control character, such as a line break'],
    ['of a folder with a line break', 'a\nb/c.txt', 'has a control character, such as a line break'],
    ['with a delete character', 'a\x7fb.txt', 'has a control character, such as a line break'],
    ['one byte longer than S3 allows', `${'a'.repeat(204)}/`.repeat(4) + 'a'.repeat(201), 'is longer than 1021 bytes'],
    ['that is too long for S3 in UTF-8', `${'ü'.repeat(120)}/`.repeat(4) + 'ü'.repeat(60), 'is longer than 1021 bytes'],
  ])('refuses a name %s', (_, path, problem) => {
    write(path);
    expect(paths).toThrow(`content: the name ${visible(JSON.stringify(`/${path}`))} ${problem}. Fix: rename it`);
  });

  it('names the files of a folder that the API answers all at once, with how many they are', () => {
    write('auth.html');
    write('authors/index.html');
    expect(paths()).toHaveLength(2);
    write('auth/index.html');
    expect(paths).toThrow(
      'content: 1 file is under /auth/, which the API answers: /auth/index.html. ' +
        'Fix: rename this folder, and build the site again so that its links lead there',
    );
    for (let count = 0; count < 1_500; count++) write(`auth/${count}.html`);
    expect(paths).toThrow(
      '1,501 files are under /auth/, which the API answers: /auth/0.html, /auth/1.html, /auth/10.html and 1,498 more.',
    );
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
    expect(() => list('DIR', join(root, 'nowhere'))).toThrow(/^DIR: there is no folder/);
  });

  it('refuses a file in place of the folder', () => {
    write('file');
    expect(() => list('content', join(folder, 'file'))).toThrow(/there is no folder/);
  });
});

describe('readContent, for symbolic links to folders', () => {
  const link = (target: string, path: string): void => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    symlinkSync(target, join(folder, path));
  };

  it('lists what is in the folder under the path of the link, too', () => {
    write('1.2/index.html');
    write('1.2/api/a.html');
    link('1.2', 'latest');
    link('latest', 'stable');
    expect(paths()).toEqual(
      ['1.2', 'latest', 'stable'].flatMap((version) => [`/${version}/api/a.html`, `/${version}/index.html`]),
    );
    const files = new Set(list().map(({ file }) => file));
    expect(files).toEqual(new Set([join(folder, '1.2/api/a.html'), join(folder, '1.2/index.html')]));
  });

  it('lists a folder as often as links lead to it, from other links as well', () => {
    write('shared/x.png');
    link('../shared', 'a/images');
    link('../shared', 'b/images');
    link('a', 'c');
    expect(paths()).toEqual(['/a/images/x.png', '/b/images/x.png', '/c/images/x.png', '/shared/x.png']);
  });

  it('follows an absolute link that stays inside', () => {
    write('1.2/index.html');
    link(join(folder, '1.2'), 'latest');
    expect(paths()).toEqual(['/1.2/index.html', '/latest/index.html']);
  });

  it.each([
    ['to the folder itself', [['.', 'again']]],
    ['to its parent', [['..', 'docs/deep/up']]],
    ['to a folder further above', [['../..', 'docs/deep/up']]],
    [
      'that leads back through another one',
      [
        ['../b', 'a/to-b'],
        ['../a', 'b/to-a'],
      ],
    ],
    [
      'into a folder that is inside its own target',
      [
        ['inner/deep', 'a/x'],
        ['../..', 'a/inner/deep/up'],
      ],
    ],
    [
      'in a circle of three',
      [
        ['../b', 'a/x'],
        ['../c', 'b/x'],
        ['../a', 'c/x'],
      ],
    ],
  ])('refuses a link %s, which would go on forever', (_, links) => {
    write('docs/index.html');
    for (const [target = '', path = ''] of links) link(target, path);
    expect(paths).toThrow(/ is a symbolic link that leads back to \/.*, which contains it\. Fix: put a copy/);
  });

  it('refuses folders of links that double at each step, before they fill the memory', () => {
    write('d0/index.html');
    for (let depth = 1; depth <= 40; depth++) {
      link(`../d${depth - 1}`, `d${depth}/a`);
      link(`../d${depth - 1}`, `d${depth}/b`);
    }
    expect(paths).toThrow(/is a symbolic link that .*, and such links repeat more than 100,000 files and folders/);
  });

  it('refuses a link out of the folder, and one whose target is outside through another link', () => {
    mkdirSync(join(root, 'other'));
    writeFileSync(join(root, 'other/plans.html'), 'x');
    link('../other', 'link');
    expect(paths).toThrow(/link is a symbolic link that does not lead to a file or a folder inside/);
    rmSync(join(folder, 'link'));
    link('../other', '.door');
    link('.door', 'link');
    expect(paths).toThrow(/link is a symbolic link that does not lead to a file or a folder inside/);
  });

  it('publishes nothing by a link that would not be published in its own place', () => {
    write('.private/plans.html');
    write('docs/.drafts/plan.html');
    write('docs/index.html');
    link('docs', 'latest');
    expect(paths()).toEqual(['/docs/index.html', '/latest/index.html']);
    link('.private', 'open');
    expect(paths).toThrow(/open is a symbolic link that leads to .*, and \.private is never published/);
    rmSync(join(folder, 'open'));
    link('docs/.drafts', 'drafts');
    expect(paths).toThrow(/drafts is a symbolic link that leads to .*, and \.drafts is never published/);
  });

  it('refuses a name that is too long by its path through a link', () => {
    const inner = `${'a'.repeat(200)}/`.repeat(3);
    write(`top/${inner}x.html`);
    expect(paths()).toHaveLength(1);
    link('../top', `${'d'.repeat(200)}/${'e'.repeat(250)}`);
    expect(paths).toThrow(/is longer than 1021 bytes/);
  });
});

describe('readContent, for a folder that changes meanwhile', () => {
  type Step = 'readdirSync' | 'readFileSync';
  /** Does something just before a folder or a file is read. */
  const atStep = (step: Step, path: string, act: () => void): void => {
    const read = real[step] as (...given: unknown[]) => unknown;
    vi.mocked({ readdirSync, readFileSync }[step]).mockImplementation(((...given: unknown[]) => {
      if (given[0] === join(folder, path)) act();
      return read(...given);
    }) as never);
  };

  it.each<[Step, string]>([
    ['readdirSync', 'docs'],
    ['readFileSync', 'docs/guide.html'],
  ])('names what is gone (%s), and says what to do', (step, path) => {
    write('docs/guide.html');
    const gone = join(folder, path);
    atStep(step, path, () => rmSync(gone, { recursive: true }));
    expect(paths).toThrow(
      `content: ${gone} was there a moment ago and is gone. ` +
        'Fix: let the build finish, then run the same command again',
    );
  });

  it.each(['ENOENT', 'ENOTDIR', 'ESTALE'])('takes %s for something that is gone', (code) => {
    write('docs/guide.html');
    atStep('readdirSync', 'docs', () => {
      throw Object.assign(new Error(code), { code, syscall: 'scandir' });
    });
    expect(paths).toThrow(`${join(folder, 'docs')} was there a moment ago and is gone`);
  });

  it('does not take a mistake of our own for a file that cannot be read', () => {
    write('docs/guide.html');
    atStep('readdirSync', 'docs', () => {
      throw new TypeError('a mistake');
    });
    expect(paths).toThrow(new TypeError('a mistake'));
  });

  it('names a folder that cannot be read', () => {
    write('docs/guide.html');
    atStep('readdirSync', 'docs', () => {
      throw Object.assign(new Error('EACCES: permission denied'), { code: 'EACCES', syscall: 'scandir' });
    });
    expect(paths).toThrow(`content: ${join(folder, 'docs')} cannot be read (EACCES). Fix: make it readable or move it`);
  });
});

describe('whileReadingAny', () => {
  const files = [{ path: '/a', file: '/www/a' }];
  const failing = (more: object) => () =>
    whileReadingAny(files, 'content', () => {
      throw Object.assign(new Error('ENOENT: no such file'), { code: 'ENOENT', syscall: 'open', ...more });
    });

  it('returns what the step returns', () => {
    expect(whileReadingAny(files, 'content', () => 7)).toBe(7);
  });

  it('names the one of the files that is gone', () => {
    expect(failing({ path: '/www/a' })).toThrow(
      'content: /www/a was there a moment ago and is gone. Fix: let the build',
    );
  });

  it('blames no file of the content for a failure at another file, or at none', () => {
    for (const more of [{ path: '/elsewhere' }, { path: '/www/a/b' }, {}]) {
      expect(failing(more)).toThrow(/^ENOENT: no such file$/);
    }
  });
});

describe('readContent and fileHash', () => {
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
