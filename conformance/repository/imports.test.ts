import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '../..');

/** Which folders the modules of a folder may import, beside their own. A path names one module. */
const allowed: Record<string, readonly string[]> = {
  contract: [],
  api: ['contract'],
  stacks: ['contract'],
  'web-components': ['contract/session-api.ts', 'contract/cookies.ts', 'contract/return-url.ts'],
  emulator: [],
  cli: ['contract', 'api', 'stacks', 'emulator'],
  conformance: ['emulator'],
  bench: ['contract', 'api', 'emulator', 'cli'],
  'main.ts': ['contract', 'stacks', 's3nator.config.ts'],
  's3nator.config.ts': ['contract/config.ts'],
};

/** The contract is what everything stands on: a closed list, and one dependency. */
const contractModules = [
  'access-rules',
  'address',
  'closest-word',
  'config-values',
  'config',
  'cookies',
  'environment',
  'layout',
  'open-path',
  'providers',
  'return-url',
  'session-api',
  'visible-text',
] as const;

const isTest = (file: string): boolean => file.endsWith('.test.ts') || file.includes('/testing/');

function modulesOf(folder: string): string[] {
  if (folder.endsWith('.ts')) return [folder];
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.includes('node_modules'))
    .map((name) => posix.join(folder, name.replaceAll('\\', '/')));
}

function importsOf(file: string): string[] {
  const text = readFileSync(join(root, file), 'utf8');
  return [...text.matchAll(/(?:\bfrom\s+|\bimport\s*\(\s*|^import\s+)['"]([^'"]+)['"]/gm)].map(
    ([, name]) => name ?? '',
  );
}

/** Relative imports as paths from the root; packages as they stand. */
const targetsOf = (file: string): string[] =>
  importsOf(file).map((name) =>
    name.startsWith('.') ? relative(root, resolve(root, dirname(file), name)).replaceAll('\\', '/') : name,
  );

const isWithin = (target: string, entry: string): boolean => target === entry || target.startsWith(`${entry}/`);

describe('imports', () => {
  it.each(Object.entries(allowed))('%s imports only what the layout allows', (folder, others) => {
    const entries = [folder, ...others];
    const foreign = modulesOf(folder)
      .filter((file) => !isTest(file))
      .flatMap((file) =>
        targetsOf(file)
          .filter((target) => Object.keys(allowed).some((known) => isWithin(target, known)))
          .filter((target) => !entries.some((entry) => isWithin(target, entry)))
          .map((target) => `${file} imports ${target}`),
      );
    expect(foreign).toEqual([]);
  });

  it('the contract is a closed list of modules that import valibot and nothing else', () => {
    const modules = modulesOf('contract').filter((file) => !isTest(file));
    expect(modules.sort()).toEqual(contractModules.map((name) => `contract/${name}.ts`));
    const packages = new Set(modules.flatMap(targetsOf).filter((target) => !target.startsWith('contract/')));
    expect([...packages]).toEqual(['valibot']);
  });

  it('what the element shares with the API brings no validation library into the page', () => {
    for (const file of allowed['web-components'] ?? []) expect(targetsOf(file)).toEqual([]);
  });

  it('stacks/ alone knows cdktf, so that its fork can take its place there', () => {
    const users = Object.keys(allowed)
      .flatMap(modulesOf)
      .filter((file) => !isTest(file))
      .filter((file) => importsOf(file).some((name) => /^(cdktf|constructs|@cdktf\/.*)$/.test(name)));
    expect(users.length).toBeGreaterThan(10);
    expect(users.filter((file) => !file.startsWith('stacks/'))).toEqual([]);
  });

  it('only api/lambda.ts reads the environment of the Lambda', () => {
    const readers = [...modulesOf('api'), ...modulesOf('contract'), ...modulesOf('stacks'), ...modulesOf('emulator')]
      .filter((file) => !isTest(file))
      .filter((file) => /process\.env\b/.test(readFileSync(join(root, file), 'utf8')));
    expect(readers).toEqual(['api/lambda.ts']);
  });
});
