import { execFile } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Browser, BrowserContext, Page } from 'playwright';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { freePorts } from '../../emulator/testing/free-ports.ts';
import { type Command, makeFullClone, startCommand } from '../support/clone.ts';
import { send } from '../support/http.ts';
import { makeClone } from '../support/site.ts';
import { launchBrowser } from '../support/visitor.ts';

interface Run {
  readonly command: Command;
  readonly port: number;
  readonly site: string;
  up(): Promise<void>;
}

let clone: string;
let project: string;
let browser: Browser;
beforeAll(async () => {
  [clone, project, browser] = await Promise.all([makeFullClone(), makeClone(), launchBrowser()]);
});
afterAll(async () => {
  await browser.close();
  for (const folder of [clone, project]) await rm(folder, { recursive: true });
});

const runs: Run[] = [];
let context: BrowserContext;
beforeEach(async () => {
  context = await browser.newContext({ ignoreHTTPSErrors: true });
});
afterEach(async () => {
  await context.close();
  for (const { command } of runs.splice(0)) {
    command.process.kill('SIGTERM');
    await command.ended;
  }
});

/** Begins a run in a folder with a config. */
async function start(folder: string, ...options: readonly string[]): Promise<Run> {
  const port = await freePorts();
  const command = startCommand(folder, ['start', '--port', String(port), ...options], join(clone, 'cli/main.ts'));
  const scheme = options.includes('--https') ? 'https' : 'http';
  const run = {
    command,
    port,
    site: `${scheme}://localhost:${port}`,
    up: () => command.waitFor(/Ctrl-C stops/),
  };
  runs.push(run);
  return run;
}

async function signIn(page: Page, { site }: Run, account: string): Promise<void> {
  await page.goto(`${site}/docs/guide.html`);
  const button = page.getByRole('button', { name: /sign in with google/i });
  const [popup] = await Promise.all([context.waitForEvent('page'), button.click()]);
  await popup.getByRole('button', { name: account }).click();
  await page.getByRole('heading', { name: 'Workshop guide' }).waitFor();
}

/** What a protected page says to this browser now. */
async function statusOf({ site }: Run): Promise<number | undefined> {
  const page = await context.newPage();
  const response = await page.goto(`${site}/docs/guide.html`);
  await page.close();
  return response?.status();
}

describe('a page that is opened while npm start still builds', () => {
  it('says so, answers commands with 503, and opens the site by itself', async () => {
    const run = await start(clone);
    await vi.waitFor(() => send(`${run.site}/`), { timeout: 30_000, interval: 20 });
    const page = await context.newPage();
    expect((await page.goto(`${run.site}/docs/guide.html?a=1#b`))?.status()).toBe(503);
    await page.getByRole('heading', { name: 'Your site is starting' }).waitFor();
    expect(await send(`${run.site}/`)).toMatchObject({ status: 503, text: expect.stringContaining('is starting') });
    const problem = await send(`${run.site}/auth/session`);
    expect(problem).toMatchObject({ status: 503, json: { code: 'temporarily_unavailable' } });
    expect(run.command.out()).not.toContain('Ctrl-C stops');
    await page.getByRole('button', { name: /sign in with google/i }).waitFor({ timeout: 60_000 });
    expect(page.url()).toBe(`${run.site}/docs/guide.html?a=1#b`);
    await run.up();
  }, 180_000);

  it('says that the run has ended if it could not start, and waits for the next one', async () => {
    const run = await start(clone);
    await vi.waitFor(() => send(`${run.site}/`), { timeout: 30_000, interval: 20 });
    const page = await context.newPage();
    await page.goto(`${run.site}/`);
    await page.getByRole('heading', { name: 'Your site is starting' }).waitFor();
    run.command.process.kill('SIGTERM');
    await page.getByRole('heading', { name: 'Your site is not running' }).waitFor();
    await page.locator('i').waitFor({ state: 'hidden' });
    // The next run answers at the same address.
    await page.route('**/*', (route) => route.fulfill({ status: 503, headers: { 'X-Starting': 'yes' } }));
    await page.getByRole('heading', { name: 'Your site is starting' }).waitFor();
    await page.locator('i').waitFor({ state: 'visible' });
  }, 180_000);
});

describe('two runs on one machine, in one browser', () => {
  it("do not end each other's sessions, neither by a sign-in nor by a sign-out", async () => {
    const [one, other] = [await start(clone), await start(project)];
    await Promise.all([one.up(), other.up()]);
    const [first, second] = [await context.newPage(), await context.newPage()];
    await signIn(first, one, 'alice@example.com');
    await signIn(second, other, 'alice@example.com');
    expect(await Promise.all([statusOf(one), statusOf(other)])).toEqual([200, 200]);
    const signedOut = await first.evaluate(async () => (await fetch('/auth/session', { method: 'DELETE' })).status);
    expect(signedOut).toBe(204);
    expect(await Promise.all([statusOf(one), statusOf(other)])).toEqual([403, 200]);
  }, 180_000);
});

describe('npm start -- --https', () => {
  it('serves site and stand-ins by https, to a browser and to the commands that it prints', async () => {
    const run = await start(project, '--https');
    await run.up();
    const page = await context.newPage();
    await signIn(page, run, 'alice@example.com');
    expect(await statusOf(run)).toBe(200);
    expect((await context.cookies()).filter(({ secure }) => !secure)).toEqual([]);

    const file = join(project, '.s3nator/https/certificate.pem');
    expect(new X509Certificate(readFileSync(file)).checkHost('localhost')).toBe('localhost');
    expect(run.command.out()).toContain(`\n    ${file}\n`);
    const lines = run.command.out().split('The same with curl\n')[1]?.split('\n').slice(0, 3).join('\n') ?? '';
    const { stdout } = await promisify(execFile)('sh', ['-ec', lines.replaceAll('curl ', 'curl -sS ')], {
      cwd: project,
    });
    expect(stdout).toContain('</html>');

    const plain = await send(`${run.site.replace('https', 'http')}/docs/guide.html?a=1`);
    expect([plain.status, plain.headers['location']]).toEqual([301, `${run.site}/docs/guide.html?a=1`]);
  }, 180_000);
});
