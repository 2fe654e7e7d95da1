/** What an operator should know about the names in a folder: what is left out, what is open, what looks alike. */

import { isIn, type SitePaths } from '../../contract/layout.ts';
import { listText } from '../text/list-text.ts';
import type { ContentListing } from './content-files.ts';

const counted = (count: number, noun: string): string =>
  `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`;

/** One line for each kind. `shipped`: paths of the pages and scripts that every site has. */
export function contentNotes(
  { files, leftOut }: ContentListing,
  shipped: ReadonlySet<string>,
  { open: folder }: SitePaths,
): readonly string[] {
  const paths = files.map(({ path }) => path);
  const open = paths.filter((path) => isIn(folder, path) && !shipped.has(path));
  const { cases, forms } = alike(paths);
  const pairs = (texts: readonly (readonly string[])[]): string => listText(texts.map((pair) => pair.join(' and ')));
  const opened = `${counted(open.length, 'file')} under ${folder}/`;
  const begin = leftOut.length === 1 ? 'begins' : 'begin';
  return [
    ...(leftOut.length > 0
      ? [`left out ${counted(leftOut.length, 'name')} that ${begin} with a dot: ${listText(leftOut)}`]
      : []),
    ...(open.length > 0 ? [`everyone can open ${opened} without signing in: ${listText(open)}`] : []),
    ...(cases.length > 0
      ? [`these names differ only in case, and macOS and Windows take them for one: ${pairs(cases)}`]
      : []),
    ...(forms.length > 0
      ? [
          `these names look the same, but are written in two forms of Unicode (NFC and NFD): ${pairs(forms)}. ` +
            'Fix: rename one of them, or remove it',
        ]
      : []),
  ];
}

/** Names of files and folders that are beside each other and almost the same. */
function alike(paths: readonly string[]): {
  readonly cases: readonly (readonly string[])[];
  readonly forms: readonly (readonly string[])[];
} {
  const seen = new Set<string>();
  const byCase = new Map<string, string>();
  const cases: string[][] = [];
  const forms: string[][] = [];
  for (const path of paths) {
    // A folder comes with its first file.
    for (let name = path; name !== '' && !seen.has(name); name = name.slice(0, name.lastIndexOf('/'))) {
      seen.add(name);
      const slash = name.lastIndexOf('/') + 1;
      const composed = name.slice(slash).normalize('NFC');
      const key = name.slice(0, slash) + composed.toLowerCase();
      const other = byCase.get(key);
      if (other === undefined) byCase.set(key, name);
      else (other.slice(slash).normalize('NFC') === composed ? forms : cases).push([other, name]);
    }
  }
  return { cases, forms };
}
