import { type ChildProcess, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { isRunning } from '../../cli/process-id.ts';
import { root } from '../support/site.ts';

/**
 * Notes how it was called, and does what `.ci/run` expects of it: tests leave a report. It hangs where it is told to.
 */
const fakeNpm = `#!/usr/bin/env node
const { appendFileSync, existsSync, readFileSync, writeFileSync } = require('node:fs');
const args = process.argv.slice(2);
const { HOME, TMPDIR, npm_config_cache: cache, NOTES, FAILS, HANGS } = process.env;
const key = cache + '/known';
if (args[0] === 'view') appendFileSync(key, args[1] + ' ');
const known = existsSync(key) ? readFileSync(key, 'utf8').trim() : '';
appendFileSync(NOTES, JSON.stringify({ args, HOME, TMPDIR, cache, known, pid: process.pid }) + '\\n');
const report = args.find((arg) => arg.startsWith('--outputFile.json='))?.split('=')[1];
const failed = args.join(' ').includes(FAILS ?? 'nothing') ? 1 : 0;
if (report) writeFileSync(report, JSON.stringify({ numPassedTests: 10, numFailedTests: failed, testResults: [] }));
if (args.includes('test:deploy')) console.log('5 passed, 0 failed');
if (HANGS && args.includes(HANGS)) setInterval(() => {}, 1000);
else process.exitCode = failed;
`;

interface Call {
  readonly args: readonly string[];
  readonly HOME: string;
  readonly TMPDIR: string;
  readonly cache: string;
  readonly known: string;
  readonly pid: number;
}

let folder: string;
let running: ChildProcess | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 's3nator-ci-test-'));
  for (const name of ['bin', 'tmp', 'home', 'clone/.ci']) mkdirSync(join(folder, name), { recursive: true });
  cpSync(join(root, '.ci/run'), join(folder, 'clone/.ci/run'));
  // The cache is npm's to make.
  const npm = fakeNpm.replace(
    "if (args[0] === 'view')",
    "require('node:fs').mkdirSync(cache, { recursive: true });\n$&",
  );
  writeFileSync(join(folder, 'bin/npm'), npm, { mode: 0o755 });
});
afterEach(() => {
  running?.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

const calls = (): Call[] => {
  const notes = join(folder, 'notes');
  return existsSync(notes)
    ? readFileSync(notes, 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line))
    : [];
};

function startRun(variables: Record<string, string> = {}): {
  child: ChildProcess;
  ended: Promise<{ code: number | null; out: string }>;
} {
  const child = spawn('bash', [join(folder, 'clone/.ci/run')], {
    env: {
      PATH: [join(folder, 'bin'), process.env['PATH']].join(':'),
      HOME: join(folder, 'home'),
      TMPDIR: join(folder, 'tmp'),
      NOTES: join(folder, 'notes'),
      ...variables,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running = child;
  let out = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (out += text));
  return { child, ended: new Promise((done) => child.on('close', (code) => done({ code, out }))) };
}

describe('.ci/run', () => {
  it('runs everything with an npm cache, a home and a temp folder made for it, and leaves nothing behind', async () => {
    const { code, out } = await startRun().ended;
    expect([code, out.trim().split('\n').at(-1)]).toEqual([0, '15 passed, 0 failed']);
    const [first] = calls();
    for (const call of calls()) {
      for (const place of [call.HOME, call.TMPDIR, call.cache])
        expect(place).toContain(join(folder, 'tmp/s3nator-ci-'));
      expect(call.HOME).toBe(first?.HOME);
    }
    expect(readdirSync(join(folder, 'tmp'))).toEqual([]);
    expect(readdirSync(join(folder, 'home'))).toEqual([]);
  });

  it('tests with an npm cache that knows the optional peers', async () => {
    await startRun().ended;
    const tests = calls().filter(({ args }) => args[0] === 'test');
    expect(tests.map(({ known }) => known)).toEqual(['cdktf @cdktf/provider-aws constructs']);
  });

  it.each(['lint', 'unused', '--coverage', 'test:deploy', 'constructs'])(
    'fails when %s does, and runs the rest',
    async (FAILS) => {
      const { code, out } = await startRun({ FAILS }).ended;
      expect(code).toBe(1);
      expect(out).toMatch(/^failed: /m);
      expect(out.trim()).toMatch(/\n\d+ passed, 1 failed$/);
      expect(calls().some(({ args }) => args.includes('test:deploy'))).toBe(true);
    },
  );

  it.each([
    ['SIGTERM', 143],
    ['SIGINT', 130],
    ['SIGHUP', 129],
  ] as const)('ended by %s, ends what it runs and leaves nothing behind', async (signal, expected) => {
    const { child, ended } = startRun({ HANGS: 'typecheck' });
    const call = await vi.waitFor(() => {
      const found = calls().find(({ args }) => args.includes('typecheck'));
      if (found === undefined) throw new Error('not yet');
      return found;
    }, 20_000);
    child.kill(signal);
    expect((await ended).code).toBe(expected);
    expect(isRunning(call.pid)).toBe(false);
    expect(readdirSync(join(folder, 'tmp'))).toEqual([]);
  });
});
