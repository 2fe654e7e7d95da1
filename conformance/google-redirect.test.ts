import type { Browser } from 'playwright';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { googleButton, messageOf } from './login-page.ts';
import { type RunningSite, startSite, unthrottled } from './site.ts';
import { launchBrowser, type Visitor, visit } from './visitor.ts';

let browser: Browser;
let site: RunningSite;
let visitor: Visitor;
beforeAll(async () => {
  browser = await launchBrowser();
  site = await startSite({ config: unthrottled });
});
afterAll(async () => {
  await browser.close();
  await site.close();
});

/** The login page with `ux-mode="redirect"`, as an adopter would write it; resolves at Google's page, in the place of this one. */
async function leave(path: string): Promise<URL> {
  visitor = await visit(browser, site);
  const { page } = visitor;
  await page.addInitScript(
    "document.addEventListener('readystatechange', () => document.querySelector('secure-login')?.setAttribute('ux-mode', 'redirect'))",
  );
  await page.goto(`${site.origin}${path}`);
  await googleButton(page).click();
  await page.waitForURL(`${site.google.origin}/**`);
  return new URL(page.url());
}

it('signs in without a window, by a form of another site, and leads back: query and fragment kept', async () => {
  const asked = await leave('/docs/guide.html?x=1#part');
  const { page } = visitor;
  expect(Object.fromEntries(asked.searchParams)).toMatchObject({
    login_uri: `${site.origin}/auth/session`,
    state: '/docs/guide.html?x=1#part',
    nonce: expect.stringMatching(/^[\w-]{43}$/),
    g_csrf_token: expect.stringMatching(/^\w{16,}$/),
  });
  const posted = page.waitForRequest(`${site.origin}/auth/session`);
  await page.getByRole('button', { name: 'alice@example.com' }).click();
  expect((await posted).method()).toBe('POST');
  await page.waitForURL(`${site.origin}/docs/guide.html?x=1#part`);
  expect(await page.title()).toMatch(/guide/i);
  expect(visitor.context.pages()).toHaveLength(1);
  expect(visitor.complaints).toEqual([]);
  await visitor.close();
});

it('goes to the start page from the login page at its own address', async () => {
  const asked = await leave('/public/login.html');
  expect(asked.searchParams.get('state')).toBe('/');
  await visitor.page.getByRole('button', { name: 'alice@example.com' }).click();
  await visitor.page.waitForURL(`${site.origin}/`);
  await visitor.close();
});

it('comes back to the login page with words when the account is refused, and another one can be chosen', async () => {
  await leave('/docs/guide.html');
  const { page } = visitor;
  await page.getByRole('button', { name: 'mallory@evil.example' }).click();
  await page.waitForURL(`${site.origin}/public/login.html**`);
  await messageOf(page)
    .filter({ hasText: /may not see this site/ })
    .waitFor();
  expect(page.url()).not.toContain('error');
  await googleButton(page).click();
  await page.waitForURL(`${site.google.origin}/**`);
  await page.getByRole('button', { name: 'alice@example.com' }).click();
  await page.waitForURL((url) => url.origin === site.origin && !url.pathname.startsWith('/auth/'));
  await visitor.close();
});

it('comes back with words when the double cookie is gone', async () => {
  await leave('/docs/guide.html');
  const { page, context } = visitor;
  await context.clearCookies({ name: 'g_csrf_token' });
  await page.getByRole('button', { name: 'alice@example.com' }).click();
  await messageOf(page).filter({ hasText: /./ }).waitFor();
  await page.waitForURL(`${site.origin}/public/login.html**`);
  await page.locator('secure-login[status=failed]').waitFor();
  await visitor.close();
});
