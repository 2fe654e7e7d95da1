/** Collects the licenses of the packages that are bundled. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Plugin } from 'vite';

interface Manifest {
  readonly name?: string;
  readonly version?: string;
  readonly license?: string;
}

/** Notes the package of every module that is bundled while it is a plugin of the build. */
export class Licenses {
  private readonly folders = new Set<string>();

  readonly plugin: Plugin = {
    name: 'licenses',
    generateBundle: (_, bundle) => {
      for (const chunk of Object.values(bundle)) {
        if (chunk.type !== 'chunk') continue;
        // What was shaken out of a chunk is not in it.
        const modules = Object.entries(chunk.modules).filter(([, { renderedLength }]) => renderedLength > 0);
        for (const [id] of modules) if (id.includes('/node_modules/')) this.folders.add(packageFolder(id));
      }
    },
  };

  /**
   * Every text once, under the packages that are under it and whose each of them is; the terms that LICENSE has are not
   * repeated. Throws for a package without one.
   */
  text(): string {
    const packages = new Map<string, { readonly text: string; readonly names: string[] }>();
    for (const folder of [...this.folders].sort()) {
      const { name, version, license } = manifestOf(folder);
      const file = readdirSync(folder).find((entry) => /^licen[cs]e(\.(md|txt))?$/i.test(entry));
      if (file === undefined && license === undefined) throw new Error(`${name}: bundled, and has no licence`);
      const whole = file === undefined ? `License: ${license}` : readFileSync(join(folder, file), 'utf8');
      const owners = (whole.match(ownerLine) ?? []).map((line) => line.trim());
      const text = withoutTerms(whole.replace(ownerLine, '')).trim();
      // The same words, however they are set.
      const words = wordsOf(text);
      const same = packages.get(words) ?? { text, names: [] };
      same.names.push([`${name} ${version}`, ...owners].join('. '));
      packages.set(words, same);
    }
    const parts = [...packages.values()].map(({ text, names }) => `${names.join('\n')}\n\n${text}\n`);
    return `Parts of these packages are in this one.\n\n${parts.join(`\n${'-'.repeat(80)}\n\n`)}`;
  }
}

/** The terms of the Apache License 2.0, and the appendix on how to use it. */
const apacheTerms = new RegExp(
  [
    /(?:Apache License\s+Version 2\.0, January 2004\s+http:\/\/www\.apache\.org\/licenses\/\s+)?/,
    /(TERMS AND CONDITIONS FOR USE,.*?)\s*(?:END OF TERMS AND CONDITIONS|$)/,
    /(?:\s+APPENDIX: .*limitations under the License\.)?/,
  ]
    .map(({ source }) => source)
    .join(''),
  's',
);

const wordsOf = (text: string): string => text.replace(/\s+/g, ' ').trim();
const ownTerms = wordsOf(apacheTerms.exec(readFileSync(join(import.meta.dirname, '../../LICENSE'), 'utf8'))?.[1] ?? '');

/** The terms that this package itself comes under stand in its LICENSE, word for word. */
const withoutTerms = (text: string): string =>
  text.replace(apacheTerms, (whole, terms: string) =>
    wordsOf(terms) === ownTerms ? 'Apache License, Version 2.0: its terms are those in LICENSE.' : whole,
  );

const ownerLine = /^[ \t]*Copyright (?:\(c\)|\d).*$/gim;

/** Its folder right below `node_modules`: folders in it may have manifests of their own, which name no licence. */
function packageFolder(module: string): string {
  const [folder] = /^.*\/node_modules\/(@[^/]+\/)?[^/]+(?=\/)/.exec(module.replace(/^\0/, '')) ?? [];
  if (folder === undefined) throw new Error(`${module}: of no package`);
  return folder;
}

const manifestOf = (folder: string): Manifest => JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
