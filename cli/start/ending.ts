/** Detects when a running command must end: at a signal, with its parent, or with its terminal. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { isRunning } from '../process-id.ts';

/** Interval between checks of the ancestor processes, in milliseconds. */
const lookMs = 250;
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** A process and its parent. */
interface Link {
  readonly pid: number;
  readonly parent: number;
}

const onLinux = process.platform === 'linux';

/** Parent and command line of a process; undefined: it has ended, or this system does not show them. */
function processOf(pid: number): { readonly parent: number; readonly command: string } | undefined {
  try {
    if (onLinux) {
      // The name may contain spaces, so the code reads after the last parenthesis: first the state, then the parent.
      const [, parent = ''] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
      return { parent: Number(parent), command: readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ') };
    }
    if (process.platform === 'win32') return undefined;
    const line = execFileSync('ps', ['-o', 'ppid=,args=', '-p', String(pid)], { encoding: 'utf8' });
    const [, parent, command = ''] = /^\s*(\d+)\s+(.*)/.exec(line) ?? [];
    return parent === undefined ? undefined : { parent: Number(parent), command };
  } catch {
    return undefined;
  }
}

/** A shell that runs a single command, such as npm's. It outlives the process that started it. */
const runsOneCommand = /^\S*\b(ba|da|z|a|k)?sh -c\b/;

/** This process and its parent. If the parent is a shell for one command, its parent, too. */
function ancestry(): readonly Link[] {
  const links: Link[] = [{ pid: process.pid, parent: process.ppid }];
  for (let pid = process.ppid; pid > 1; ) {
    const found = processOf(pid);
    if (found === undefined || !runsOneCommand.test(found.command)) break;
    links.push({ pid, parent: found.parent });
    pid = found.parent;
  }
  return links;
}

function isBroken({ pid, parent }: Link): boolean {
  if (pid === process.pid) return process.ppid !== parent || (process.platform === 'win32' && !isRunning(parent));
  return onLinux ? processOf(pid)?.parent !== parent : !isRunning(parent);
}

export interface Ending {
  /** Aborted when the command must end. */
  readonly signal: AbortSignal;
  /** Resolves when the signal is aborted. */
  readonly ended: Promise<void>;
}

/** Starts watching. A second signal ends the process at once. */
export function watchForEnd(): Ending {
  const controller = new AbortController();
  const end = (): void => controller.abort();
  const ended = new Promise<void>((done) => controller.signal.addEventListener('abort', () => done()));
  for (const signal of signals) {
    process.on(signal, () => (controller.signal.aborted ? process.exit(1) : end()));
  }
  // The reader or the terminal is gone, so nobody can be served or told.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', end);
  const links = ancestry();
  const timer = setInterval(() => {
    if (links.some(isBroken)) end();
  }, lookMs);
  // The timer must not keep a failed command alive.
  timer.unref();
  controller.signal.addEventListener('abort', () => clearInterval(timer));
  return { signal: controller.signal, ended };
}
