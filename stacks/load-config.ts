/** Owns reading `s3nator.config.ts` from a folder. Checks it by the contract; knows no default of its own. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Config, parseConfig } from '../contract/config.ts';
import { setupError } from './setup-error.ts';

/** File name of the config. */
export const configFile = 's3nator.config.ts';

/**
 * The checked config of the folder `root`. Throws a `SetupError` with one line for each wrong value. Node caches the module: a process
 * that must see a change is a new one.
 */
export async function loadConfig(root: string): Promise<Config> {
  const path = join(root, configFile);
  if (!existsSync(path)) throw setupError('config_wrong', `${path}: missing`);
  let options: unknown;
  try {
    ({ default: options } = (await import(pathToFileURL(path).href)) as { default?: unknown });
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    // Node, of a project whose package.json has the type that `npm init` writes.
    const mend = /outside a module|Unexpected token 'export'/.test(said)
      ? '. Mend: "type": "module" in package.json'
      : '';
    throw setupError('config_wrong', `${configFile}: ${said}${mend}`, error);
  }
  const result = parseConfig(options);
  if (result.config !== undefined) return result.config;
  throw setupError('config_wrong', result.problems.map((problem) => `${configFile}: ${problem}`).join('\n'));
}
