/** The load size of `<secure-login>` and `<secure-session>`: the script-tag builds, each with Lit. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { kilobytes, type Report } from './report.ts';
import type { Workspace } from './workspace.ts';

/** The files that a page loads first, with their largest gzip size in bytes. */
const firstLoad: Record<string, number> = { 'secure-login.js': 14 * 1024, 'secure-session.js': 11 * 1024 };

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
  for (const { name, gzip } of sizes) {
    const mostBytes = firstLoad[name];
    if (mostBytes === undefined) continue;
    report.target(`${name}: at most ${kilobytes(mostBytes)} with gzip`, kilobytes(gzip), gzip <= mostBytes);
  }
}
