import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { listen } from '../../emulator/message/loopback-server.ts';
import { freePorts } from '../../emulator/testing/free-ports.ts';
import { makeFullClone } from '../support/clone.ts';
import { processesWith } from '../support/processes.ts';

const marker = 'S3NATOR_TEST_MARK';

let clone: string;
let temp: string;
beforeAll(async () => {
  clone = await makeFullClone();
  temp = join(tmpdir(), `start-${randomUUID()}`);
  await mkdir(temp);
});
afterAll(async () => {
  for (const folder of [clone, temp]) await rm(folder, { recursive: true });
});

let mark: string;
let port: number;
let out: string;
beforeEach(async () => {
  [mark, port, out] = [randomUUID(), await freePorts(), ''];
});
afterEach(() => {
  for (const pid of processesWith(marker, mark)) process.kill(pid, 'SIGKILL');
});

/** npm keeps what it has compiled in the temp folder; what is looked for there is ours. */
const environment = () => ({ ...process.env, [marker]: mark, TMPDIR: temp, NODE_DISABLE_COMPILE_CACHE: '1' });

/** Runs a command line that starts the site. */
function run(command: string, ...args: readonly string[]): ChildProcess {
  const started = spawn(command, args, {
    cwd: clone,
    env: environment(),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  for (const stream of [started.stdout, started.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      out += text;
    });
  }
  return started;
}

const start = (): ChildProcess => run(process.execPath, 'cli/main.ts', 'start', '--port', String(port));
const up = (): Promise<void> => vi.waitFor(() => expect(out).toContain('Ctrl-C stops'), { timeout: 50_000 });
const drafts = async (): Promise<string[]> =>
  (await readdir(join(clone, 'dist')).catch(() => [])).filter((name) => name.startsWith('.'));
const building = (): Promise<void> =>
  vi.waitFor(async () => expect(await drafts()).toHaveLength(1), { timeout: 50_000, interval: 5 });

const canListen = (taken: number): Promise<boolean> =>
  new Promise((done) => {
    const server = createServer();
    server.once('error', () => done(false));
    server.listen(taken, '127.0.0.1', () => server.close(() => done(true)));
  });

/** No process, port or folder of it is left. */
async function expectNothingLeft(): Promise<void> {
  await vi.waitFor(() => expect(processesWith(marker, mark)).toEqual([]), { timeout: 30_000 });
  expect(await Promise.all([port, port + 1, port + 2].map(canListen))).toEqual([true, true, true]);
  expect([await readdir(temp), await drafts(), await readdir(join(clone, '.s3nator/running'))]).toEqual([[], [], []]);
}

const ended = (process: ChildProcess): Promise<unknown> => new Promise((done) => process.once('close', done));

describe('npm start leaves no process, port or folder behind', () => {
  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('after %s', async (signal) => {
    const site = start();
    await up();
    const end = ended(site);
    site.kill(signal);
    expect(await end).toBe(0);
    await expectNothingLeft();
  });

  it.each(['SIGTERM', 'SIGKILL'] as const)('after %s to the npm that runs it: npm start & kill $!', async (signal) => {
    const npm = run('npm', 'start', '--', '--port', String(port));
    await up();
    npm.kill(signal);
    await expectNothingLeft();
  });

  it('after the end of a script that started it', async () => {
    const script = `node cli/main.ts start --port ${port} & read -r line`;
    const shell = spawn('bash', ['-c', script], {
      cwd: clone,
      env: environment(),
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    shell.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text;
    });
    await up();
    shell.kill('SIGKILL');
    await expectNothingLeft();
  });

  it('after the end of whoever reads what it prints, as with a terminal that was closed', async () => {
    const site = start();
    await up();
    site.stdout?.destroy();
    site.stderr?.destroy();
    await writeFile(join(clone, 'site/www/public/touched.txt'), mark);
    await expectNothingLeft();
  });

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('after %s while it builds', async (signal) => {
    const site = start();
    await building();
    const end = ended(site);
    site.kill(signal);
    await end;
    await expectNothingLeft();
    expect(out).not.toMatch(/error/i);
  });

  it('after SIGKILL while it builds: the build ends with it', async () => {
    const site = start();
    await building();
    expect(processesWith(marker, mark).length).toBeGreaterThan(1);
    site.kill('SIGKILL');
    await expectNothingLeft();
  });

  it('after it failed: a port is taken', async () => {
    const server = createServer();
    await listen(server, port + 1);
    const end = ended(start());
    expect(await end).toBe(1);
    await new Promise((done) => server.close(done));
    await expectNothingLeft();
  });
});
