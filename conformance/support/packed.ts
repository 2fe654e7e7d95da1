/**
 * Makes the tarball that npm would publish, and installs it as a stranger would: alone, in a fresh folder, without the
 * network.
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { makeFullClone } from './clone.ts';
import { ownNpm } from './own-machine.ts';
import { root } from './site.ts';

const shell = promisify(execFile);
/** Where npm keeps what it is told and what it fetches; gone with the temp folder of the test run. */
const npmFolder = await mkdtemp(join(tmpdir(), 's3nator-npm-'));

export interface Outcome {
  readonly code: number;
  readonly out: string;
}

const runWith = (env: NodeJS.ProcessEnv, cwd: string, command: string, args: readonly string[]): Promise<Outcome> =>
  shell(command, [...args], { cwd, env }).then(
    ({ stdout, stderr }) => ({ code: 0, out: stdout + stderr }),
    ({ code, stdout, stderr }: { code: number; stdout: string; stderr: string }) => ({ code, out: stdout + stderr }),
  );

/** Runs a command to its end, whatever it says. An npm in it has a cache and settings of its own. */
export const run = (folder: string, command: string, ...args: readonly string[]): Promise<Outcome> =>
  runWith(ownNpm(process.env, npmFolder), folder, command, args);

/** The same with the machine's npm cache and settings. */
export const runOnMachine = (folder: string, command: string, ...args: readonly string[]): Promise<Outcome> =>
  runWith(process.env, folder, command, args);

const npm = (folder: string, ...args: readonly string[]): Promise<Outcome> =>
  run(folder, 'npm', ...args, '--offline', '--no-audit', '--no-fund', '--loglevel=error');

/** What lit is made of: lit and everything below it, as it is installed here. */
async function litPackages(name = 'lit', found = new Set<string>()): Promise<Set<string>> {
  if (found.has(name)) return found;
  found.add(name);
  const manifest = JSON.parse(await readFile(join(root, 'node_modules', name, 'package.json'), 'utf8'));
  for (const dependency of Object.keys(manifest.dependencies ?? {})) await litPackages(dependency, found);
  return found;
}

export interface Packed {
  /** The clone it was packed in. */
  readonly clone: string;
  readonly tarball: string;
  /** Installs the tarball and lit into a new folder; `peers` are put beside it as they are installed here. */
  install(manifest: object, peers: readonly string[]): Promise<string>;
  remove(): Promise<void>;
}

/** Runs `npm pack` in a clone of its own. */
export async function pack(): Promise<Packed> {
  const clone = await makeFullClone();
  const folder = await mkdtemp(join(tmpdir(), 's3nator-packed-'));
  const { code, out } = await npm(clone, 'pack', '--pack-destination', folder);
  if (code !== 0) throw new Error(`npm pack: ${out}`);
  const [tarball = ''] = await readdir(folder);
  const lit = join(folder, 'lit');
  await mkdir(lit);
  for (const name of await litPackages()) {
    const packed = await npm(join(root, 'node_modules', name), 'pack', '--ignore-scripts', '--pack-destination', lit);
    if (packed.code !== 0) throw new Error(`npm pack of ${name}: ${packed.out}`);
  }
  const litFiles = await readdir(lit);
  const folders = [clone, folder];
  return {
    clone,
    tarball: join(folder, tarball),
    async install(manifest, peers) {
      const consumer = await mkdtemp(join(tmpdir(), 's3nator-consumer-'));
      folders.push(consumer);
      await writeFile(
        join(consumer, 'package.json'),
        JSON.stringify({ name: 'consumer', version: '1.0.0', ...manifest }),
      );
      const files = [join(folder, tarball), ...litFiles.map((file) => join(lit, file))];
      const installed = await npm(consumer, 'install', '--ignore-scripts', ...files);
      if (installed.code !== 0) throw new Error(`npm install: ${installed.out}`);
      for (const peer of peers) {
        const link = join(consumer, 'node_modules', peer);
        await mkdir(dirname(link), { recursive: true });
        if (!existsSync(link)) await symlink(join(root, 'node_modules', peer), link);
      }
      return consumer;
    },
    async remove() {
      for (const each of folders) await rm(each, { recursive: true, force: true });
    },
  };
}

/** Code blocks of a page by the name in the comment before them: `<!-- example: NAME -->`. */
export async function examples(page: string): Promise<Readonly<Record<string, string>>> {
  const text = await readFile(join(root, page), 'utf8');
  const blocks = [...text.matchAll(/<!-- example: (\S+) -->\n```\w+\n(.*?)```/gs)];
  return Object.fromEntries(blocks.map(([, name = '', code = '']) => [name, code]));
}

/** Type-checks what is in `folder`; nothing is left unlooked at but declarations of others. */
export async function typeCheck(folder: string, compilerOptions: object): Promise<Outcome> {
  await writeFile(
    join(folder, 'tsconfig.json'),
    JSON.stringify({
      compilerOptions: { strict: true, exactOptionalPropertyTypes: true, noEmit: true, ...compilerOptions },
      include: ['*.ts'],
    }),
  );
  return run(folder, join(root, 'node_modules/.bin/tsc'), '-p', '.');
}
