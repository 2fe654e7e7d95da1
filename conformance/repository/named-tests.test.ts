import { existsSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { describe, expect, it } from 'vitest';
import { labeled, listItems, unwrapped } from '../support/listed.ts';
import { root } from '../support/site.ts';

const read = (page: string): string => readFileSync(join(root, page), 'utf8');

interface Title {
  readonly word: 'describe' | 'it';
  readonly title: string;
}

/** Titles in a test file, in order, with the word before them; the table of an `each` may stand between the two. */
function titlesOf(file: string): readonly Title[] {
  if (!existsSync(join(root, file))) return [];
  const found: Title[] = [];
  let word: Title['word'] = 'describe';
  // A title is a text that is followed by the body of its test.
  const places = /^ *(describe|it)\b|(?<=[(\s])(['"`])((?:\\.|(?!\2)[^\\])+)\2,\s*(?:async\s*)?\(/gms;
  for (const [, start, , title] of read(file).matchAll(places)) {
    if (start !== undefined) word = start as Title['word'];
    else found.push({ word, title: (title ?? '').replace(/\\(['"`\\])/g, '$1') });
  }
  return found;
}

/** Titles of the tests in the group `group` of a file; without a group, in the whole file. */
function testsOf(file: string, group?: string): readonly string[] {
  const titles = titlesOf(file);
  const start = group === undefined ? 0 : titles.findIndex(({ word, title }) => word === 'describe' && title === group);
  if (start < 0) return [];
  const rest = titles.slice(start + (group === undefined ? 0 : 1));
  const end = group === undefined ? -1 : rest.findIndex(({ word }) => word === 'describe');
  return (end < 0 ? rest : rest.slice(0, end)).filter(({ word }) => word === 'it').map(({ title }) => title);
}

/** What a page names as `` `path/of.test.ts` › title ``, up to the end of the cell or line. */
const namedIn = (text: string): (readonly [file: string, title: string])[] =>
  [...unwrapped(text).matchAll(/`([\w./-]+\.test\.ts)` › ([^|\n]+?) *(?:\||$)/gm)].map(([, file = '', title = '']) => [
    file,
    title,
  ]);

/** Rows of a page's tables, without their heads, and the items of its lists: each with what it names. */
const entriesOf = (text: string): string[] => [
  ...(text.match(/^\| (?!behavior|---).*/gm) ?? []),
  ...listItems(text).map(({ name, points }) => [name, ...points].join('\n')),
];

/** Every entry names exactly one test, and no test is named outside of the entries. */
function expectOneTestEach(text: string): void {
  const entries = entriesOf(text);
  expect(entries.filter((entry) => namedIn(entry).length !== 1)).toEqual([]);
  expect(text.match(/\.test\.ts` ›/g)).toHaveLength(entries.length);
}

describe('conformance/README.md', () => {
  const page = read('conformance/README.md');
  const named = namedIn(page);

  it('names a test for every promise', () => {
    expect(named.length).toBeGreaterThan(100);
    expectOneTestEach(page);
  });

  it.each(named)('%s › %s exists', (file, title) => {
    expect(testsOf(file)).toContain(title);
  });
});

describe('emulator/README.md', () => {
  const page = read('emulator/README.md');
  const [, documented = ''] = /## What the documentation says([\s\S]*?)\n## /.exec(page) ?? [];
  const named = namedIn(documented);

  it('names a test for every behavior', () => {
    expect(named.length).toBeGreaterThan(80);
    expectOneTestEach(documented);
  });

  it.each(namedIn(page))('%s › %s exists', (file, title) => {
    expect(testsOf(posix.join('emulator', file))).toContain(title);
  });
});

describe('docs/threat-model.md', () => {
  const page = read('docs/threat-model.md');
  const [attacks = ''] = page.split('\n## Accepted risks');
  const named = namedIn(page);

  it('names a test for every attack', () => {
    expect(named.length).toBeGreaterThan(50);
    expectOneTestEach(attacks);
  });

  it('has one defense for every attack', () => {
    const without = listItems(attacks).filter((attack) => labeled(attack, 'Defense').length !== 1);
    expect(without).toEqual([]);
  });

  it.each(named)('%s › %s exists', (file, name) => {
    const [, group = '', title = ''] = /^(.+?) › (.+)$/.exec(name) ?? [];
    expect([file, testsOf(file, group)]).toEqual([file, expect.arrayContaining([title])]);
  });
});
