/** A site to try, and how it comes into a folder. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import type { Page } from 'playwright';

export interface StaticSite {
  readonly name: string;
  /** Makes the site in a new folder, and returns the folder. */
  readonly build: () => Promise<string>;
  /** Path of a page to open while signed out; not the start page. */
  readonly deep: string;
  /** Pages that no link leads to. Default: the generator's own page for 404. */
  readonly unlinked?: readonly string[];
  /** Uses what the site has besides links, such as its search. The page is at the start page. */
  readonly use?: (page: Page) => Promise<void>;
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

const modules = join(import.meta.dirname, 'node_modules');
const noNetwork = pathToFileURL(join(import.meta.dirname, 'no-network.ts')).href;

/**
 * Runs a generator in a new folder with these sources, and returns the folder that it made there. `command`: a script
 * in that folder, where `node_modules` has the generators, and its arguments.
 */
export async function generate(sources: Sources, command: readonly string[], made: string): Promise<string> {
  const folder = await writeFiles(sources);
  await symlink(modules, join(folder, 'node_modules'));
  const env = {
    ...process.env,
    NODE_ENV: 'production',
    NODE_OPTIONS: `--import=${noNetwork}`,
    ASTRO_TELEMETRY_DISABLED: '1',
  };
  await promisify(execFile)(process.execPath, [...command], { cwd: folder, env });
  return join(folder, made);
}
