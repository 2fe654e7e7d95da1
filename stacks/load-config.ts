/** Reads `s3nator.config.ts` from a folder and checks it against the contract. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Config, parseConfig } from '../contract/config.ts';
import { configFile } from '../contract/layout.ts';
import { configErrorText } from './text/config-error.ts';
import { setupError } from './text/setup-error.ts';

/**
 * The checked config of the folder `root`. Throws a `SetupError` with one line for each wrong value. Node caches the
 * module, so only a new process sees a change.
 */
export async function loadConfig(root: string): Promise<Config> {
  const path = join(root, configFile);
  if (!existsSync(path)) throw setupError('config_wrong', `${path}: missing`);
  let options: unknown;
  try {
    ({ default: options } = (await import(pathToFileURL(path).href)) as { default?: unknown });
  } catch (error) {
    const said = error instanceof Error ? error.message : '';
    // Node's message in a project whose package.json has the type that `npm init` writes.
    const isCommonJs = /outside a module|Unexpected token 'export'/.test(said);
    const text = isCommonJs
      ? `${configFile}: ${said}. Fix: set "type": "module" in package.json`
      : configErrorText(error, path);
    throw setupError('config_wrong', text, error);
  }
  if (options === undefined) {
    throw setupError('config_wrong', `${configFile}: no default export. Fix: export default defineConfig({ … })`);
  }
  const result = parseConfig(options);
  if (result.config !== undefined) return result.config;
  throw setupError(
    'config_wrong',
    result.problems.map((problem) => `${configFile}: ${problem}`),
  );
}
