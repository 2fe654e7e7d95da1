import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { watchForEnd } from './ending.ts';

let folder: string;
let command: ChildProcess | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 's3nator-ending-'));
});
afterEach(() => {
  command?.kill('SIGKILL');
  rmSync(folder, { recursive: true });
});

const said = (process: ChildProcess, word: string): Promise<void> =>
  new Promise((done) => {
    let out = '';
    process.stdout?.on('data', (text: Buffer) => {
      out += text;
      if (out.includes(word)) done();
    });
  });

/** Writes a script into a file. */
function script(text: string, name = 'main.mjs'): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
}
const importIt = `import { watchForEnd } from '${new URL('ending.ts', import.meta.url).href}';`;

/** A command that gets the signal to end, and never finishes. */
const slow = `${importIt}
  const { ended } = watchForEnd();
  setInterval(() => {}, 1000);
  console.log('up');
  await ended;
  console.log('ending');`;
const slowCommand = (): ChildProcess =>
  spawn(process.execPath, [script(slow)], { stdio: ['ignore', 'pipe', 'inherit'] });

describe('watchForEnd', () => {
  it.each([
    ['SIGINT', 'SIGINT'],
    ['SIGTERM', 'SIGTERM'],
    ['SIGHUP', 'SIGHUP'],
    ['SIGTERM', 'SIGINT'],
  ] as const)('lets a command end by itself after %s, and ends it at once after %s', async (first, second) => {
    command = slowCommand();
    const [up, ending] = [said(command, 'up'), said(command, 'ending')];
    const end = new Promise((done) => command?.once('close', (...how) => done(how)));
    await up;
    command.kill(first);
    await ending;
    expect([command.exitCode, command.signalCode]).toEqual([null, null]);
    command.kill(second);
    expect(await end).toEqual([1, null]);
  });

  it.each([
    ['whoever started it', (file: string) => `spawn(process.execPath, ['${file}'], { stdio });`],
    // npm runs a script in such a shell, which stays when npm is gone.
    [
      'whoever started the shell that runs it',
      (file: string) => `spawn('sh', ['-c', 'node "${file}"; :'], { stdio });`,
    ],
  ])('lets a command end by itself when %s is gone', async (_, start) => {
    const file = script(`${slow}\nprocess.exit();`);
    const stdio = `const stdio = ['ignore', 'inherit', 'inherit'];`;
    const parent = script(
      `import { spawn } from 'node:child_process'; ${stdio} ${start(file)} setInterval(() => {}, 1000);`,
      'parent.mjs',
    );
    command = spawn(process.execPath, [parent], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [up, ending] = [said(command, 'up'), said(command, 'ending')];
    await up;
    command.kill('SIGKILL');
    await ending;
  });

  it('lets a command end by itself when nobody reads what it prints', async () => {
    const file = script(`${importIt}
      const { ended } = watchForEnd();
      setInterval(() => console.log('up'), 10);
      await ended;
      process.exit(7);`);
    command = spawn(process.execPath, [file], { stdio: ['ignore', 'pipe', 'inherit'] });
    const end = new Promise((done) => command?.once('exit', done));
    await said(command, 'up');
    command.stdout?.destroy();
    expect(await end).toBe(7);
  });

  it('keeps no command running that has nothing left to do', async () => {
    command = spawn(process.execPath, [script(`${importIt} watchForEnd();`)], { stdio: 'inherit' });
    expect(await new Promise((done) => command?.once('exit', (...how) => done(how)))).toEqual([0, null]);
  });
});

describe('watchForEnd, in one process', () => {
  let handlers: Map<string, () => void>;
  let ended: boolean;
  let watching: ReturnType<typeof watchForEnd>;
  beforeEach(() => {
    vi.useFakeTimers();
    [handlers, ended] = [new Map(), false];
    vi.spyOn(process, 'on').mockImplementation(((name: string, act: () => void) => handlers.set(name, act)) as never);
    for (const name of ['stdout', 'stderr'] as const) {
      vi.spyOn(process[name], 'on').mockImplementation(((event: string, act: () => void) =>
        handlers.set(`${name} ${event}`, act)) as never);
    }
    watching = watchForEnd();
    void watching.ended.then(() => {
      ended = true;
    });
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.restoreAllMocks();
  });

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP', 'stdout error', 'stderr error'])('%s is the end', async (name) => {
    expect([...handlers.keys()].sort()).toEqual(['SIGHUP', 'SIGINT', 'SIGTERM', 'stderr error', 'stdout error']);
    await Promise.resolve();
    expect([ended, watching.signal.aborted]).toEqual([false, false]);
    handlers.get(name)?.();
    await watching.ended;
    expect(watching.signal.aborted).toBe(true);
  });

  it('looks for the parent every 250 ms, until the end', async () => {
    await vi.advanceTimersByTimeAsync(1_000);
    expect(ended).toBe(false);
    vi.spyOn(process, 'ppid', 'get').mockReturnValue(1);
    await vi.advanceTimersByTimeAsync(249);
    expect(ended).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect([ended, vi.getTimerCount()]).toEqual([true, 0]);
  });
});
