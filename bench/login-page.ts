/** The waiting times on a slow line: for the login page, and from the chosen account to the protected page. */

import { createReadStream, existsSync } from 'node:fs';
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import { extname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { createGzip } from 'node:zlib';
import { type Browser, chromium, type Page } from 'playwright';
import { findChromium } from '../conformance/support/browser.ts';
import { startEmulator } from '../emulator/emulator.ts';
import { startStandInGoogle } from '../emulator/google/stand-in-google.ts';
import { close, listen } from '../emulator/message/loopback-server.ts';
import { freePorts } from '../emulator/testing/free-ports.ts';
import { median } from './measure.ts';
import { digits, kilobytes, type Report, times } from './report.ts';
import type { Workspace } from './workspace.ts';

const turns = 5;
/** The line: 1.6 Mbit/s down, 0.75 Mbit/s up, 150 ms round trip. The processor: a quarter of this machine's speed. */
const line = { offline: false, latency: 150, downloadThroughput: 1_600_000 / 8, uploadThroughput: 750_000 / 8 };
const slowdown = 4;
/** Targets, as multiples of the bare page. */
const mostButton = 4;
const mostOpen = 2;
const protectedPath = '/docs/guide.html';

/** The content types in the example site that CloudFront compresses. */
const compressible = /^(text\/|image\/svg|application\/(json|javascript))/;

/** Sends `body` as CloudFront sends it to a browser: with gzip if that helps. */
function send(response: ServerResponse, status: number, headers: Record<string, unknown>, body: Readable): void {
  const { 'content-length': _, ...others } = headers;
  const gzip = compressible.test(String(headers['content-type']));
  const sent = gzip ? { ...others, 'content-encoding': 'gzip' } : headers;
  response.writeHead(status, sent as Record<string, string>);
  (gzip ? body.pipe(createGzip()) : body).pipe(response);
}

interface Started {
  readonly server: Server;
  readonly port: number;
}

async function started(answer: (asked: IncomingMessage, response: ServerResponse) => void): Promise<Started> {
  const server = createServer(answer);
  return { server, port: await listen(server, 0) };
}

/** The emulator does not compress. This server in front of it does. */
const compressing = (port: number): Promise<Started> =>
  started((asked, response) => {
    const { method, url, headers } = asked;
    const passed = request({ host: '127.0.0.1', port, method, path: url, headers }, (answer) => {
      send(response, answer.statusCode ?? 502, { ...answer.headers }, answer);
    });
    passed.on('error', () => response.destroy());
    asked.pipe(passed);
  });

const types: Readonly<Record<string, string>> = {
  '.css': 'text/css',
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
};

/** The minimal page with Google's button. After sign-in it opens the same page, which anybody may read. */
const barePage = (google: string): string => `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Sign in</title></head><body><h1>Sign in</h1><div id="button"></div>
<script>
  window.onGoogleLibraryLoad = () => {
    google.accounts.id.initialize({ client_id: 'bench', callback: () => location.assign('${protectedPath}') });
    google.accounts.id.renderButton(document.getElementById('button'), {});
  };
</script>
<script src="${google}/gsi/client" async></script></body></html>`;

/** The bare page, and the example site's files without any protection. */
const bareSite = (folder: string, google: string): Promise<Started> =>
  started((asked, response) => {
    const path = new URL(asked.url ?? '/', 'http://bare').pathname;
    if (path === '/') return response.writeHead(200, { 'content-type': 'text/html' }).end(barePage(google));
    const file = [join(folder, 'site/www', path), join(folder, 'dist/site', path.replace('/public/', '/'))].find(
      existsSync,
    );
    if (file === undefined) return response.writeHead(404).end();
    return send(
      response,
      200,
      { 'content-type': types[extname(file)] ?? 'application/octet-stream' },
      createReadStream(file),
    );
  });

interface Load {
  readonly paintMs: number;
  readonly buttonMs: number;
  readonly bytes: number;
  readonly requests: number;
  /** From the click on an account to the protected page. */
  readonly openMs: number;
}

/** When the button can be pressed, in milliseconds since the navigation started. */
const watchButton = `{
  const look = () => {
    if (document.querySelector('.gsi-stand-in')?.getBoundingClientRect().width > 0) window.buttonMs = performance.now();
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}`;

/** Counts what the page loads over the slow line. */
async function slowLine(page: Page): Promise<{ bytes: number; requests: number }> {
  const loaded = { bytes: 0, requests: 0 };
  const session = await page.context().newCDPSession(page);
  session.on('Network.requestWillBeSent', () => {
    loaded.requests++;
  });
  session.on('Network.loadingFinished', ({ encodedDataLength }) => {
    loaded.bytes += encodedDataLength;
  });
  await session.send('Network.enable');
  await session.send('Network.emulateNetworkConditions', line);
  await session.send('Emulation.setCPUThrottlingRate', { rate: slowdown });
  return loaded;
}

/** Opens `url` with a cold cache, signs in, and waits for the protected page. */
async function load(browser: Browser, url: string, account: string): Promise<Load> {
  const context = await browser.newContext();
  try {
    const page = await context.newPage();
    const counted = await slowLine(page);
    await page.addInitScript({ content: watchButton });
    await page.goto(url, { waitUntil: 'commit' });
    const buttonMs = await (
      await page.waitForFunction(() => (globalThis as { buttonMs?: number }).buttonMs)
    ).jsonValue();
    const paintMs = await page.evaluate(() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime);
    const { bytes, requests } = counted;
    const [chooser] = await Promise.all([context.waitForEvent('page'), page.locator('.gsi-stand-in').click()]);
    const choice = chooser.getByRole('button', { name: account });
    await choice.waitFor();
    const opened = page.waitForURL(`**${protectedPath}`, { waitUntil: 'domcontentloaded' });
    const heading = page.getByRole('heading', { name: 'Workshop guide' }).waitFor();
    const begun = performance.now();
    await choice.click();
    await Promise.all([opened, heading]);
    return {
      paintMs: paintMs ?? Number.NaN,
      buttonMs: Number(buttonMs),
      bytes,
      requests,
      openMs: performance.now() - begun,
    };
  } finally {
    await context.close();
  }
}

const middle = (loads: readonly Load[], field: keyof Load): number => median(loads.map((one) => one[field]));

export async function benchLoginPage({ folder, run }: Workspace, report: Report): Promise<void> {
  const port = await freePorts();
  const [stack = ''] = (await run('cli/main.ts', 'synth', '--port', String(port))).split('\n');
  const emulator = await startEmulator({ port, onLog: () => {} });
  const google = await startStandInGoogle({ port: port + 1 });
  const front = await compressing(port);
  const bare = await bareSite(folder, google.origin);
  const options = await findChromium();
  const browser = await chromium.launch({
    ...options,
    args: [...options.args, `--host-resolver-rules=MAP localhost:${port} 127.0.0.1:${front.port}`],
  });
  try {
    await emulator.load({ stackDirectory: join(folder, stack), lambdaDirectory: join(folder, 'dist/lambda') });
    google.setAudience(emulator.googleClientId ?? '');
    const account = 'alice@example.com';
    const pages = {
      "a bare page with Google's button": { url: `http://localhost:${bare.port}/`, loads: [] as Load[] },
      'the login page': { url: `${emulator.origin}${protectedPath}`, loads: [] as Load[] },
    };
    const [plain, ours] = Object.values(pages);
    // The first turn warms up the servers and the Lambda.
    for (let turn = 0; turn <= turns; turn++) {
      for (const { url, loads } of Object.values(pages)) {
        const found = await load(browser, url, account);
        if (turn > 0) loads.push(found);
      }
    }
    const ratio = (field: keyof Load): string =>
      times(middle(ours?.loads ?? [], field) / middle(plain?.loads ?? [], field));
    const row = (loads: readonly Load[]): string[] => [
      ...(['paintMs', 'buttonMs'] as const).map((field) => digits(middle(loads, field))),
      kilobytes(middle(loads, 'bytes')),
      digits(middle(loads, 'requests')),
      digits(middle(loads, 'openMs')),
    ];
    report.heading(
      `A slow line: 1.6 Mbit/s, 150 ms, a processor ${slowdown} times as slow, a cold cache; median of ${turns}`,
    );
    report.table(
      ['', 'first paint, ms', 'usable button, ms', 'bytes', 'requests', 'account to page, ms'],
      [
        ...Object.entries(pages).map(([name, { loads }]) => [name, ...row(loads)]),
        ['ratio', ...(['paintMs', 'buttonMs', 'bytes', 'requests', 'openMs'] as const).map(ratio)],
      ],
    );
    const [button, open] = (['buttonMs', 'openMs'] as const).map(
      (field) => middle(ours?.loads ?? [], field) / middle(plain?.loads ?? [], field),
    );
    report.note('Google is the stand-in, whose script is smaller than the real one: the ratios are upper bounds.');
    report.target(
      `the button is usable in at most ${mostButton}x the time of the bare page's`,
      times(button ?? Number.NaN),
      (button ?? Number.NaN) <= mostButton,
    );
    report.target(
      `from the account to the protected page: at most ${mostOpen}x the bare page's time to the open page`,
      times(open ?? Number.NaN),
      (open ?? Number.NaN) <= mostOpen,
    );
  } finally {
    await browser.close();
    for (const { server } of [front, bare]) await close(server);
    await Promise.all([emulator.close(), google.close()]);
  }
}
