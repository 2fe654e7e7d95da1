import { createHash } from 'node:crypto';
import { rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { unzipSync } from 'fflate';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { makeCheckout } from '../testing/synthesized-site.ts';
import { lambdaArchive, packageLambda } from './lambda-package.ts';

let checkout: ReturnType<typeof makeCheckout>;
let folder: string;

beforeEach(() => {
  checkout = makeCheckout();
  folder = join(checkout.root, 'dist/lambda');
});

afterEach(() => {
  vi.useRealTimers();
  checkout.remove();
});

describe('packageLambda', () => {
  it('packs every file of the bundle', () => {
    const files = unzipSync(packageLambda(checkout.root).zip);
    expect(Object.keys(files)).toEqual(['chunk-1.mjs', 'index.mjs']);
    expect(Buffer.from(files['chunk-1.mjs'] ?? []).toString()).toBe('export const one = 1;\n');
  });

  it('states the SHA-256 of the zip in base64', () => {
    const { zip, hash } = packageLambda(checkout.root);
    expect(hash).toBe(createHash('sha256').update(zip).digest('base64'));
  });

  it('gives the same bytes for a fresh checkout, on another day', () => {
    const before = packageLambda(checkout.root);
    utimesSync(join(folder, 'index.mjs'), new Date(0), new Date('2031-05-05T05:05:05Z'));
    vi.useFakeTimers({ now: new Date('2031-05-06T00:00:00Z') });
    expect(packageLambda(checkout.root).hash).toBe(before.hash);
  });

  it('gives other bytes for other code', () => {
    const other = makeCheckout({ 'dist/lambda/chunk-1.mjs': 'export const one = 2;\n' });
    try {
      expect(packageLambda(other.root).hash).not.toBe(packageLambda(checkout.root).hash);
    } finally {
      other.remove();
    }
  });

  it('lets every account read the files, as Lambda requires', () => {
    const { zip } = packageLambda(checkout.root);
    // Central directory header: a signature, then at offset 38 the external attributes. Their upper half is the Unix
    // mode.
    const header = Buffer.from(zip).indexOf(Buffer.from('504b0102', 'hex'));
    expect(Buffer.from(zip).readUInt32LE(header + 38) >>> 16).toBe(0o100644);
  });

  it('says how to build if nothing is built', () => {
    rmSync(folder, { recursive: true });
    expect(() => packageLambda(checkout.root)).toThrow(/the Lambda is not built\. Fix: npm run build/);
  });
});

describe('the npm package, which contains the zipped bundle', () => {
  beforeEach(() => {
    writeFileSync(lambdaArchive(checkout.root), packageLambda(checkout.root).zip);
  });

  it('deploys the same bytes as the checkout that it was built from', () => {
    const before = packageLambda(checkout.root).hash;
    rmSync(folder, { recursive: true });
    expect(packageLambda(checkout.root).hash).toBe(before);
  });

  it('is not what a checkout deploys that was built again since', () => {
    writeFileSync(join(folder, 'chunk-1.mjs'), 'export const one = 2;\n');
    const files = unzipSync(packageLambda(checkout.root).zip);
    expect(Buffer.from(files['chunk-1.mjs'] ?? []).toString()).toBe('export const one = 2;\n');
  });
});
