import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { missingPackage } from './missing-package.ts';

const { peerDependencies, devDependencies } = JSON.parse(
  readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
);
const said = (message: unknown, code: unknown = 'ERR_MODULE_NOT_FOUND') => missingPackage({ code, message });

it.each([
  [
    'a peer, in the range of the package',
    "Cannot find package 'cdktf' imported from /x",
    `cdktf@${peerDependencies.cdktf}`,
  ],
  [
    'a package with a scope',
    "Cannot find package '@cdktf/provider-aws' imported from /x",
    `@cdktf/provider-aws@${peerDependencies['@cdktf/provider-aws']}`,
  ],
  [
    'a part of a package',
    "Cannot find module 'constructs/lib/x.js'\nRequire stack:",
    `constructs@${peerDependencies.constructs}`,
  ],
  [
    'what only a checkout has, in its version',
    "Cannot find package 'vite' imported from /x",
    `vite@${devDependencies.vite}`,
  ],
  ['what no list names, in any version', "Cannot find package '-un.known' imported from /x", '-un.known'],
])('says how to install %s', (_, message, name) => {
  const line = `This command needs ${name.replace(/(.)@.*/, '$1')}, which is not installed. Fix: npm install ${name}`;
  expect(said(message)).toBe(line);
  expect(said(message, 'MODULE_NOT_FOUND')).toBe(line);
});

it('leaves every other error alone', () => {
  expect(said("Cannot find package 'cdktf' imported from /x", 'ENOENT')).toBeUndefined();
  for (const file of ['./x.ts', '../x.ts', '/x.ts', '.hidden'])
    expect(said(`Cannot find module '${file}'`)).toBeUndefined();
  for (const message of ["before: Cannot find package 'cdktf'", undefined]) expect(said(message)).toBeUndefined();
  for (const error of [undefined, null, 'text', new Error('x')]) expect(missingPackage(error)).toBeUndefined();
});
