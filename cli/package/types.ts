/**
 * Emits the declarations of the npm package, and frees them from the packages that are bundled. Edits their text: it is
 * the compiler's output, always in one form, and TypeScript 7 has no stable API and no option for what is done here.
 */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { fieldsOf, inferredTypes, withoutSchemas } from './plain-types.ts';

/** Emits the element with its types into `dist/element`, and the types of the constructs into `dist/stacks`. */
export async function emitTypes(root: string): Promise<void> {
  await compile(root, 'web-components/tsconfig.package.json');
  // The comments are for who reads the declarations.
  await compile(root, 'web-components/tsconfig.package.json', '--declaration', 'false', '--removeComments');
  await compile(root, 'stacks/tsconfig.package.json');
  await writePlainTypes(root);
  for (const folder of ['dist/element', 'dist/stacks']) {
    for (const name of readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })) {
      // Who reads them has no `.ts` beside them.
      if (name.endsWith('.d.ts'))
        edit(join(root, folder, name), (text) => text.replace(/(?<=(?:from |import\(|import )'\.[^']*)\.ts'/g, ".js'"));
    }
  }
  removeUnreached(root);
}

/** Takes away what no entry of the package leads to: declarations of modules that nobody can name. */
function removeUnreached(root: string): void {
  const reached = new Set<string>();
  const follow = (file: string): void => {
    if (reached.has(file) || !existsSync(file)) return;
    reached.add(file);
    const text = readFileSync(file, 'utf8');
    for (const [, path = ''] of text.matchAll(/(?:from |import\(|import )'(\.[^']*)\.js'/g)) {
      follow(join(dirname(file), `${path}.d.ts`));
    }
  };
  const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  for (const entry of Object.values<string | { readonly types: string }>(exports)) {
    if (typeof entry === 'object') follow(join(root, entry.types));
  }
  for (const folder of ['dist/element', 'dist/stacks']) {
    for (const name of readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })) {
      const file = join(root, folder, name);
      if (name.endsWith('.d.ts') && !reached.has(file)) rmSync(file);
    }
  }
}

async function compile(root: string, project: string, ...options: readonly string[]): Promise<void> {
  try {
    await promisify(execFile)(join(root, 'node_modules/.bin/tsc'), ['-p', join(root, project), ...options]);
  } catch (error) {
    throw new Error(`${project} does not compile:\n${(error as { stdout?: string }).stdout || error}`, {
      cause: error,
    });
  }
}

/** Replaces the types of `dist/stacks/contract` that only valibot could read. */
async function writePlainTypes(root: string): Promise<void> {
  const contract = join(root, 'dist/stacks/contract');
  const modules = readdirSync(contract)
    .map((file) => ({ file: join(contract, file), name: file.replace(/\.d\.ts$/, '') }))
    .map((module) => ({ ...module, text: readFileSync(module.file, 'utf8') }))
    .filter(({ text }) => text.includes("from 'valibot'"));
  const inferred = modules.map(({ name, text }) => ({ name, types: inferredTypes(text) }));
  const plain = await writtenOut(
    root,
    inferred.filter(({ types }) => types.length > 0),
  );
  const onlySchemas = modules.filter(({ text }) => inferredTypes(text).length === 0);
  for (const { file, name, text } of modules) {
    const source = readFileSync(join(root, 'contract', `${name}.ts`), 'utf8');
    const imported = onlySchemas
      .filter((module) => source.includes(`from './${module.name}.ts'`))
      .flatMap((module) => fieldsOf(module.text));
    writeFileSync(file, withoutSchemas(text, plain[name] ?? {}, imported));
  }
}

type Written = Readonly<Record<string, Readonly<Record<string, string>>>>;

/**
 * The given types of the contract's modules, as the compiler writes them out: it does so for a value whose type has no
 * name.
 */
async function writtenOut(
  root: string,
  modules: readonly { name: string; types: readonly string[] }[],
): Promise<Written> {
  const folder = join(root, 'dist/types');
  const constant = (module: string, type: string): string => `${module.replaceAll('-', '_')}_${type}`;
  rmSync(folder, { recursive: true, force: true });
  try {
    const imports = modules.map(({ name }, index) => `import type * as m${index} from '../../contract/${name}.ts';\n`);
    const values = modules.flatMap(({ name, types }, index) =>
      types.map((type) => `export const ${constant(name, type)} = plain<m${index}.${type}>();\n`),
    );
    write(join(folder, 'plain.ts'), [
      ...imports,
      'type Plain<T> = T extends (infer Item)[] ? Plain<Item>[] : ',
      'T extends object ? { [Key in keyof T]: Plain<T[Key]> } : T;\n',
      'declare function plain<T>(): Plain<T>;\n',
      ...values,
    ]);
    const compilerOptions = {
      noEmit: false,
      declaration: true,
      emitDeclarationOnly: true,
      rootDir: '../..',
      outDir: '.',
    };
    write(join(folder, 'tsconfig.json'), [
      JSON.stringify({ extends: '../../tsconfig.json', compilerOptions, include: [], files: ['plain.ts'] }),
    ]);
    await compile(root, 'dist/types/tsconfig.json');
    const text = readFileSync(join(folder, 'dist/types/plain.d.ts'), 'utf8');
    const typeOf = (name: string): string => {
      const [, type] =
        new RegExp(`(?<=^|\\n)export declare const ${name}: (.*?);\\n(?=export|type|declare|$)`, 's').exec(text) ?? [];
      if (type === undefined) throw new Error(`the compiler did not write out ${name}`);
      return type;
    };
    return Object.fromEntries(
      modules.map(({ name, types }) => [
        name,
        Object.fromEntries(types.map((type) => [type, typeOf(constant(name, type))])),
      ]),
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function write(file: string, lines: readonly string[]): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, lines.join(''));
}

const edit = (file: string, change: (text: string) => string): void =>
  writeFileSync(file, change(readFileSync(file, 'utf8')));
