import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readContent } from './content-files.ts';
import { linkNotes } from './link-notes.ts';

const parts = (text: string): string => text.normalize('NFD');

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 's3nator-links-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function notes(files: Readonly<Record<string, string>>): readonly string[] {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return linkNotes(readContent({ folder, field: 'content', api: '/auth' }).files);
}

describe('linkNotes', () => {
  it.each([
    ['as it is', `<a href="${parts('/équipe/')}">`],
    ['percent-encoded, with a query', `<a href='${encodeURI(parts('/équipe/'))}?x#y'>`],
    ['relative to the page', `<img src=${parts('../../équipe/')}>`],
  ])('names a link in parts to a name in composed letters, %s', (_, page) => {
    expect(notes({ 'équipe/index.html': '', 'docs/c++ a#b/index.html': page })).toEqual([
      `1 link is 404, although the names look the same: letters in parts (NFD) lead to no name in composed letters \
(NFC): ${parts('/équipe/')} in /docs/c++ a#b/index.html. Fix: write NFC in links`,
    ]);
  });

  it('counts them, and names each of a page once', () => {
    const page = ['a', 'a', 'b', 'c', 'd', 'e'].map((name) => `<a href="${parts(`/é/${name}`)}">`).join('\n');
    const files = Object.fromEntries(['a', 'b', 'c', 'd', 'e'].map((name) => [`é/${name}.html`, '']));
    expect(notes({ ...files, 'index.html': page })[0]).toMatch(
      /^5 links are 404, .*\/e\u0301\/a in \/index\.html, .* and 2 more\. Fix: write NFC in links$/,
    );
  });

  it.each([
    ['in composed letters', '<a href="/équipe/">'],
    ['to another site', `<a href="${parts('https://example.com/équipe/')}">`],
    ['to nothing in either form', `<a href="${parts('/écran')}">`],
    ['to a name in parts', `<a href="${parts('/über.html')}"><a href="/über.html">`],
    ['that are no addresses', '<a href="http://["><a href="/%ff"><a href>'],
  ])('has nothing to say about links %s', (_, page) => {
    expect(notes({ 'équipe/index.html': '', [parts('über.html')]: '', 'index.html': page })).toEqual([]);
  });
});
