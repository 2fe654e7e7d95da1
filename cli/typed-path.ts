/** Paths as they were typed: npm runs scripts in the folder of the package, wherever it was called. */
import { realpathSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/** The folder that npm went to; undefined: npm did not start this command. */
function npmFolder(manifest: string | undefined): string | undefined {
  try {
    return manifest === undefined ? undefined : realpathSync(dirname(manifest));
  } catch {
    return undefined;
  }
}

/** A path that was typed where npm was called, as it is seen from `folder`, where the command runs. */
export function typedPath(path: string, folder = process.cwd(), env: NodeJS.ProcessEnv = process.env): string {
  const { INIT_CWD: called, npm_package_json: manifest, npm_lifecycle_script: script = '' } = env;
  if (called === undefined || npmFolder(manifest) !== folder) return path;
  // What the script itself says is meant for the package's folder.
  const words = script.split(/[\s=]+/).map((word) => word.replaceAll(/["']/g, ''));
  return words.includes(path) ? path : resolve(called, path);
}
