/** Owns running one command: its environment is what it is given, its output goes into a file, and it ends with this process. */
import { type ChildProcess, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';

export interface Command {
  readonly command: string;
  readonly args: readonly string[];
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
  /** File that takes everything it prints. */
  readonly log: string;
  /** Aborted: the command is interrupted, as by Ctrl-C. */
  readonly interruption?: AbortSignal | undefined;
}

export interface Outcome {
  /** Exit code; null when it was killed. */
  readonly code: number | null;
  /** Standard output and standard error, as they came. */
  readonly text: string;
}

/** Longest run of one command, in milliseconds: several times what the slowest takes. */
const timeoutMs = 600_000;
const shownLines = 60;

const running = new Set<ChildProcess>();

function kill({ pid }: ChildProcess): void {
  try {
    // The command leads a process group of its own, so that its children end with it.
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}

/** Ends every command that still runs, with its own children. */
export function killCommands(): void {
  running.forEach(kill);
}

/** Runs a command to its end, whatever that is. */
export function run({ command, args, folder, environment, log, interruption }: Command): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: folder,
      env: { ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    running.add(child);
    interruption?.addEventListener('abort', () => child.kill('SIGINT'));
    const timer = setTimeout(() => kill(child), timeoutMs);
    let text = '';
    const collect = (piece: Buffer): void => {
      text += piece.toString();
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    child.once('error', reject);
    child.once('close', (code) => {
      clearTimeout(timer);
      running.delete(child);
      writeFileSync(log, text);
      resolve({ code, text });
    });
  });
}

/** The outcome, when the command ended with one of `codes`. Throws an `Error` with the end of what it said otherwise. */
export function expectCode(outcome: Outcome, ...codes: readonly number[]): Outcome {
  if (outcome.code !== null && codes.includes(outcome.code)) return outcome;
  const end = outcome.text.trimEnd().split('\n').slice(-shownLines).join('\n');
  throw new Error(`exit code ${outcome.code}:\n${end}`);
}
