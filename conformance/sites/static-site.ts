/** A site to try, and how it comes into a folder. */
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

export interface StaticSite {
  readonly name: string;
  /** Makes the site in a new folder, and returns the folder. */
  readonly build: () => Promise<string>;
  /** Path of a page to open while signed out; not the start page. */
  readonly deep: string;
  /** Pages that no link leads to. Default: the generator's own page for 404. */
  readonly unlinked?: readonly string[];
}

/** Paths below a folder, and the content of the files. */
export type Sources = Readonly<Record<string, string | Buffer>>;

/** Writes files into a new folder, and returns the folder. */
async function writeFiles(files: Sources): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 's3nator-sites-'));
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), content);
  }
  return folder;
}

/** A site that is nothing but these files. */
export const siteOf = (name: string, files: Sources, deep: string): StaticSite => ({
  name,
  build: () => writeFiles(files),
  deep,
});
