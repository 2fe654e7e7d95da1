/** What a page loads for `<secure-login>`: the script-tag build, Lit included. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { kilobytes, type Report } from './report.ts';
import type { Workspace } from './workspace.ts';

const mostBytes = 10 * 1024;

export function benchElementSize({ folder }: Workspace, report: Report): void {
  const built = join(folder, 'dist/site');
  const files = readdirSync(built, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.js'));
  const sizes = files.map((name) => {
    const bytes = readFileSync(join(built, name));
    return { name, plain: bytes.length, gzip: gzipSync(bytes).length, brotli: brotliCompressSync(bytes).length };
  });
  const gzip = sizes.reduce((sum, size) => sum + size.gzip, 0);
  report.heading('The element, Lit included');
  report.table(
    ['', 'minified', 'gzip', 'brotli'],
    sizes.map(({ name, plain, gzip, brotli }) => [name, ...[plain, gzip, brotli].map(kilobytes)]),
  );
  report.target(`at most ${kilobytes(mostBytes)} with gzip`, kilobytes(gzip), gzip <= mostBytes);
}
