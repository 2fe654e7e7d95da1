import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { makeCheckout } from '../../stacks/testing/synthesized-site.ts';
import { emitTypes } from './types.ts';

const entry = (name: string): object => ({ types: `./dist/${name}.d.ts`, default: `./dist/${name}.js` });
const manifest = {
  exports: {
    './element': entry('element/web-components/element'),
    './stacks': entry('stacks/stacks/index'),
    './package.json': './package.json',
  },
};

/** Declarations as the compiler writes them, by the project that it is given. */
const emitted = {
  'web-components/tsconfig.package.json': {
    'dist/element/web-components/element.js': '// Why.\nexport {};\n',
    'dist/element/web-components/element.d.ts': "import './side.ts';\nexport * from './near.ts';\n",
    'dist/element/web-components/side.d.ts': 'export {};\n',
    // Modules may import types of each other.
    'dist/element/web-components/near.d.ts':
      "import './element.ts';\nexport type Far = import('../contract/far.ts').Far;\n",
    'dist/element/contract/far.d.ts': "/** Read './x.ts'. */\nexport type Far = 'a';\n",
    'dist/element/contract/unreached.d.ts': 'export {};\n',
    'dist/element/contract/unreached.js': 'export {};\n',
  },
  'stacks/tsconfig.package.json': {
    'dist/stacks/stacks/index.d.ts': "export type { Config } from '../contract/config.ts';\nimport 'cdktf';\n",
    'dist/stacks/stacks/unreached.d.ts': 'export {};\n',
    'dist/stacks/contract/config.d.ts': `import * as v from 'valibot';
import { siteSchema } from './the-site.ts';
/** The config. */
declare const configSchema: v.StrictObjectSchema<{
    /** Its name. */
    readonly name: v.StringSchema<undefined>;
}, undefined>;
/** What is written. */
export type Config = v.InferInput<typeof configSchema>;
`,
    'dist/stacks/contract/the-site.d.ts': `import * as v from 'valibot';
export declare const siteSchema: v.StrictObjectSchema<{
    /** Where it is. */
    readonly region: v.StringSchema<undefined>;
}, undefined>;
`,
    'dist/stacks/contract/plain.d.ts': 'export declare const plain = 1;\n',
  },
} as const;

/** A compiler that writes what it is told to, and notes how it was called. */
const compiler = `#!${process.execPath}
const { appendFileSync, mkdirSync, readFileSync, writeFileSync } = require('node:fs');
const { dirname, join, relative } = require('node:path');
const root = join(__dirname, '../..');
const [, project, ...options] = process.argv.slice(2);
const name = relative(root, project);
appendFileSync(join(root, 'called'), [name, ...options].join(' ') + '\\n');
const broken = process.env.BROKEN_PROJECT;
if (broken === name) { console.log(name + '(1,1): error TS1'); process.exit(2); }
const files = { ...JSON.parse(readFileSync(join(root, 'emitted.json'), 'utf8'))[name] };
if (name === 'dist/types/tsconfig.json') {
  writeFileSync(join(root, 'asked'), readFileSync(join(root, 'dist/types/plain.ts')));
  writeFileSync(join(root, 'asked.json'), readFileSync(project));
  files['dist/types/dist/types/plain.d.ts'] = readFileSync(join(root, 'answer'), 'utf8');
}
if (options.includes('--removeComments')) {
  for (const file of Object.keys(files)) {
    if (file.endsWith('.d.ts')) delete files[file];
    else files[file] = 'export {};\\n';
  }
}
for (const [file, text] of Object.entries(files)) {
  mkdirSync(dirname(join(root, file)), { recursive: true });
  writeFileSync(join(root, file), text);
}
`;

let checkout: ReturnType<typeof makeCheckout>;
const path = (name: string): string => join(checkout.root, name);
const read = (name: string): string => readFileSync(path(name), 'utf8');
const put = (name: string, text: string): void => {
  mkdirSync(dirname(path(name)), { recursive: true });
  writeFileSync(path(name), text);
};

const make = (): void => {
  checkout = makeCheckout({
    'package.json': JSON.stringify(manifest),
    'emitted.json': JSON.stringify(emitted),
    'contract/config.ts': "import { siteSchema } from './the-site.ts';\n",
    'contract/the-site.ts': '',
    'dist/types/left': '',
    answer: 'export declare const config_Config: {\n    name: string;\n    region: string;\n};\nexport {};\n',
    'node_modules/.bin/tsc': compiler,
  });
  chmodSync(path('node_modules/.bin/tsc'), 0o755);
};

