/** Builds the Lambda and the element once, before the whole flow is tested. */
import { execFileSync } from 'node:child_process';
import { resolve } from 'node:path';

export default function setup(): void {
  const root = resolve(import.meta.dirname, '../..');
  execFileSync(process.execPath, ['cli/main.ts', 'build'], { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });
}
