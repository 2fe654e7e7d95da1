/** Knows when a command that keeps running must end: at a signal, with its parent, or with its terminal. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { isRunning } from '../process-id.ts';

/** Between two looks at who is still there, in milliseconds. */
const lookMs = 250;
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** A process, and who started it. */
interface Link {
  readonly pid: number;
  readonly parent: number;
}

const onLinux = process.platform === 'linux';

/** Parent and command line of a process; undefined: it is gone, or this system does not tell. */
function processOf(pid: number): { readonly parent: number; readonly command: string } | undefined {
  try {
    if (onLinux) {
      // The name before the last parenthesis may have spaces. The fields after it begin with the state and the parent.
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

/** A shell that runs one command for somebody else, as npm's does: it outlives whoever wanted the command. */
const runsOneCommand = /^\S*\b(ba|da|z|a|k)?sh -c\b/;

/** This process and its parent; where that is a shell for one command, that shell and its parent, too. */
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
  /** Resolves then. */
  readonly ended: Promise<void>;
}

/** Looks from now on. A second signal ends the process at once. */
export function watchForEnd(): Ending {
  const controller = new AbortController();
  const end = (): void => controller.abort();
  const ended = new Promise<void>((done) => controller.signal.addEventListener('abort', () => done(), { once: true }));
  for (const signal of signals) {
    process.on(signal, () => (controller.signal.aborted ? process.exit(1) : end()));
  }
  // A reader or a terminal that is gone: there is nobody left to serve, or to say so to.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', end);
  const links = ancestry();
  const timer = setInterval(() => {
    if (links.some(isBroken)) end();
  }, lookMs);
  // A command that has failed ends by itself.
  timer.unref();
  controller.signal.addEventListener('abort', () => clearInterval(timer), { once: true });
  return { signal: controller.signal, ended };
}
