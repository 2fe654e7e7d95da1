/**
 * A person at a browser: opens pages, signs in through the stand-in Google, and remembers everything the browser did.
 */
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from 'playwright';
import { findChromium } from './browser.ts';
import type { RunningSite } from './site.ts';

/** `args`: further ones of the browser's command line. */
export async function launchBrowser(args: readonly string[] = []): Promise<Browser> {
  const options = await findChromium();
  return chromium.launch({ ...options, args: [...options.args, ...args] });
}

export interface Visitor {
  readonly context: BrowserContext;
  readonly page: Page;
  /** Origins that the browser sent any request to. */
  readonly origins: Set<string>;
  /** Violations of a content security policy, and errors that no one caught. */
  readonly complaints: string[];
  /** Chooses an account in the stand-in's window. */
  signIn(account: string): Promise<void>;
  close(): Promise<void>;
}

/** `options`: of the browser's context. */
export async function visit(
  browser: Browser,
  site: RunningSite,
  options: BrowserContextOptions = {},
): Promise<Visitor> {
  const context = await browser.newContext(options);
  const origins = new Set<string>();
  const complaints: string[] = [];
  context.on('request', (request) => {
    if (/^https?:/.test(request.url())) origins.add(new URL(request.url()).origin);
  });
  context.on('console', (message) => {
    if (/content security policy/i.test(message.text())) complaints.push(message.text());
  });
  context.on('weberror', (error) => complaints.push(String(error.error())));
  const page = await context.newPage();
  return {
    context,
    page,
    origins,
    complaints,
    async signIn(account) {
      const button = page.getByRole('button', { name: /sign in with google/i });
      const [popup] = await Promise.all([context.waitForEvent('page'), button.click()]);
      if (new URL(popup.url()).origin !== site.google.origin) await popup.waitForURL(`${site.google.origin}/**`);
      await popup.getByRole('button', { name: account }).click();
    },
    async close() {
      await context.close();
    },
  };
}
