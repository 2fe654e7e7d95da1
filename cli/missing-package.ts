/** Says which package to install if a command needs one that is missing: the npm package brings only lit. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../stacks/text/package-root.ts';

/** What to install, in the version that goes with this one; undefined when `error` is about something else. */
export function missingPackage(error: unknown): string | undefined {
  const { code, message } = Object(error) as { code?: unknown; message?: unknown };
  if (code !== 'ERR_MODULE_NOT_FOUND' && code !== 'MODULE_NOT_FOUND') return undefined;
  const [, name] = /^Cannot find (?:package|module) '((?:@[\w.-]+\/)?[\w-][\w.-]*)/.exec(String(message)) ?? [];
  if (name === undefined) return undefined;
  const { peerDependencies = {}, devDependencies = {} } = JSON.parse(
    readFileSync(join(packageRoot, 'package.json'), 'utf8'),
  ) as Record<string, Record<string, string>>;
  const range = peerDependencies[name] ?? devDependencies[name];
  return `This command needs ${name}, which is not installed. \
Fix: npm install ${range === undefined ? name : `${name}@${range}`}`;
}
