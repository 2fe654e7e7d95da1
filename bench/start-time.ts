/** The waiting time of a new user: from `npm start` to the first page, and, on request, for `npm ci` before it. */

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { unlinkSync } from 'node:fs';
import { get } from 'node:http';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { freePorts } from '../emulator/testing/free-ports.ts';
import { median } from './measure.ts';
import { digits, type Report } from './report.ts';
import { installIn, type Workspace } from './workspace.ts';

const turns = 3;
const mostStartSeconds = 20;
const mostSynthSeconds = 1;
const mostInstallSeconds = 60;
const mostInstallMegabytes = 1331;

/** Status of a page; 0 while nothing listens. */
const statusOf = (url: string): Promise<number> =>
  new Promise((done) => {
    get(url, { agent: false }, (response) => {
      response.resume();
      done(response.statusCode ?? 0);
    }).on('error', () => done(0));
  });

const seconds = async (work: () => Promise<unknown>): Promise<number> => {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
};

/** From the command to the login page at the address of a protected page. */
async function startSeconds(folder: string): Promise<number> {
  const port = await freePorts();
  const child = spawn(process.execPath, ['cli/main.ts', 'start', '--port', String(port)], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const ended = once(child, 'close');
  try {
    return await seconds(async () => {
      while ((await statusOf(`http://localhost:${port}/docs/guide.html`)) !== 403) {
        if (child.exitCode !== null) throw new Error('the start ended before there was a page');
        await wait(10);
      }
    });
  } finally {
    child.kill('SIGTERM');
    await ended;
  }
}

async function medianOf(work: () => Promise<number>): Promise<number> {
  const results: number[] = [];
  for (let turn = 0; turn < turns; turn++) results.push(await work());
  return median(results);
}

export async function benchStartTime(workspace: Workspace, report: Report, install: boolean): Promise<void> {
  const { folder, run, configure } = workspace;
  const rows: [string, string][] = [];
  let installed: { readonly seconds: number; readonly megabytes: number } | undefined;
  if (install) {
    unlinkSync(join(folder, 'node_modules'));
    const took = await seconds(async () => installIn(folder));
    const { stdout } = spawnSync('du', ['-sm', 'node_modules'], { cwd: folder, encoding: 'utf8' });
    installed = { seconds: took, megabytes: Number.parseInt(stdout, 10) };
    rows.push(['npm ci', digits(installed.seconds)]);
  }
  const started = await medianOf(() => startSeconds(folder));
  // What `cdktf synth` runs. It needs a client ID and keys.
  configure('YOUR_CLIENT_ID.apps', 'bench.apps');
  await run('cli/main.ts', 'keys', 'create');
  const synthesized = await medianOf(() => seconds(() => run('main.ts')));
  rows.push(['npm start, to the first page', digits(started)], ['synth (main.ts)', digits(synthesized)]);

  report.heading(`Waiting, median of ${turns}`);
  report.table(['', 's'], rows);
  if (installed === undefined) report.note('npm ci is measured with: npm run bench -- --install');
  else {
    report.target(
      `npm ci takes at most ${mostInstallSeconds} s and ${mostInstallMegabytes} MB`,
      `${digits(installed.seconds)} s, ${installed.megabytes} MB`,
      installed.seconds <= mostInstallSeconds && installed.megabytes <= mostInstallMegabytes,
    );
  }
  report.target(`the first page within ${mostStartSeconds} s`, `${digits(started)} s`, started <= mostStartSeconds);
  report.target(`synth within ${mostSynthSeconds} s`, `${digits(synthesized)} s`, synthesized <= mostSynthSeconds);
}
