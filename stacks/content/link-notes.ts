/** Finds links that macOS follows and a server does not: they write the letters of a name in parts. */
import { readFileSync, statSync } from 'node:fs';
import { visible } from '../../contract/visible-text.ts';
import { listText } from '../text/list-text.ts';
import { addressesOf } from './addresses.ts';
import type { ContentFile } from './content-files.ts';

/** A larger page is not read: a person would not wait for it. In bytes. */
const maximumPageBytes = 16 * 2 ** 20;

const links = /\b(?:href|src)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))/gi;

/** The path that a link leads to, not percent-encoded; undefined: it leads to another site, or is no address. */
function pathOf(link: string, page: string): string | undefined {
  const base = `https://site.invalid${page.split('/').map(encodeURIComponent).join('/')}`;
  if (!URL.canParse(link, base)) return undefined;
  const { host, pathname } = new URL(link, base);
  try {
    return host === 'site.invalid' ? decodeURIComponent(pathname) : undefined;
  } catch {
    // Not UTF-8.
    return undefined;
  }
}

/**
 * One line if pages link in parts (NFD) to names in composed letters (NFC), which is 404. Such links get no address of
 * their own: it would begin with the plain letter, so a rule for `/cafe*` would open `/café`. Reads pages only if a
 * name has such a letter.
 */
export function linkNotes(files: readonly ContentFile[]): readonly string[] {
  const composed = files.filter(({ path }) => path !== path.normalize('NFD'));
  if (composed.length === 0) return [];
  const known = new Set(files.flatMap(({ path }) => [path, ...addressesOf(path).map((other) => other.path)]));
  const missed = files
    .filter(({ path, file }) => /\.x?html?$/i.test(path) && statSync(file).size <= maximumPageBytes)
    .flatMap(({ path: page, file }) => {
      const found = [...readFileSync(file, 'utf8').matchAll(links)]
        .map(([, double, single, bare]) => pathOf((double ?? single ?? bare ?? '').replaceAll('&amp;', '&'), page))
        .filter((path) => path !== undefined)
        .filter((path) => !known.has(path) && path !== path.normalize('NFC') && known.has(path.normalize('NFC')));
      return [...new Set(found)].map((path) => `${visible(path)} in ${visible(page)}`);
    });
  const begin = missed.length === 1 ? '1 link is' : `${missed.length.toLocaleString('en')} links are`;
  return missed.length === 0
    ? []
    : [
        `${begin} 404, although the names look the same: letters in parts (NFD) lead to no name in composed letters ` +
          `(NFC): ${listText(missed)}. Fix: write NFC in links`,
      ];
}
