/** Makes a throwaway copy of the project for builds and runs, so that your own `dist/` stays unchanged. */
import { execFile, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { cp, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { promisify } from 'node:util';

const root = resolve(import.meta.dirname, '..');

/** Files that git ignores or the copy does not need. */
const leftOut = new Set(['node_modules', '.git', 'dist', '.s3nator', 'cdktf.out', 'coverage']);
/** Only at the root, where the operator's keys are: they are not copied. */
const leftOutAtRoot = new Set([join(root, 'keys'), join(root, 'bench')]);

export interface Workspace {
  readonly folder: string;
  /** Runs a module of the copy to its end. Resolves to its output. */
  run(...args: readonly string[]): Promise<string>;
  /** Changes the copy's config. */
  configure(from: string, to: string): void;
  remove(): Promise<void>;
}

/** Copies the project and builds both artifacts in the copy. */
export async function makeWorkspace(): Promise<Workspace> {
  const folder = await mkdtemp(join(tmpdir(), 's3nator-bench-'));
  const workspace: Workspace = {
    folder,
    run: async (...args) => (await promisify(execFile)(process.execPath, args, { cwd: folder })).stdout.trim(),
    configure(from, to) {
      const file = join(folder, 's3nator.config.ts');
      const text = readFileSync(file, 'utf8');
      if (!text.includes(from)) throw new Error(`the shipped config does not contain: ${from}`);
      writeFileSync(file, text.replace(from, to));
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
  try {
    await cp(root, folder, {
      recursive: true,
      filter: (source) => !leftOut.has(basename(source)) && !leftOutAtRoot.has(source),
    });
    await symlink(join(root, 'node_modules'), join(folder, 'node_modules'));
    await workspace.run('cli/main.ts', 'build');
    return workspace;
  } catch (error) {
    await workspace.remove();
    throw error;
  }
}

/** Runs `npm ci` in a folder. Throws npm's output if it fails. */
export function installIn(folder: string): void {
  const { status, stderr } = spawnSync('npm', ['ci', '--no-audit', '--no-fund'], { cwd: folder, encoding: 'utf8' });
  if (status !== 0) throw new Error(`npm ci in ${folder}: ${stderr}`);
}
