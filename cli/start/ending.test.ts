import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

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

/** A command that gets the signal to end, and never finishes. */
function slowCommand(): ChildProcess {
  const file = join(folder, 'main.mjs');
  writeFileSync(
    file,
    `import { watchForEnd } from '${new URL('ending.ts', import.meta.url).href}';
    const { ended } = watchForEnd();
    setInterval(() => {}, 1000);
    console.log('up');
    await ended;
    console.log('ending');`,
  );
  return spawn(process.execPath, [file], { stdio: ['ignore', 'pipe', 'inherit'] });
}

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
});
