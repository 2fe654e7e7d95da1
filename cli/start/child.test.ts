import { spawn } from 'node:child_process';
import { getEventListeners } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { runOwn } from './child.ts';

const main = process.argv[1] ?? '';
let folder: string;
let stop: AbortController;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 's3nator-child-'));
  stop = new AbortController();
});
afterEach(() => {
  process.argv[1] = main;
  rmSync(folder, { recursive: true });
});

/** A command line that does this. */
function script(text: string): string {
  const file = join(folder, 'main.mjs');
  writeFileSync(file, text);
  process.argv[1] = file;
  return file;
}

const run = () => runOwn(['synth', '--port', '1'], { folder, signal: stop.signal });

describe('runOwn', () => {
  it('returns the output, with warnings separate, and leaves no listener behind', async () => {
    script('console.log(process.cwd(), ...process.argv.slice(2)); console.error("careful");');
    expect(await run()).toEqual({ out: `${folder} synth --port 1\n`, errors: 'careful\n' });
    expect(getEventListeners(stop.signal, 'abort')).toEqual([]);
  });

  it.each([
    ['console.error("error the config is wrong"); process.exitCode = 1;', 'the config is wrong'],
    [
      'console.error("an error is here\\nerror and here\\n"); process.exitCode = 1;',
      'an error is here\nerror and here',
    ],
    ['console.log("half"); process.exitCode = 3;', 'synth ended with code 3'],
  ])('rejects with the error output: %s', async (text, message) => {
    script(text);
    await expect(run()).rejects.toThrow(new RegExp(`^${message}$`));
  });

  it.each(['SIGKILL', 'SIGTERM', 'SIGSEGV'])(
    'rejects when %s ended it, whatever it had printed by then',
    async (signal) => {
      script(`import { writeSync } from 'node:fs'; writeSync(1, 'half'); process.kill(process.pid, '${signal}');
      setInterval(() => {}, 1000);`);
      await expect(run()).rejects.toThrow(/^synth ended /);
    },
  );

  it('has a channel to the command, which tells it when we end', async () => {
    script('console.log(process.connected); process.disconnect();');
    expect(await run()).toEqual({ out: 'true\n', errors: '' });
  });

  it('waits for everything that is printed, even after the command has ended', async () => {
    script(`import { spawn } from 'node:child_process';
      const late = "setTimeout(() => { console.log('late'); console.error('late'); }, 200)";
      spawn(process.execPath, ['-e', late], { stdio: ['ignore', 'inherit', 'inherit'] }).unref();
      console.log('soon');`);
    expect(await run()).toEqual({ out: 'soon\nlate\n', errors: 'late\n' });
  });

  it('returns all of a long output', async () => {
    script(`for (const out of [process.stdout, process.stderr]) out.write('x'.repeat(500_000));`);
    const { out, errors } = await run();
    expect([out.length, errors.length]).toEqual([500_000, 500_000]);
  });

  it('reads letters whole, though they arrive in pieces', async () => {
    script(`
      const pieces = Buffer.from('ä');
      for (const out of [process.stdout, process.stderr]) out.write(Buffer.from([0x61, pieces[0]]));
      setTimeout(() => { for (const out of [process.stdout, process.stderr]) out.write(pieces.subarray(1)); }, 50);`);
    expect(await run()).toEqual({ out: 'aä', errors: 'aä' });
  });

  it('gives the command nothing to read', async () => {
    script(`process.stdin.on('end', () => console.log('read it all')).resume();`);
    expect(await run()).toEqual({ out: 'read it all\n', errors: '' });
  });

  it('rejects when the command cannot be started', async () => {
    script('');
    await expect(runOwn(['synth'], { folder: join(folder, 'gone'), signal: stop.signal })).rejects.toThrow('ENOENT');
  });

  it('starts nothing after the end', async () => {
    script(`import { writeFileSync } from 'node:fs'; writeFileSync('begun', '');`);
    stop.abort();
    await expect(run()).rejects.toThrow('ended before it was done');
    expect(existsSync(join(folder, 'begun'))).toBe(false);
  });

  it('ends the command with its caller, even if the command then reports success', async () => {
    script(`
      import { writeFileSync } from 'node:fs';
      process.on('SIGTERM', () => { writeFileSync('asked', ''); process.exit(0); });
      setInterval(() => {}, 1000);
      writeFileSync('up', '');`);
    const ended = run();
    ended.catch(() => {});
    await vi.waitFor(() => expect(existsSync(join(folder, 'up'))).toBe(true), 10_000);
    stop.abort();
    await expect(ended).rejects.toThrow('ended before it was done');
    expect(existsSync(join(folder, 'asked'))).toBe(true);
  });
});

describe('endWithParent', () => {
  const child = (after: string) => {
    const file = script(
      `import { endWithParent } from '${new URL('child.ts', import.meta.url).href}'; endWithParent(); ${after}`,
    );
    const started = spawn(process.execPath, [file], { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
    return { started, ended: new Promise((done) => started.once('exit', done)) };
  };

  it('ends a command whose parent has ended', async () => {
    const { started, ended } = child(`setInterval(() => {}, 1000); console.log('up');`);
    await new Promise((up) => started.stdout?.once('data', up));
    started.disconnect();
    expect(await ended).toBe(1);
  });

  it('does not keep a command running that has finished its work', async () => {
    expect(await child('').ended).toBe(0);
  });

  it('leaves a command alone that somebody typed', async () => {
    script(`import { endWithParent } from '${new URL('child.ts', import.meta.url).href}';
      endWithParent(); process.emit('disconnect'); console.log('done');`);
    const typed = spawn(process.execPath, [process.argv[1] ?? ''], { stdio: ['ignore', 'pipe', 'inherit'] });
    let out = '';
    typed.stdout.on('data', (text) => {
      out += text;
    });
    expect(await new Promise((done) => typed.once('close', done))).toBe(0);
    expect(out).toBe('done\n');
  });
});
