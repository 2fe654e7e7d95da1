/** What a page loads for `<secure-login>`, and for `<secure-session>`: the script-tag builds, each with Lit. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { kilobytes, type Report } from './report.ts';
import type { Workspace } from './workspace.ts';

const mostBytes = 10 * 1024;
const firstLoad = ['secure-login.js', 'secure-session.js'];

export function benchElementSize({ folder }: Workspace, report: Report): void {
  const built = join(folder, 'dist/site');
  const files = readdirSync(built, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.js'));
  const sizes = files.map((name) => {
    const bytes = readFileSync(join(built, name));
    return { name, plain: bytes.length, gzip: gzipSync(bytes).length, brotli: brotliCompressSync(bytes).length };
  });
  report.heading('The elements, each with Lit');
  report.table(
    ['', 'minified', 'gzip', 'brotli'],
    sizes.map(({ name, plain, gzip, brotli }) => [name, ...[plain, gzip, brotli].map(kilobytes)]),
  );
  // The others are loaded on demand.
  for (const { name, gzip } of sizes.filter((one) => firstLoad.includes(one.name))) {
    report.target(`${name}: at most ${kilobytes(mostBytes)} with gzip`, kilobytes(gzip), gzip <= mostBytes);
  }
}
