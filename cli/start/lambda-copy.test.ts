import { readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lambdaArchive, packageLambda } from '../../stacks/login/lambda-package.ts';
import { makeCheckout } from '../../stacks/testing/synthesized-site.ts';
import { copyLambda } from './lambda-copy.ts';

let checkout: ReturnType<typeof makeCheckout>;
let target: string;
beforeEach(() => {
  checkout = makeCheckout();
  target = join(checkout.root, '.s3nator/lambda');
});
afterEach(() => checkout.remove());

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
});
