import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { root } from '../support/site.ts';

/** Pages that promise something and name the test that shows it: `` `path/of.test.ts` › title of the test ``. */
const pages = ['conformance/README.md'];

const titlesOf = (file: string): string[] => {
  const path = join(root, file);
  if (!existsSync(path)) return [];
  const text = readFileSync(path, 'utf8');
  // A title stands after `it(` or after the table of an `it.each`.
  return [...text.matchAll(/(['"`])((?:\\.|(?!\1)[^\\])+)\1,\s*(?:async\s*)?\(/gs)].map(([, , title]) =>
    (title ?? '').replaceAll(/\\(['"`])/g, '$1'),
  );
};

describe.each(pages)('%s', (page) => {
  const named = [...readFileSync(join(root, page), 'utf8').matchAll(/`([\w./-]+\.test\.ts)` › ([^|\n]+?) *[|\n]/g)].map(
    ([, file = '', title = '']) => [file, title] as const,
  );

  it('names tests', () => {
    expect(named.length).toBeGreaterThan(10);
  });

  it.each(named)('%s › %s exists', (file, title) => {
    expect(titlesOf(file)).toContain(title);
  });
});
