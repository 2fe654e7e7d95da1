/** What a plain static host answers: the second opinion on every address of a site. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The files of a site: path on the site, not percent-encoded, and content. */
export type Files = ReadonlyMap<string, Buffer>;

/** What is published of a folder: no name that begins with a dot, except `.well-known`. */
export async function readFiles(folder: string): Promise<Files> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const names = paths.map((path) => path.slice(folder.length).replaceAll('\\', '/'));
  const published = names.filter((name) => !/\/\.(?!well-known\/)/.test(name)).toSorted();
  return new Map(await Promise.all(published.map(async (name) => [name, await readFile(folder + name)] as const)));
}

/** The file at an address, and the path that the address leads to: with or without a slash at its end. */
export interface Found {
  readonly file: string;
  readonly path: string;
}

/** First the exact file, then the page with `.html`, then the index page of the folder. `path`: as browsers send it. */
export function fileAt(files: Files, path: string): Found | undefined {
  const name = decodeURIComponent(path);
  const candidates: Found[] = name.endsWith('/')
    ? [
        { file: `${name}index.html`, path },
        { file: `${name.slice(0, -1)}.html`, path: path.slice(0, -1) },
      ]
    : [
        { file: name, path },
        // An index page has one address, that of its folder.
        { file: `${name}.html`, path: path.replace(/\/index$/, '/') },
        { file: `${name}/index.html`, path: `${path}/` },
      ];
  return candidates.find(({ file }) => files.has(file));
}
