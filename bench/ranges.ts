/** The cost of 100 bytes of a large file in the local run, against 100 bytes of a small one, and what 3 GB need. */
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEdgeServer } from '../emulator/cloudfront/edge-server.ts';
import { close, listen } from '../emulator/message/loopback-server.ts';
import { createBucket } from '../emulator/s3/object-store.ts';
import { readObject } from '../emulator/s3/s3-read.ts';
import { measure, median } from './measure.ts';
import { digits, type Report, times } from './report.ts';

const rounds = 61;
const largeBytes = 3 * 2 ** 30;
const rangeBytes = 100;

/** Reads an answer without keeping it. Returns its length. */
function download(port: number, path: string, headers: Record<string, string>): Promise<number> {
  return new Promise((resolve, reject) => {
    const request = get({ host: '127.0.0.1', port, path, headers }, (incoming) => {
      let bytes = 0;
      incoming.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
      });
      incoming.once('end', () => resolve(bytes)).once('error', reject);
    });
    request.once('error', reject);
  });
}

export async function benchRanges(report: Report): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 's3nator-bench-'));
  const bucket = createBucket('bench');
  for (const [name, size] of [
    ['small', rangeBytes],
    ['large', largeBytes],
  ] as const) {
    const file = join(folder, name);
    writeFileSync(file, '');
    truncateSync(file, size);
    bucket.put(`/${name}`, { file }, { contentType: 'video/mp4', cacheControl: undefined });
  }
  const server = createEdgeServer({
    knowsHost: () => true,
    onFault: (error) => report.note(String(error)),
    async serve(request) {
      const object = await bucket.get(request.path);
      if (object === undefined) throw new Error(`there is no ${request.path}`);
      return readObject(request, object);
    },
  });
  const port = await listen(server, 0);
  try {
    const ask = (path: string) => async (count: number) => {
      for (let turn = 0; turn < count; turn++) {
        const bytes = await download(port, path, { range: `bytes=0-${rangeBytes - 1}` });
        if (bytes !== rangeBytes) throw new Error(`${bytes} bytes of ${path}`);
      }
    };
    const results = await measure({ small: { run: ask('/small') }, large: { run: ask('/large') } }, rounds);
    const [small, large] = [median(results.small) / 1000, median(results.large) / 1000];

    let peak = 0;
    const before = process.memoryUsage.rss();
    const timer = setInterval(() => {
      peak = Math.max(peak, process.memoryUsage.rss() - before);
    }, 20);
    const begun = performance.now();
    const bytes = await download(port, '/large', {});
    const seconds = (performance.now() - begun) / 1000;
    clearInterval(timer);
    const megabytes = Math.max(0, peak) / 2 ** 20;

    report.heading('100 bytes of a file in the local run');
    report.table(
      ['', 'ms'],
      [
        ['of a file of 100 bytes', digits(small)],
        ['of a file of 3 GB', digits(large)],
      ],
    );
    report.note(
      `all of the 3 GB: ${digits(seconds)} s; the memory of server and client grows by ${digits(megabytes)} MB`,
    );
    report.target(
      '100 bytes of 3 GB take at most 20 ms more than 100 bytes',
      `${digits(large - small)} ms more, ${times(large / small)}`,
      large - small <= 20,
    );
    report.target(
      '3 GB need at most 100 MB of memory',
      `${digits(megabytes)} MB`,
      bytes === largeBytes && megabytes <= 100,
    );
  } finally {
    await close(server);
    rmSync(folder, { recursive: true, force: true });
  }
}
