/** Runs one command with the given environment. Its output goes into a file, and it ends with this process. */
import { type ChildProcess, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';

export interface Command {
  readonly command: string;
  readonly args: readonly string[];
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
  /** File for all output. */
  readonly log: string;
  /** Aborting it interrupts the command, like Ctrl-C. */
  readonly interruption?: AbortSignal | undefined;
}

export interface Outcome {
  /** Exit code; null if it was killed. */
  readonly code: number | null;
  /** Standard output and standard error in the order of arrival. */
  readonly text: string;
}

/** Longest run of one command, in milliseconds: several times what the slowest command takes. */
const timeoutMs = 600_000;
const shownLines = 60;

const running = new Set<ChildProcess>();

function kill({ pid }: ChildProcess): void {
  try {
    // The command leads its own process group, so that its children end with it.
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // It has already ended.
  }
}

/** Ends every running command, including its children. */
export function killCommands(): void {
  running.forEach(kill);
}

/** Runs a command to its end, whatever the exit code. */
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

/**
 * Returns the outcome if the command ended with one of `codes`. Otherwise throws an `Error` with the end of its output.
 */
export function expectCode(outcome: Outcome, ...codes: readonly number[]): Outcome {
  if (outcome.code !== null && codes.includes(outcome.code)) return outcome;
  const end = outcome.text.trimEnd().split('\n').slice(-shownLines).join('\n');
  throw new Error(`exit code ${outcome.code}:\n${end}`);
}
