import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, BrowserContext } from 'playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cookieHeader } from '../support/http.ts';
import { type RunningSite, startSite } from '../support/site.ts';
import { signInAs } from '../support/tokens.ts';
import { launchBrowser, type Visitor, visit } from '../support/visitor.ts';
import { type Crawl, type CrawledPage, crawl } from './crawl.ts';
import { generated } from './generators.ts';
import { shapes } from './shapes.ts';
import { type Files, readFiles } from './static-host.ts';

let browser: Browser;
let site: RunningSite;
let visitor: Visitor;
let cookie: string;
beforeAll(async () => {
  [site, browser] = await Promise.all([startSite(), launchBrowser()]);
  cookie = cookieHeader((await signInAs(site)).setCookie);
  visitor = await visit(browser, site);
  await visitor.page.goto(`${site.origin}/`);
  await visitor.signIn('alice@example.com');
  await visitor.page.locator('secure-login').waitFor({ state: 'detached' });
});
afterAll(async () => {
  await browser?.close();
  await site?.close();
});

async function get(address: string, headers: Record<string, string> = { Cookie: cookie }) {
  const response = await fetch(`${site.origin}${address}`, { headers, redirect: 'manual' });
  const body = Buffer.from(await response.arrayBuffer());
  return { status: response.status, type: response.headers.get('Content-Type') ?? '', body };
}

/** A path as browsers send it. */
const sent = (path: string): string => encodeURI(path).replace(/[?#]/g, encodeURIComponent);

/** Path and query that the visitor is at. */
function here(): string {
  const { pathname, search } = new URL(visitor.page.url());
  return pathname + search;
}

/** Waits until the visitor sees a page, at one of these addresses. */
const shows = ({ title }: CrawledPage, ...addresses: readonly string[]): Promise<void> =>
  expect
    .poll(async () => [await visitor.page.title(), addresses.includes(here()) || here()], { timeout: 10_000 })
    .toEqual([title, true]);

/** Clicks the link to a page where it is. What no link shows is opened by its address. */
async function open({ address, from }: CrawledPage): Promise<void> {
  const { page } = visitor;
  if (from !== undefined && here() !== from.target) await page.goto(`${site.origin}${from.target}`);
  const link = page.locator(`a[href=${JSON.stringify(from?.href ?? '')}]:visible`).first();
  if ((await link.count()) > 0) await link.click();
  else await page.goto(`${site.origin}${address}`);
}

/** What goes wrong in a browser: messages, failed requests and refused answers. Requests that a page ends do not. */
function complaintsOf(context: BrowserContext): string[] {
  const complaints: string[] = [];
  context.on('console', (message) => {
    if (message.type() === 'error') complaints.push(`${message.text()} ${message.location().url}`);
  });
  context.on('weberror', (error) => complaints.push(String(error.error())));
  context.on('requestfailed', (request) => {
    const reason = request.failure()?.errorText;
    if (reason !== 'net::ERR_ABORTED') complaints.push(`${request.url()}: ${reason}`);
  });
  context.on('response', (response) => {
    if (response.status() >= 400) complaints.push(`${response.url()}: ${response.status()}`);
  });
  return complaints;
}

describe.each([...shapes, ...generated])('$name, in the default config', (one) => {
  const { build, deep, unlinked = ['/404.html'], use } = one;
  let files: Files;
  let crawled: Crawl;
  beforeAll(async () => {
    const folder = await build();
    files = await readFiles(folder);
    await rename(folder, join(site.folder, 'content'));
    await site.reconfigure((text) => text.replace("content: 'site/www'", "content: 'content'"));
    crawled = await crawl(site.origin, files, get, visitor.page);
  }, 300_000);
  afterAll(() => rename(join(site.folder, 'content'), join(site.folder, `before-${Date.now()}`)));

  it('has no broken link: each leads where it does on a plain static host, to a file with the type of its use', () => {
    expect(crawled.problems).toEqual([]);
    const pages = [...files.keys()].filter((file) => file.endsWith('.html') && !unlinked.includes(file));
    expect(pages.filter((file) => !crawled.files.has(file))).toEqual([]);
  });

  it('has every file at its own name, byte for byte', async () => {
    const different: string[] = [];
    for (const [file, content] of files) {
      const { status, body } = await get(sent(file));
      if (status !== 200 || !body.equals(content)) different.push(`${file}: ${status}`);
    }
    expect(different).toEqual([]);
  });

  it('shows nothing to people who are signed out, at any address or file', async () => {
    const shown: string[] = [];
    for (const address of new Set([...crawled.addresses, ...[...files.keys()].map(sent)])) {
      const { status, body } = await get(address, {});
      if (status !== 403 || !body.includes('<secure-login')) shown.push(`${address}: ${status}`);
    }
    expect(shown).toEqual([]);
  });

  it('opens the exact address that somebody asked for while signed out: path, query and fragment', async () => {
    const stranger = await visit(browser, site);
    const address = `${deep}?x=a+b%20c#part`;
    await stranger.page.goto(`${site.origin}${address}`);
    await stranger.signIn('alice@example.com');
    const title = crawled.pages.find(({ target }) => target === deep)?.title;
    await expect.poll(() => stranger.page.title(), { timeout: 10_000 }).toBe(title);
    expect(stranger.page.url()).toBe(`${site.origin}${address}`);
    await stranger.close();
  });

  it('works in a browser: by click, and by a reload at each address', async () => {
    const complaints = complaintsOf(visitor.context);
    for (const page of crawled.pages) {
      await open(page);
      await shows(page, page.address, page.target);
      await visitor.page.reload();
      await shows(page, page.target);
    }
    await visitor.page.goto(`${site.origin}/`);
    await use?.(visitor.page);
    expect(complaints).toEqual([]);
  }, 120_000);
});
