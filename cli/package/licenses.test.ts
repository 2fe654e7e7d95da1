import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Licenses } from './licenses.ts';

let root: string;
let licenses: Licenses;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 's3nator-licenses-'));
  licenses = new Licenses();
});
afterEach(() => rmSync(root, { recursive: true }));

/** Installs a package, and returns a module of it. */
function installed(name: string, files: Readonly<Record<string, string>>, fields: object = { license: 'MIT' }): string {
  const folder = join(root, 'node_modules', name);
  mkdirSync(join(folder, 'dist'), { recursive: true });
  const own = name.replace(/.*node_modules\//, '');
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: own, version: '1.2.3', ...fields }));
  // A manifest of a part of it, such as `{ "type": "module" }`.
  writeFileSync(join(folder, 'dist/package.json'), '{}');
  for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, file), text);
  return join(folder, 'dist/index.js');
}

/** Bundles modules, of which each has so many letters in the chunk. */
function bundle(modules: Readonly<Record<string, number>>): void {
  const { generateBundle } = licenses.plugin as unknown as { generateBundle: (_: unknown, files: object) => void };
  const rendered = Object.entries(modules).map(([id, renderedLength]) => [id, { renderedLength }]);
  generateBundle(undefined, {
    'page.css': { type: 'asset', modules: { '/node_modules/asset/x.css': { renderedLength: 1 } } },
    'index.js': { type: 'chunk', modules: Object.fromEntries(rendered) },
  });
}
const begin = 'Parts of these packages are in this one.\n\n';
const line = '-'.repeat(80);

describe('the licenses of the package', () => {
  it('are those of the packages of which something is bundled, in the order of their names', () => {
    const [b, a, shaken] = ['b', '@x/a', 'shaken'].map((name) => installed(name, { LICENSE: `Terms of ${name}.\n` }));
    bundle({ [b ?? '']: 7, [`\0${a}`]: 1, [shaken ?? '']: 0, [join(root, 'api/handler.ts')]: 9 });
    expect(licenses.text()).toBe(`${begin}@x/a 1.2.3\n\nTerms of @x/a.\n\n${line}\n\nb 1.2.3\n\nTerms of b.\n`);
  });

  it('are collected from every part of a build, and of a package inside another', () => {
    bundle({ [installed('a', { LICENSE: 'Same.' })]: 1 });
    bundle({ [installed('a/node_modules/c', { LICENSE: 'Other.' })]: 1 });
    expect(licenses.text()).toBe(`${begin}a 1.2.3\n\nSame.\n\n${line}\n\nc 1.2.3\n\nOther.\n`);
  });

  it('are printed once for all packages that have the same words, with the owners of each', () => {
    bundle({
      [installed('a', {
        LICENSE: 'MIT\n\nCopyright (c) 2020 Ann\n  Copyright 2021 Bob\n\nPermission is\ngranted.',
      })]: 1,
      [installed('b', { LICENSE: 'MIT\ncopyright (C) Cleo\nPermission is granted.\n' })]: 1,
    });
    expect(licenses.text()).toBe(
      `${begin}a 1.2.3. Copyright (c) 2020 Ann. Copyright 2021 Bob\nb 1.2.3. copyright (C) Cleo\n\n` +
        'MIT\n\n\n\n\nPermission is\ngranted.\n',
    );
  });

  it.each(['LICENSE', 'license.md', 'LICENCE.txt', 'Licence'])('are found in a file called %s', (file) => {
    bundle({ [installed('a', { 'NOTICE.txt': 'No.', 'LICENSE-MIT': 'No.', [file]: 'Yes.' })]: 1 });
    expect(licenses.text()).toBe(`${begin}a 1.2.3\n\nYes.\n`);
  });

  it('are named by the manifest where a package has no file, and must be one or the other', () => {
    bundle({ [installed('a', { 'NOTICE.txt': 'No.' }, { license: 'ISC' })]: 1 });
    expect(licenses.text()).toBe(`${begin}a 1.2.3\n\nLicense: ISC\n`);
    bundle({ [installed('b', {}, {})]: 1 });
    expect(() => licenses.text()).toThrow('b: bundled, and has no licence');
  });

  it('do not repeat the terms of LICENSE, and repeat any others', () => {
    const own = readFileSync(new URL('../../LICENSE', import.meta.url), 'utf8').replaceAll(/^ *Copyright \d.*\n/gm, '');
    const short = 'Apache License, Version 2.0: its terms are those in LICENSE.';
    bundle({ [installed('a', { LICENSE: own.replaceAll(/\n +/g, '\n') })]: 1 });
    expect(licenses.text()).toBe(`${begin}a 1.2.3\n\n${short}\n`);
    bundle({ [installed('b', { LICENSE: own.replace('perpetual', 'short') })]: 1 });
    const both = licenses.text();
    expect(both).toContain(`a 1.2.3\n\n${short}\n`);
    expect(both).toMatch(/b 1\.2\.3\n\n\s*Apache License\s.*short/s);
  });

  it('are of a package: a module of none is a mistake', () => {
    expect(() => bundle({ '/node_modules/': 1 })).toThrow('/node_modules/: of no package');
  });
});
