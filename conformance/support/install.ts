/**
 * Installs what only some tests need, if it is missing or older than its lock: the frameworks that the element is tried
 * in, and the generators whose sites are tried. Run before the tests, which stay off the network.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, renameSync, rmSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';

/**
 * Settings of the machine say how the network is reached (registry, proxy, certificates). The rest is said here,
 * because what is installed must not depend on the machine: npm hands its whole config down to what it runs, and its
 * cache may hold anything.
 */
const settings = [
  'ignore-scripts',
  'no-audit',
  'no-fund',
  'no-global',
  'no-dry-run',
  'no-package-lock-only',
  'include=prod',
  'include=optional',
  'install-strategy=hoisted',
  'loglevel=error',
];

/** When a file was written, in milliseconds; 0 if there is no such file. */
const writtenAt = (path: string): number => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
// npm writes this one last.
const isCurrent = (folder: string): boolean =>
  writtenAt(join(folder, 'node_modules/.package-lock.json')) > writtenAt(join(folder, 'package-lock.json'));

function install(folder: string): void {
  const installed = join(folder, 'node_modules');
  // Installed elsewhere and put in place whole: another test run in this clone may be reading, or installing, the same.
  const draft = mkdtempSync(join(folder, '.installing-'));
  try {
    for (const name of ['package.json', 'package-lock.json']) cpSync(join(folder, name), join(draft, name));
    const options = [...settings, `cache=${join(draft, '.npm')}`].map((setting) => `--${setting}`);
    const names = /^npm_config_(local_prefix|prefix|cache)$/i;
    const environment = Object.entries(process.env).filter(([name]) => !names.test(name));
    execFileSync('npm', ['ci', ...options], {
      cwd: draft,
      env: Object.fromEntries(environment),
      stdio: ['ignore', 'ignore', 'inherit'],
      shell: process.platform === 'win32',
    });
    if (isCurrent(folder)) return;
    rmSync(installed, { recursive: true, force: true });
    renameSync(join(draft, 'node_modules'), installed);
  } catch (error) {
    if (!isCurrent(folder)) throw error;
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

for (const name of ['embedding', 'sites']) {
  const folder = resolve(import.meta.dirname, '..', name);
  if (!isCurrent(folder)) install(folder);
}
