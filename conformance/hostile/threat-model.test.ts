import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { root } from '../support/site.ts';

const page = readFileSync(join(root, 'docs/threat-model.md'), 'utf8');

/** Rows of the tables that name an attack: their last cell is `` `file` › describe › it ``. */
const rows = page
  .split('\n')
  .filter((line) => line.startsWith('| ') && line.includes('.test.ts`'))
  .map((line) => line.split(' | ').at(-1)?.replace(/ \|$/, '') ?? '');

/** Titles in a test file, in order, with the word they stand behind; a table of `each` may stand between the two. */
function titlesOf(file: string): readonly (readonly [word: string, title: string])[] {
  const path = join(root, file);
  if (!existsSync(path)) return [];
  const text = readFileSync(path, 'utf8');
  const found: [string, string][] = [];
  let word = '';
  // A title is a text that is followed by the body of its test.
  for (const [, start, , title] of text.matchAll(
    /^ *(describe|it)\b|(?<=[(\s])(['"])((?:\\.|(?!\2).)+)\2,\s*(?:async )?\(/gm,
  )) {
    if (start !== undefined) word = start;
    else found.push([word, (title ?? '').replace(/\\(['"\\])/g, '$1')]);
  }
  return found;
}

describe('the threat model', () => {
  it('names a test for every attack', () => {
    expect(rows.length).toBeGreaterThan(50);
    const attacks = page.split('\n## What is accepted')[0]?.match(/^\| (?!attack|---).*/gm) ?? [];
    expect(attacks.length).toBe(rows.length);
  });

  it.each(rows)('%s exists', (row) => {
    const [, file = '', group = '', title = ''] = /^`([^`]+)` › (.+?) › (.+)$/.exec(row) ?? [];
    const titles = titlesOf(file);
    const at = titles.findIndex(([word, name]) => word === 'describe' && name === group);
    expect([file, group, at >= 0]).toEqual([file, group, true]);
    const next = titles.findIndex(([word], place) => place > at && word === 'describe');
    const inside = titles.slice(at + 1, next < 0 ? undefined : next).map(([, name]) => name);
    expect(inside).toContain(title);
  });
});
