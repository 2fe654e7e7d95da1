/** The log of the site that `npm start` runs: a file that each start begins anew. */
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { beginPrivateFile } from '../../private-file.ts';
import { paint } from '../../terminal.ts';
import { type LogQuery, type LogSource, pause } from './log-source.ts';

/** The time between two reads of a file that is followed, in milliseconds. */
const pollMs = 200;
/** The number of bytes of one read. */
const pieceBytes = 65_536;

export const localLogFile = (root: string, site: string): string => join(root, '.s3nator/log', `${site}.jsonl`);

/** Starts a new log for a site. Returns a function that writes one line. */
export function beginLocalLog(root: string, site: string): (line: string) => void {
  // It names people.
  const append = beginPrivateFile(localLogFile(root, site));
  return (line) => append(`${line}\n`);
}

/** Splits chunks of a file into lines. An unfinished line waits for the next chunk. */
class Lines {
  private rest = Buffer.alloc(0);

  *in(piece: Buffer): Generator<string> {
    let bytes = Buffer.concat([this.rest, piece]);
    for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10)) {
      yield bytes.subarray(0, end).toString();
      bytes = bytes.subarray(end + 1);
    }
    this.rest = bytes;
  }
}

export function localLog(root: string, site: string): LogSource {
  const file = localLogFile(root, site);

  async function opened(): Promise<FileHandle> {
    try {
      return await open(file);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      throw new Error(`--local-site: site ${site} has no log on this machine. Fix: npm start, in this folder`, {
        cause: error,
      });
    }
  }

  async function* lines({ follow, signal }: LogQuery): AsyncGenerator<string> {
    const handle = await opened();
    const buffer = Buffer.alloc(pieceBytes);
    let split = new Lines();
    let position = 0;
    try {
      while (!signal.aborted) {
        // Another `npm start` has started a new log.
        if ((await handle.stat()).size < position) [position, split] = [0, new Lines()];
        const { bytesRead } = await handle.read(buffer, 0, pieceBytes, position);
        position += bytesRead;
        yield* split.in(buffer.subarray(0, bytesRead));
        if (bytesRead > 0) continue;
        if (!follow) return;
        await pause(pollMs, signal);
      }
    } finally {
      await handle.close();
    }
  }

  return { title: `${paint('cyan', 'LOCAL')} site ${paint('bold', site)}, log ${file} (npm start)`, lines };
}