describe('the types of the package', () => {
  beforeAll(async () => {
    make();
    await emitTypes(checkout.root);
  });
  afterAll(() => checkout.remove());

  it('are emitted with their comments, and the code of the element without', () => {
    expect(read('called').trim().split('\n')).toEqual([
      'web-components/tsconfig.package.json',
      'web-components/tsconfig.package.json --declaration false --removeComments',
      'stacks/tsconfig.package.json',
      'dist/types/tsconfig.json',
    ]);
    expect(read('dist/element/web-components/element.js')).toBe('export {};\n');
  });

  it('name the modules beside them as they are in the package, and change no other text', () => {
    expect(read('dist/element/web-components/element.d.ts')).toBe("import './side.js';\nexport * from './near.js';\n");
    expect(read('dist/element/web-components/near.d.ts')).toContain("import('../contract/far.js').Far");
    expect(read('dist/element/contract/far.d.ts')).toContain("/** Read './x.ts'. */");
    expect(read('dist/stacks/stacks/index.d.ts')).toBe(
      "export type { Config } from '../contract/config.js';\nimport 'cdktf';\n",
    );
  });

  it('that no entry leads to are not in the package; its code is', () => {
    const files = ['dist/element', 'dist/stacks'].flatMap((folder) =>
      readdirSync(path(folder), { recursive: true, encoding: 'utf8' }).map((name) => `${folder}/${name}`),
    );
    expect(files.filter((name) => name.endsWith('.ts')).sort()).toEqual([
      'dist/element/contract/far.d.ts',
      'dist/element/web-components/element.d.ts',
      'dist/element/web-components/near.d.ts',
      'dist/element/web-components/side.d.ts',
      'dist/stacks/contract/config.d.ts',
      'dist/stacks/contract/the-site.d.ts',
      'dist/stacks/stacks/index.d.ts',
    ]);
    expect(existsSync(path('dist/element/contract/unreached.js'))).toBe(true);
  });

  it('of schemas are written out, with the comments of their fields, from whatever module these are', () => {
    expect(read('dist/stacks/contract/config.d.ts').trim()).toBe(`import { siteSchema } from './the-site.js';
/** What is written. */
export type Config = {
    /** Its name. */
    name: string;
    /** Where it is. */
    region: string;
};`);
  });

  it('of schemas are asked of the compiler by the name of the module and the type, without a trace', () => {
    expect(read('asked')).toMatch(/^import type \* as m0 from '\.\.\/\.\.\/contract\/config\.ts';\ntype Plain<T> = /);
    expect(read('asked')).toMatch(/\nexport const config_Config = plain<m0\.Config>\(\);\n$/);
    expect(JSON.parse(read('asked.json'))).toEqual({
      extends: '../../tsconfig.json',
      compilerOptions: {
        noEmit: false,
        declaration: true,
        emitDeclarationOnly: true,
        rootDir: '../..',
        outDir: '.',
      },
      include: [],
      files: ['plain.ts'],
    });
    expect(existsSync(path('dist/types'))).toBe(false);
  });
});

describe('the types of the package, otherwise', () => {
  beforeEach(make);
  afterEach(() => {
    delete process.env['BROKEN_PROJECT'];
    checkout.remove();
  });

  it('take no comment from a module that the one of the schema does not import', async () => {
    put('contract/config.ts', '');
    await emitTypes(checkout.root);
    expect(read('dist/stacks/contract/config.d.ts')).toContain('    name: string;\n    region: string;\n');
  });

  it.each(['web-components/tsconfig.package.json', 'stacks/tsconfig.package.json', 'dist/types/tsconfig.json'])(
    'are an error in the words of the compiler where they do not compile: %s',
    async (project) => {
      process.env['BROKEN_PROJECT'] = project;
      await expect(emitTypes(checkout.root)).rejects.toThrow(
        `${project} does not compile:\n${project}(1,1): error TS1\n`,
      );
      expect(existsSync(path('dist/types/plain.ts'))).toBe(false);
    },
  );

  it('are named where the compiler did not write them out', async () => {
    put('answer', 'export declare const config_Configs: {};\n');
    await expect(emitTypes(checkout.root)).rejects.toThrow('the compiler did not write out config_Config');
    expect(existsSync(path('dist/types'))).toBe(false);
  });

  it('are not emitted without a compiler', async () => {
    rmSync(path('node_modules/.bin/tsc'));
    await expect(emitTypes(checkout.root)).rejects.toThrow(/tsconfig\.package\.json does not compile:\n.*ENOENT/);
  });
});
