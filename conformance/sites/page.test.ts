import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { root } from '../support/site.ts';
import { generators } from './generators.ts';
import { shapes } from './shapes.ts';

const page = readFileSync(join(root, 'docs/sites.md'), 'utf8');

/** The rows of the table below a head, as cells. */
function rowsBelow(head: string): string[][] {
  const [, table = ''] = page.split(`| ${head} |`);
  const rows = table.split('\n\n')[0]?.split('\n').slice(2) ?? [];
  return rows.map((row) => row.split(' | ').map((cell) => cell.replace(/^\| | \|$/g, '')));
}

describe('docs/sites.md', () => {
  it('lists the generators and settings that the tests build with, and no other', () => {
    const built = generators.map(({ name, settings }) => [
      name,
      settings.map((setting) => (setting === undefined ? 'default' : `\`${setting}\``)).join(', '),
    ]);
    expect(rowsBelow('generator | settings that were tried')).toEqual(built);
  });

  it('lists the shapes that the tests try by hand, and no other', () => {
    const tried = shapes.flatMap(({ name }) => /^The shape of (?:an? )?(.*)$/.exec(name)?.[1] ?? []);
    expect(rowsBelow('shape | what it covers').map(([shape]) => shape)).toEqual(tried);
  });
});
