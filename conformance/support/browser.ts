/**
 * Finds a Chromium for the tests: $CHROMIUM_PATH, the system's, or the one from npm. Downloads nothing, needs no root.
 */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const systemPaths = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

// The npm package's own flags switch web security off, which would void every cookie and CORS test.
const quiet = [
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-gpu',
];

/**
 * What a browser has to be told to block third-party cookies, as a person may. The second takes the place of
 * Playwright's own list of features to switch
 * off, with which the first does nothing.
 */
export const withoutThirdPartyCookies = ['--test-third-party-cookie-phaseout', '--disable-features=None'];

const systemLibraries = ['/usr/lib/x86_64-linux-gnu/libnss3.so', '/usr/lib64/libnss3.so', '/usr/lib/libnss3.so'];

export interface LaunchOptions {
  readonly executablePath: string;
  readonly args: string[];
  readonly env?: Record<string, string>;
}

/**
 * Unpacks the npm package's browser once, under node_modules. Its own way is a fixed name in the temp folder, where two
 * test runs trip over each other and an older version is taken for the new one.
 */
async function unpackChromium(): Promise<LaunchOptions> {
  const { default: chromium } = await import('@sparticuz/chromium');
  const home = resolve(dirname(fileURLToPath(import.meta.resolve('@sparticuz/chromium'))), '..');
  const { version } = JSON.parse(await readFile(join(home, 'package.json'), 'utf8')) as { version: string };
  const cache = resolve(import.meta.dirname, '../../node_modules/.cache');
  const folder = join(cache, `chromium-${version}`);
  if (!existsSync(folder)) {
    await mkdir(cache, { recursive: true });
    const partial = await mkdtemp(`${folder}-`);
    const before = { TMPDIR: process.env['TMPDIR'], AWS_EXECUTION_ENV: process.env['AWS_EXECUTION_ENV'] };
    // The second variable makes it unpack the shared libraries too, for machines that have none.
    Object.assign(process.env, { TMPDIR: partial, AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x' });
    try {
      await chromium.executablePath();
    } finally {
      for (const [name, value] of Object.entries(before)) {
        if (value === undefined) delete process.env[name];
        else process.env[name] = value;
      }
    }
    // Another run may have been faster; its copy is as good.
    await rename(partial, folder).catch(() => rm(partial, { recursive: true }));
  }
  const options = { executablePath: join(folder, 'chromium'), args: quiet };
  if (systemLibraries.some((path) => existsSync(path))) return options;
  const environment = Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return {
    ...options,
    env: {
      ...Object.fromEntries(environment),
      LD_LIBRARY_PATH: join(folder, 'al2023/lib'),
      FONTCONFIG_PATH: join(folder, 'fonts'),
    },
  };
}

/** Launch options for Playwright. Throws one line that says what to do when no browser is found. */
export async function findChromium(): Promise<LaunchOptions> {
  const named = process.env['CHROMIUM_PATH'];
  if (named !== undefined && named !== '') {
    if (!existsSync(named)) throw new Error(`CHROMIUM_PATH names ${named}, which does not exist.`);
    return { executablePath: named, args: quiet };
  }
  for (const path of systemPaths) if (existsSync(path)) return { executablePath: path, args: quiet };
  if (process.platform === 'linux' && process.arch === 'x64') return unpackChromium();
  throw new Error('No Chromium found. Install Chromium or Chrome, or set CHROMIUM_PATH to its executable.');
}
