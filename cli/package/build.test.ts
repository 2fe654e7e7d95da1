import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { unzipSync } from 'fflate';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { makeCheckout } from '../../stacks/testing/synthesized-site.ts';
import { siteModes } from '../build.ts';
import { buildPackage } from './build.ts';

type Bundled = { readonly name: string; readonly generateBundle: (_: unknown, files: object) => void };
const made = vi.hoisted(() => ({ steps: [] as unknown[], build: async (_plugins: unknown): Promise<void> => {} }));
vi.mock('../build.ts', async (original) => ({
  ...(await original<object>()),
  build: async (modes: unknown, plugins: unknown) => {
    made.steps.push(modes);
    await turn();
    await made.build(plugins);
    made.steps.push('built');
  },
}));
vi.mock('./types.ts', () => ({ emitTypes: async (root: string) => void made.steps.push(['types', root]) }));

let checkout: ReturnType<typeof makeCheckout>;
const path = (name: string): string => join(checkout.root, name);
const put = (name: string, text: string): void => {
  mkdirSync(dirname(path(name)), { recursive: true });
  writeFileSync(path(name), text);
};
beforeEach(() => {
  checkout = makeCheckout({ 'emulator/google/google-client.js': 'client();\n' });
  made.steps = [];
  for (const folder of ['element', 'stacks', 'cli']) put(`dist/${folder}/old.js`, '');
  made.build = async (plugins) => {
    for (const name of ['dist/element/web-components/login/x.js', 'dist/stacks/index.js', 'dist/cli/main.js'])
      put(name, '');
    put('node_modules/a/package.json', '{ "name": "a", "version": "1.0.0", "license": "ISC" }');
    const [{ generateBundle } = { generateBundle: () => {} }] = plugins as Bundled[];
    const chunk = { type: 'chunk', modules: { [path('node_modules/a/index.js')]: { renderedLength: 1 } } };
    generateBundle(undefined, { 'index.js': chunk });
  };
});
afterEach(() => checkout.remove());

describe('the package', () => {
  it('is built of everything that a site needs, the constructs and the command line, and then typed', async () => {
    await buildPackage(checkout.root);
    expect(made.steps).toEqual([[...siteModes, 'package'], 'built', ['types', checkout.root]]);
  });

  it('has nothing of an earlier build', async () => {
    await buildPackage(checkout.root);
    for (const folder of ['element', 'stacks', 'cli']) expect(existsSync(path(`dist/${folder}/old.js`))).toBe(false);
  });

  it.each([
    ['dist/element/web-components/login/user-pool.js', "export * from '../../../site/secure-login-user-pool.js';\n"],
    ['dist/stacks/package.json', '{ "type": "commonjs" }\n'],
    ['dist/cli/package.json', '{ "type": "commonjs" }\n'],
    ['dist/cli/google-client.js', 'client();'],
    ['dist/licenses.txt', 'Parts of these packages are in this one.\n\na 1.0.0\n\nLicense: ISC\n'],
  ])('has %s', async (name, text) => {
    await buildPackage(checkout.root);
    expect(readFileSync(path(name), 'utf8')).toBe(text);
  });

  it('has the Lambda zipped', async () => {
    await buildPackage(checkout.root);
    expect(Object.keys(unzipSync(readFileSync(path('dist/lambda.zip')))).sort()).toEqual(['chunk-1.mjs', 'index.mjs']);
  });
});
