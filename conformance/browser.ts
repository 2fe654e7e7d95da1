/** Finds a Chromium for the tests: $CHROMIUM_PATH, the system's, or the one from npm. Downloads nothing. */
import { existsSync } from 'node:fs';

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

export interface LaunchOptions {
  readonly executablePath: string;
  readonly args: string[];
}

/** Launch options for Playwright. Throws one line that says what to do when no browser is found. */
export async function findChromium(): Promise<LaunchOptions> {
  const named = process.env['CHROMIUM_PATH'];
  if (named !== undefined && named !== '') {
    if (!existsSync(named)) throw new Error(`CHROMIUM_PATH names ${named}, which does not exist.`);
    return { executablePath: named, args: quiet };
  }
  for (const path of systemPaths) if (existsSync(path)) return { executablePath: path, args: quiet };
  if (process.platform === 'linux' && process.arch === 'x64') {
    const { default: chromium } = await import('@sparticuz/chromium');
    return { executablePath: await chromium.executablePath(), args: quiet };
  }
  throw new Error('No Chromium found. Install Chromium or Chrome, or set CHROMIUM_PATH to its executable.');
}
