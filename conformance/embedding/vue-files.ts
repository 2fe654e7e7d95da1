/** Compiles `.vue` files for a build, as Vue's own plugin does: by the compiler that comes with Vue. */
import { readFile } from 'node:fs/promises';
import type { Plugin } from 'vite';

type IsCustomElement = (tag: string) => boolean;

/** What is used of it. Its own types are there only where the frameworks are installed. */
interface Compiler {
  parse(source: string, options: object): { descriptor: object; errors: unknown[] };
  compileScript(descriptor: object, options: object): { content: string };
}

/** The code of a component: its template is a function in it. */
export async function compileVue(file: string, isCustomElement: IsCustomElement): Promise<string> {
  // By its file: where the frameworks are not installed, the compiler of types would look for it.
  const { parse, compileScript }: Compiler = await import(
    `${import.meta.dirname}/node_modules/vue/compiler-sfc/index.mjs`
  );
  const compilerOptions = { isCustomElement };
  const { descriptor, errors } = parse(await readFile(file, 'utf8'), {
    filename: file,
    templateParseOptions: compilerOptions,
  });
  if (errors.length > 0) throw new AggregateError(errors, file);
  return compileScript(descriptor, { id: 'vue', inlineTemplate: true, templateOptions: { compilerOptions } }).content;
}

export const vueFiles = (isCustomElement: IsCustomElement): Plugin => ({
  name: 'vue-files',
  async load(id) {
    return id.endsWith('.vue') ? { code: await compileVue(id, isCustomElement), moduleType: 'ts' } : undefined;
  },
});
