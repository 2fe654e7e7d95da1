import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Browser } from 'playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningSite, startSite } from '../support/site.ts';
import { launchBrowser, type Visitor, visit } from '../support/visitor.ts';

const pages = [
  'index.html',
  'about.html',
  'guide.html',
  'guide/index.html',
  'deep/er/index.html',
  'docs/v1.2.html',
  'docs/v1.3/index.html',
  'tags/c++.html',
  'tags/a:b/index.html',
  'noindex.html',
];

let site: RunningSite;
let browser: Browser;
let visitor: Visitor;
beforeAll(async () => {
  [site, browser] = await Promise.all([startSite(), launchBrowser()]);
  for (const file of [...pages, 'noindex/one.txt']) {
    const path = join(site.folder, 'pages', file);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, `<!doctype html><title>${file}</title><h1>${file}</h1>`);
  }
  await site.reconfigure((text) => text.replace("content: 'site/www'", "content: 'pages'"));
  visitor = await visit(browser, site);
});
afterAll(async () => {
  await browser.close();
  await site.close();
});

const here = (): string => visitor.page.url().slice(site.origin.length);

describe('the address of a page', () => {
  it('is kept while somebody signs in there, with what leads to the page after it', async () => {
    await visitor.page.goto(`${site.origin}/deep/er?x=1&y=a+b#part`);
    await visitor.signIn('alice@example.com');
    await visitor.page.getByRole('heading', { name: 'deep/er/index.html' }).waitFor();
    expect(here()).toBe('/deep/er/?x=1&y=a+b#part');
  });

  it.each([
    ['/', '/', 'index.html'],
    ['/index?x', '/?x', 'index.html'],
    ['/about', '/about', 'about.html'],
    ['/about/?x=1#part', '/about?x=1#part', 'about.html'],
    ['/guide', '/guide', 'guide.html'],
    ['/guide/', '/guide/', 'guide/index.html'],
    ['/guide/index#part', '/guide/#part', 'guide/index.html'],
    ['/deep/er?x=%20', '/deep/er/?x=%20', 'deep/er/index.html'],
    ['/docs/v1.2', '/docs/v1.2', 'docs/v1.2.html'],
    ['/docs/v1.3', '/docs/v1.3/', 'docs/v1.3/index.html'],
    ['/tags/c++', '/tags/c++', 'tags/c++.html'],
    ['/tags/c++/', '/tags/c++', 'tags/c++.html'],
    ['/tags/c%2B%2B.html', '/tags/c%2B%2B.html', 'tags/c++.html'],
    ['/tags/a:b', '/tags/a:b/', 'tags/a:b/index.html'],
    ['/noindex/', '/noindex', 'noindex.html'],
  ])('%s leads to %s', async (address, target, page) => {
    await visitor.page.goto(`${site.origin}${address}`);
    await visitor.page.getByRole('heading', { name: page, exact: true }).waitFor();
    expect(here()).toBe(target);
  });

  it('that leads on is not in the history: Back passes it', async () => {
    await visitor.page.goto(`${site.origin}/about`);
    await visitor.page.goto(`${site.origin}/deep/er`);
    await visitor.page.getByRole('heading', { name: 'deep/er/index.html' }).waitFor();
    await visitor.page.goBack();
    expect(here()).toBe('/about');
  });

  it('leads on without scripts, too', async () => {
    const storageState = await visitor.context.storageState();
    const plain = await visit(browser, site, { javaScriptEnabled: false, storageState });
    await plain.page.goto(`${site.origin}/deep/er`);
    await plain.page.getByRole('heading', { name: 'deep/er/index.html' }).waitFor();
    expect(plain.page.url()).toBe(`${site.origin}/deep/er/`);
    await plain.close();
  });

  it('is in line with every policy of the site', () => {
    expect(visitor.complaints).toEqual([]);
  });
});
