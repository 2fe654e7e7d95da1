import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { typedPath } from './typed-path.ts';

let folder: string;
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 's3nator-typed-')));
  mkdirSync(join(folder, 'package'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** What npm leaves in the environment of a script. */
const npm = (changes: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv => ({
  INIT_CWD: '/home/me/site',
  npm_package_json: join(folder, 'package/package.json'),
  npm_lifecycle_script: 's3nator start',
  ...changes,
});
const seen = (path: string, env = npm()): string => typedPath(path, join(folder, 'package'), env);

describe('typedPath', () => {
  it.each([
    ['.', '/home/me/site'],
    ['dist', '/home/me/site/dist'],
    ['../other', '/home/me/other'],
    ['/elsewhere', '/elsewhere'],
  ])('is, for %s under npm, below the folder where npm was called', (path, expected) => {
    expect(seen(path)).toBe(expected);
  });

  it.each(['s3nator start --content ./dist', "s3nator start --content='./dist'", 'a && s3nator upload "./dist"'])(
    'stays below the folder of the package if the script itself says it: %s',
    (script) => {
      expect(seen('./dist', npm({ npm_lifecycle_script: script }))).toBe('./dist');
      expect(seen('dist', npm({ npm_lifecycle_script: script }))).toBe('/home/me/site/dist');
    },
  );

  it('stays as it is without npm, and for a command that npm started elsewhere', () => {
    expect(seen('dist', {})).toBe('dist');
    expect(seen('dist', { INIT_CWD: '/home/me/site' })).toBe('dist');
    expect(seen('dist', npm({ npm_package_json: join(folder, 'package.json') }))).toBe('dist');
    expect(seen('dist', npm({ npm_package_json: '/nonexistent/package.json' }))).toBe('dist');
  });

  it('knows the folder of the package behind a link', () => {
    symlinkSync(join(folder, 'package'), join(folder, 'link'));
    expect(seen('dist', npm({ npm_package_json: join(folder, 'link/package.json') }))).toBe('/home/me/site/dist');
  });
});
