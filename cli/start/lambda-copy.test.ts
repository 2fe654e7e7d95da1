import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { lambdaArchive, packageLambda } from '../../stacks/login/lambda-package.ts';
import { makeCheckout } from '../../stacks/testing/synthesized-site.ts';
import { copyLambda } from './lambda-copy.ts';

const race = vi.hoisted(() => ({ beforeRename: (_draft: string, _copy: string): void => {} }));
vi.mock('node:fs', async (original) => {
  const fs = await original<typeof import('node:fs')>();
  const renameSync = (from: string, to: string): void => {
    race.beforeRename(from, to);
    fs.renameSync(from, to);
  };
  return { ...fs, renameSync };
});

let checkout: ReturnType<typeof makeCheckout>;
let target: string;
beforeEach(() => {
  checkout = makeCheckout();
  target = join(checkout.root, '.s3nator/lambda');
});
afterEach(() => {
  race.beforeRename = () => {};
  checkout.remove();
});

const chunk = (): string => join(checkout.root, 'dist/lambda/chunk-1.mjs');

describe('copyLambda', () => {
  it('copies the bundle, which a later build then does not change', () => {
    const copy = copyLambda(checkout.root, target);
    writeFileSync(chunk(), 'export const one = 2;\n');
    expect(readdirSync(copy).sort()).toEqual(['chunk-1.mjs', 'index.mjs']);
    expect(readFileSync(join(copy, 'chunk-1.mjs'), 'utf8')).toBe('export const one = 1;\n');
    const later = copyLambda(checkout.root, target);
    expect(later).not.toBe(copy);
    expect(readFileSync(join(later, 'chunk-1.mjs'), 'utf8')).toBe('export const one = 2;\n');
  });

  it('is the same copy for the same bundle, in the npm package, too, which has it zipped', () => {
    const copy = copyLambda(checkout.root, target);
    expect(copyLambda(checkout.root, target)).toBe(copy);
    writeFileSync(lambdaArchive(checkout.root), packageLambda(checkout.root).zip);
    rmSync(join(checkout.root, 'dist/lambda'), { recursive: true });
    rmSync(copy, { recursive: true });
    expect(copyLambda(checkout.root, target)).toBe(copy);
    expect(readdirSync(copy).sort()).toEqual(['chunk-1.mjs', 'index.mjs']);
  });

  it('keeps the last four, and no unfinished copy', () => {
    const copies = [1, 2, 3, 4, 5, 6].map((count) => {
      writeFileSync(chunk(), `export const one = ${count};\n`);
      const copy = copyLambda(checkout.root, target);
      utimesSync(copy, count, count);
      return copy;
    });
    expect(
      readdirSync(target)
        .map((name) => join(target, name))
        .sort(),
    ).toEqual(copies.slice(2).sort());
  });

  it('is not made again', () => {
    copyLambda(checkout.root, target);
    race.beforeRename = () => {
      throw new Error('made again');
    };
    expect(() => copyLambda(checkout.root, target)).not.toThrow();
  });

  it('lies under the first sixteen digits of the hash of what is in it', () => {
    const copy = copyLambda(checkout.root, target);
    const hash = Buffer.from(packageLambda(checkout.root).hash, 'base64').toString('hex');
    expect(copy).toBe(join(target, hash.slice(0, 16)));
  });

  it('is there only once it is whole: until then its files lie in a hidden folder', () => {
    let seen: unknown;
    race.beforeRename = (draft, copy) => {
      seen = [readdirSync(target), basename(draft).slice(0, 7), readdirSync(draft).sort(), basename(copy).slice(0, 1)];
    };
    copyLambda(checkout.root, target);
    expect(seen).toEqual([
      [expect.stringMatching(/^\.draft-/)],
      '.draft-',
      ['chunk-1.mjs', 'index.mjs'],
      expect.any(String),
    ]);
  });

  it('of another run that was faster is as good, and no draft stays', () => {
    race.beforeRename = (draft, copy) => cpSync(draft, copy, { recursive: true });
    const copy = copyLambda(checkout.root, target);
    expect(readdirSync(target)).toEqual([basename(copy)]);
    expect(readdirSync(copy).sort()).toEqual(['chunk-1.mjs', 'index.mjs']);
  });

  it('says why it cannot be made, and no draft stays', () => {
    race.beforeRename = () => {
      throw new Error('no space left on device');
    };
    expect(() => copyLambda(checkout.root, target)).toThrow('no space left on device');
    expect(readdirSync(target)).toEqual([]);
  });

  it('is kept before what cannot be looked at, which counts as oldest', () => {
    mkdirSync(target, { recursive: true });
    symlinkSync(join(target, 'nowhere'), join(target, 'broken'));
    for (const name of ['a', 'b', 'c']) {
      mkdirSync(join(target, name));
      utimesSync(join(target, name), 1, 1);
    }
    const copy = copyLambda(checkout.root, target);
    expect(readdirSync(target).sort()).toEqual([basename(copy), 'a', 'b', 'c'].sort());
  });
});
