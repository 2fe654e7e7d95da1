/** `npm run build`: builds the Lambda and the elements. vite.config.ts says how each is built. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { type Plugin, build as viteBuild } from 'vite';
import { packageRoot } from '../stacks/text/package-root.ts';
import { isRunning } from './process-id.ts';

/** What vite.config.ts can build. */
export type BuildMode =
  | 'lambda'
  | 'secure-login'
  | 'secure-session'
  | 'access-request'
  | 'login-loop'
  | 'user-pool'
  | 'package';

/** Everything that a site needs: the Lambda, the elements, and the files beside them. */
export const siteModes: readonly BuildMode[] = [
  'lambda',
  'secure-login',
  'secure-session',
  'access-request',
  'login-loop',
  'user-pool',
];

/**
 * Builds `modes`, and puts them into `dist/` once all are built, because other processes may read or build there.
 * Throws the bundler's message if the code does not build, and then leaves `dist/` unchanged.
 */
export async function build(modes: readonly BuildMode[] = siteModes, plugins: readonly Plugin[] = []): Promise<void> {
  // The build is always the one to deploy, whatever NODE_ENV says. Otherwise Lit's development version would be used.
  process.env['NODE_ENV'] = 'production';
  const dist = join(packageRoot, 'dist');
  mkdirSync(dist, { recursive: true });
  removeAbandoned(dist);
  const interrupted = (): never => process.exit(1);
  // Listens before the draft exists, because a signal may come at any moment.
  for (const signal of signals) process.once(signal, interrupted);
  const draft = mkdtempSync(join(dist, `${draftPrefix}${process.pid}-`));
  const remove = (): void => rmSync(draft, { recursive: true, force: true });
  process.once('exit', remove);
  /** Folders whose whole content one mode builds. */
  const whole = new Set<string>();
  const intoDraft: Plugin = {
    name: 'into-draft',
    config: ({ build: { outDir = '', emptyOutDir } = {} }) => {
      if (emptyOutDir) whole.add(basename(outDir));
      return { build: { outDir: join(draft, relative('dist', outDir)) } };
    },
  };
  try {
    for (const mode of modes) {
      try {
        await viteBuild({ root: packageRoot, mode, logLevel: 'silent', plugins: [...plugins, intoDraft] });
      } catch (error) {
        throw new Error(`${mode} does not build: ${error instanceof Error ? error.message : error}`, {
          cause: error,
        });
      }
    }
    for (const folder of readdirSync(draft)) publish(join(draft, folder), join(dist, folder), whole.has(folder));
  } finally {
    remove();
    process.off('exit', remove);
    for (const signal of signals) process.off(signal, interrupted);
  }
}

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const draftPrefix = '.building-';

/** Removes the drafts of builds that were killed. */
function removeAbandoned(dist: string): void {
  for (const name of readdirSync(dist).filter((entry) => entry.startsWith(draftPrefix))) {
    const pid = Number(name.slice(draftPrefix.length).split('-')[0]);
    if (!isRunning(pid)) rmSync(join(dist, name), { recursive: true, force: true });
  }
}

/**
 * Moves the files of `draft` to `target`, each in one step, except those that are the same. An entry comes after the
 * chunks that it imports. `whole`: removes what the draft does not have.
 */
function publish(draft: string, target: string, whole: boolean): void {
  mkdirSync(target, { recursive: true });
  const names = readdirSync(draft).sort((one, other) => Number(/^index\./.test(one)) - Number(/^index\./.test(other)));
  for (const name of names) {
    const [from, to] = [join(draft, name), join(target, name)];
    if (bytesOf(to)?.equals(readFileSync(from)) !== true) renameSync(from, to);
  }
  if (!whole) return;
  for (const name of readdirSync(target)) {
    if (!names.includes(name)) rmSync(join(target, name), { recursive: true, force: true });
  }
}

/** The content of a file; undefined if there is none. */
function bytesOf(file: string): Buffer | undefined {
  try {
    return readFileSync(file);
  } catch {
    return undefined;
  }
}
