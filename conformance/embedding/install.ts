/** Installs the frameworks that the element is tried in, if they are missing or older than their lock. Run before the tests, which stay off the network. */
import { execFileSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { join } from 'node:path';

const folder = import.meta.dirname;

/** When a file was written, in milliseconds; 0: there is none. */
const writtenAt = (name: string): number => statSync(join(folder, name), { throwIfNoEntry: false })?.mtimeMs ?? 0;

// npm writes this one last.
if (writtenAt('node_modules/.package-lock.json') <= writtenAt('package-lock.json')) {
  execFileSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit'],
    shell: process.platform === 'win32',
  });
}
