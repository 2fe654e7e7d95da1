import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '../..');

/**
 * What the modules of a folder may import besides their own folder. An entry with a dot is one module. Tests, and the
 * helpers in `testing/`, may import what `forTests` adds.
 */
const allowed: Record<string, { readonly code: readonly string[]; readonly forTests?: readonly string[] }> = {
  contract: { code: [], forTests: ['s3nator.config.ts'] },
  api: { code: ['contract'] },
  stacks: { code: ['contract'], forTests: ['api/shared/log.ts'] },
  'web-components': { code: ['contract/session-api.ts', 'contract/cookies.ts', 'contract/return-url.ts'] },
  emulator: { code: [] },
  cli: { code: ['contract', 'api', 'stacks', 'emulator'] },
  conformance: {
    code: ['emulator'],
    forTests: ['cli/key-files.ts', 'cli/process-id.ts', 'contract/config.ts', 'contract/session-api.ts'],
  },
  bench: { code: ['contract', 'api', 'emulator', 'cli', 'conformance/support/browser.ts'] },
  'deploy-test': { code: ['contract', 'emulator', 'api/issue/kms-signing-key.ts', 's3nator.config.ts'] },
  'main.ts': { code: ['contract', 'stacks', 's3nator.config.ts'] },
  's3nator.config.ts': { code: ['contract/config.ts'] },
};

/**
 * The order of the folders in a folder, lowest first: a module imports only from its own level and from lower ones.
 * '' stands for the modules that lie in no folder; an entry with a dot is one module. `testing/` is above everything.
 */
const orders: Record<string, readonly string[]> = {
  api: ['shared', 'receive', 'verify', 'decide', 'issue', 'ask', 'record', 'flow', 'answer', ''],
  emulator: [
    ...['terraform', 'message', 'model', 'signature', 's3', 'aws', 'api-gateway', 'cloudfront', 'google'],
    ...['issuers', 'stack', ''],
  ],
  stacks: ['text', 'state', 'content', 'keys', 'login', 'edge', 'buckets', 'watch', ''],
  'web-components': ['words', 'shared', 'session', 'login', ''],
  cli: ['', 'access', 'explain', 'upload', 'start', 'start.ts', 'commands.ts', 'main.ts', 'bin.ts', 'package'],
  'cli/access': ['shared', 'document', 'commands', 'log', ''],
  conformance: ['support', 'api', 'pages', 'sites', 'hostile', 'embedding', 'package', 'repository', ''],
  'deploy-test': ['local-aws', '', 'read-back', 'scenarios', 'main.ts'],
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
  'function-exceptions',
  'layout',
  'local-site',
  'open-path',
  'person',
  'provider-traits',
  'providers',
  'return-url',
  'rule-order',
  'rule-path',
  'session-api',
  'site-fields',
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

/** Relative imports as paths from the root; packages by their names. A file in a text that a test writes is not one. */
const targetsOf = (file: string): string[] =>
  importsOf(file).flatMap((name) => {
    if (!name.startsWith('.')) return [name];
    const target = relative(root, resolve(root, dirname(file), name)).replaceAll('\\', '/');
    return existsSync(join(root, target)) ? [target] : [];
  });

/** The place of a module in the order of `folder`; `undefined` if the folder does not hold it. */
function levelIn(folder: string, file: string): number | undefined {
  if (!file.startsWith(`${folder}/`)) return undefined;
  const order = orders[folder] ?? [];
  if (isTest(file)) return order.length;
  const path = file.slice(folder.length + 1);
  const [first = ''] = path.includes('/') ? path.split('/') : [order.includes(path) ? path : ''];
  const level = order.indexOf(first);
  if (level < 0) throw new Error(`${file}: the order of ${folder}/ does not name ${first}/`);
  return level;
}

/** The modules that lead back to themselves, each circle once. */
function circles(imports: ReadonlyMap<string, readonly string[]>): string[] {
  const found: string[] = [];
  const finished = new Set<string>();
  const visit = (file: string, way: readonly string[]): void => {
    const start = way.indexOf(file);
    if (start >= 0) found.push([...way.slice(start), file].join(' > '));
    if (start >= 0 || finished.has(file)) return;
    for (const target of imports.get(file) ?? []) visit(target, [...way, file]);
    finished.add(file);
  };
  for (const file of imports.keys()) visit(file, []);
  return found;
}

const isWithin = (target: string, entry: string): boolean => target === entry || target.startsWith(`${entry}/`);

describe('imports', () => {
  it.each(Object.entries(allowed))('%s imports only what the layout allows', (folder, { code, forTests = [] }) => {
    const foreign = modulesOf(folder).flatMap((file) => {
      const entries = [folder, ...code, ...(isTest(file) ? forTests : [])];
      return targetsOf(file)
        .filter((target) => Object.keys(allowed).some((known) => isWithin(target, known)))
        .filter((target) => !entries.some((entry) => isWithin(target, entry)))
        .map((target) => `${file} imports ${target}`);
    });
    expect(foreign).toEqual([]);
  });

  it.each(Object.keys(orders))('in %s, a module imports only from its own level and from lower ones', (folder) => {
    const upward = modulesOf(folder).flatMap((file) =>
      targetsOf(file)
        .filter((target) => (levelIn(folder, target) ?? -1) > (levelIn(folder, file) ?? -1))
        .map((target) => `${file} imports ${target}`),
    );
    expect(upward).toEqual([]);
  });

  it('nothing imports in a circle, types and tests included', () => {
    const imports = new Map(
      Object.keys(allowed)
        .flatMap(modulesOf)
        .map((file) => [file, targetsOf(file)]),
    );
    expect(imports.size).toBeGreaterThan(400);
    expect(circles(imports)).toEqual([]);
  });

  it('a circle of two and a longer one are found, each once', () => {
    const imports = new Map([
      ['a', ['b']],
      ['b', ['a', 'c']],
      ['c', ['d']],
      ['d', ['e', 'b']],
      ['e', []],
    ]);
    expect(circles(imports)).toEqual(['a > b > a', 'b > c > d > b']);
  });

  it('the contract is a closed list of modules that import valibot and nothing else', () => {
    const modules = modulesOf('contract').filter((file) => !isTest(file));
    expect(modules.sort()).toEqual(contractModules.map((name) => `contract/${name}.ts`));
    const packages = new Set(modules.flatMap(targetsOf).filter((target) => !target.startsWith('contract/')));
    expect([...packages]).toEqual(['valibot']);
  });

  it('what the element shares with the API brings no validation library into the page', () => {
    for (const file of allowed['web-components']?.code ?? []) expect(targetsOf(file)).toEqual([]);
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
