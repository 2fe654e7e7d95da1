/** The Python processes of the local AWS: starts one, reads it line by line, ends it by its ID. */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';

export interface Child {
  /** The next line of its standard output. If the process ends first, rejects with its error output. */
  line(): Promise<string>;
  write(line: string): void;
  close(): Promise<void>;
}

/** Starts `python3 file` with `environment` added to this process's environment. */
export function startPython(file: string, environment: Readonly<Record<string, string>> = {}): Child {
  const child: ChildProcessByStdio<Writable, Readable, Readable> = spawn('python3', [file], {
    env: { ...process.env, ...environment },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (piece: Buffer) => {
    said = (said + piece.toString()).slice(-4000);
  });
  child.stdin.on('error', () => {});
  const ended = new Promise<void>((resolve) => {
    child.once('close', () => resolve());
    child.once('error', (error) => {
      said += error.message;
      resolve();
    });
  });
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  return {
    line: async () => {
      const { value, done } = await lines.next();
      if (done !== true) return value;
      await ended;
      throw new Error(`python3 ${file} ended: ${said.trim()}`);
    },
    write: (line) => child.stdin.write(`${line}\n`),
    close: async () => {
      child.stdin.end();
      child.kill();
      await ended;
    },
  };
}
