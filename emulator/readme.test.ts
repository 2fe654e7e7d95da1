import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const read = (name: string): string => readFileSync(new URL(name, import.meta.url), 'utf8');
const readme = read('./README.md');

/** Titles of `it`, and of `it.each`, where the title stands after the table. */
const titlesOf = (file: string): string[] =>
  [...read(`./${file}`).matchAll(/(['"`])((?:\\.|(?!\1)[^\\])+)\1,\s*(?:async\s*)?\(/gs)].map(([, , title]) =>
    (title ?? '').replaceAll(/\\(['"`])/g, '$1'),
  );

describe('the README', () => {
  const named = [...readme.matchAll(/`([\w/-]+\.test\.ts)` › (.+?) \|$/gm)].map(([, file = '', title = '']) => [
    file,
    title,
  ]);

  it('names a test for every behavior', () => {
    const [, documented = ''] = /## What the documentation says([\s\S]*?)\n## /.exec(readme) ?? [];
    const rows = documented.split('\n').filter((line) => /^\| (?!behavior|---)/.test(line));
    expect(rows.length).toBeGreaterThan(80);
    expect(named).toHaveLength(rows.length);
  });

  it.each(named)('%s › %s exists', (file = '', title = '') => {
    expect(titlesOf(file)).toContain(title);
  });

  it('has a place for every file', () => {
    const files = readdirSync(import.meta.dirname, { recursive: true, encoding: 'utf8' })
      .map((name) => name.replaceAll('\\', '/'))
      .filter((name) => /\.[jt]s$/.test(name) && !/\.test\.ts$|^testing\//.test(name));
    const missing = files.filter((name) => !readme.includes(`\`${name}\``));
    expect(missing).toEqual([]);
  });
});
