/** Runs one of our commands in a child process that ends with its parent. */
import { spawn } from 'node:child_process';

export interface ChildOptions {
  /** Working directory of the command. */
  readonly folder: string;
  /** Ends the command when aborted. */
  readonly signal: AbortSignal;
}

export interface Printed {
  readonly out: string;
  /** Warnings of a command that succeeded. */
  readonly errors: string;
}

/** Resolves to the command's output. Rejects with its error output. */
export function runOwn(args: readonly string[], { folder, signal }: ChildOptions): Promise<Printed> {
  if (signal.aborted) return Promise.reject(ended());
  // The channel tells the child when we end, for any reason.
  const child = spawn(process.execPath, [process.argv[1] ?? '', ...args], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const kill = (): void => void child.kill('SIGTERM');
  signal.addEventListener('abort', kill);
  let out = '';
  let errors = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  return new Promise((done, failed) => {
    child.on('error', failed);
    child.on('close', (code) => {
      signal.removeEventListener('abort', kill);
      if (signal.aborted) failed(ended());
      else if (code === 0) done({ out, errors });
      else failed(new Error(errors.trim().replace(/^error /, '') || `${args[0]} ended with code ${code}`));
    });
  });
}

const ended = (): Error => new Error('ended before it was done');

/** Called in the child: ends it when its parent has ended. */
export function endWithParent(): void {
  if (!process.connected) return;
  process.once('disconnect', () => process.exit(1));
  process.channel?.unref();
}
