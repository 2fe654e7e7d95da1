/** The bytes of files: small files are read at once, others in chunks while they are sent. Keeps no file open. */
import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import type { Body } from '../message/http-message.ts';

/** A file as it was at one moment. */
export interface FileState {
  readonly file: string;
  readonly size: number;
  readonly modified: Date;
  /** Differs if the file was changed or replaced. */
  readonly mark: string;
}

/** Files up to this size are read at once: less work than opening them for each chunk. */
const smallBytes = 256 * 1024;
const chunkBytes = 256 * 1024;
/** Larger files have the tag of an upload in parts. AWS's own tools begin with parts at this size, too. */
const partBytes = 8 * 1024 * 1024;
/** File systems note times in steps. A file that was hashed so soon after its last change may change unnoticed. */
const settledMs = 1_000;

async function stateAt(handle: FileHandle, file: string): Promise<FileState> {
  const { size, mtime, mtimeNs, ino } = await handle.stat({ bigint: true });
  return { file, size: Number(size), modified: mtime, mark: `${ino}-${size}-${mtimeNs}` };
}

class ChangedFile extends Error {
  constructor(file: string) {
    super(`${file} changed while it was read`);
  }
}

/**
 * The bytes of a span, read as they are asked for. Throws if the file is no longer the one of `state`: a mixture of two
 * files must not look like one of them.
 */
async function* chunksOf(state: FileState, first: number, last: number): AsyncGenerator<Buffer, void> {
  const handle = await open(state.file);
  try {
    for (let at = first; at <= last; ) {
      const chunk = Buffer.allocUnsafe(Math.min(chunkBytes, last - at + 1));
      const { bytesRead } = await handle.read(chunk, 0, chunk.length, at);
      // After the read, so that a change before it counts.
      if (bytesRead === 0 || (await stateAt(handle, state.file)).mark !== state.mark) {
        throw new ChangedFile(state.file);
      }
      yield chunk.subarray(0, bytesRead);
      at += bytesRead;
    }
  } finally {
    await handle.close();
  }
}

/** The bytes from `first` to `last`, including both. Opens the file only when they are sent. */
export const spanOf = (state: FileState, first: number, last: number): Body => ({
  length: last - first + 1,
  chunks: () => chunksOf(state, first, last),
});

const md5 = (bytes: Buffer | string): string => createHash('md5').update(bytes).digest('hex');

async function md5OfFile(state: FileState): Promise<string> {
  const hash = createHash('md5');
  for await (const chunk of chunksOf(state, 0, state.size - 1)) hash.update(chunk);
  return hash.digest('hex');
}

/** What a file contains. */
export interface FileContent {
  readonly state: FileState;
  /** undefined: the file is not small. */
  readonly bytes: Buffer | undefined;
  /** Quoted. The MD5 of the bytes; for a large file a tag of its size and times, with the number of parts. */
  readonly etag: string;
}

/** Reads one file again and again, and hashes it only after a change. The result is undefined if there is no file. */
export function createFileReader(file: string): () => Promise<FileContent | undefined> {
  let hashed: { readonly mark: string; readonly etag: string } | undefined;

  const tagOf = ({ mark, size }: FileState): string => `"${md5(mark)}-${Math.ceil(size / partBytes)}"`;

  async function etagOf(state: FileState, bytes: Buffer | undefined): Promise<string> {
    if (hashed?.mark === state.mark) return hashed.etag;
    if (state.size > partBytes) return tagOf(state);
    const begun = Date.now();
    const etag = `"${bytes === undefined ? await md5OfFile(state) : md5(bytes)}"`;
    if (begun - state.modified.getTime() > settledMs) hashed = { mark: state.mark, etag };
    return etag;
  }

  async function read(): Promise<FileContent> {
    const handle = await open(file);
    let state: FileState;
    let bytes: Buffer | undefined;
    try {
      state = await stateAt(handle, file);
      if (state.size <= smallBytes) bytes = await handle.readFile();
    } finally {
      await handle.close();
    }
    try {
      return { state, bytes, etag: await etagOf(state, bytes) };
    } catch (error) {
      if (!(error instanceof ChangedFile)) throw error;
      // Nobody can know its hash. Whoever reads all of it sees that, too.
      return { state, bytes, etag: tagOf(state) };
    }
  }
  return () => read().catch(() => undefined);
}
