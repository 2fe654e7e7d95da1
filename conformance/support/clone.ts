/** Makes a fresh clone in the temp folder, for the commands that build and watch: everything but what git ignores. */
import { type ChildProcess, spawn } from 'node:child_process';
import { cp, mkdtemp, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { root } from './site.ts';

/** What an install, a build or a run makes, and git ignores. */
export const notOfTheRepository = new Set(['node_modules', '.git', 'dist', '.s3nator', 'cdktf.out', 'coverage']);

export async function makeFullClone(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 's3nator-clone-'));
  await cp(root, folder, { recursive: true, filter: (source) => !notOfTheRepository.has(basename(source)) });
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'));
  return folder;
}

export interface Command {
  readonly process: ChildProcess;
  /** Everything written so far. */
  readonly out: () => string;
  /** Resolves when the output matches; rejects when the command ends before. */
  waitFor(pattern: RegExp): Promise<void>;
  /** Exit code; null when it was ended by a signal. */
  readonly ended: Promise<number | null>;
}

/**
 * Runs a command until it ends by itself or is ended. `script`: the command line; default: a clone's own.
 * `nodeOptions`: before it.
 */
export function startCommand(
  folder: string,
  args: readonly string[],
  script = 'cli/main.ts',
  nodeOptions: readonly string[] = [],
): Command {
  const child = spawn(process.execPath, [...nodeOptions, script, ...args], {
    cwd: folder,
    env: { ...process.env, NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  const waiting = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      for (const check of waiting) check();
    });
  }
  const ended = new Promise<number | null>((done) => child.on('close', done));
  return {
    process: child,
    out: () => text,
    waitFor: (pattern) =>
      new Promise((done, failed) => {
        const check = (): void => {
          if (!pattern.test(text)) return;
          waiting.delete(check);
          done();
        };
        waiting.add(check);
        check();
        void ended.then(() => failed(new Error(`ended before ${pattern}:\n${text}`)));
      }),
    ended,
  };
}
