import type { Browser, BrowserContextOptions, Page } from 'playwright';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { googleButton, messageOf } from '../support/login-page.ts';
import { type RunningSite, startSite, unthrottled } from '../support/site.ts';
import { launchBrowser, type Visitor, visit } from '../support/visitor.ts';

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

/** The login page with a `ux-mode`, as an adopter would write it. */
const withMode = (page: Page, mode: string) =>
  page.addInitScript(
    `document.addEventListener('readystatechange', () => {
      document.querySelector('secure-login')?.setAttribute('ux-mode', '${mode}');
    })`,
  );

/** Opens a page in redirect mode; resolves at Google's page, in the place of this one. */
async function leave(path: string): Promise<URL> {
  visitor = await visit(browser, site);
  const { page } = visitor;
  await withMode(page, 'redirect');
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

it('shows a refusal on the login page, and leads the next account to the page, however often', async () => {
  await leave('/docs/guide.html?x=1#part');
  const { page } = visitor;
  await page.getByRole('button', { name: 'mallory@evil.example' }).click();
  await page.waitForURL(`${site.origin}/public/login.html**`);
  await messageOf(page)
    .filter({ hasText: /does not have access to this site/ })
    .waitFor();
  expect(page.url()).not.toContain('error');
  for (const account of ['mallory@evil.example', 'alice@example.com']) {
    await googleButton(page).click();
    await page.waitForURL(`${site.google.origin}/**`);
    await page.getByRole('button', { name: account }).click();
    await page.waitForURL(`${site.origin}/**`);
  }
  await page.waitForURL(`${site.origin}/docs/guide.html?x=1#part`);
  await page.getByRole('heading', { level: 1, name: 'Workshop guide' }).waitFor();
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
  // The next try leads to the page that was asked for.
  await page.getByRole('button', { name: 'Try again' }).click();
  await googleButton(page).click();
  await page.waitForURL(`${site.google.origin}/**`);
  await page.getByRole('button', { name: 'alice@example.com' }).click();
  await page.waitForURL(`${site.origin}/docs/guide.html`);
  await page.getByRole('heading', { level: 1, name: 'Workshop guide' }).waitFor();
  await visitor.close();
});

const webKit = 'AppleWebKit/605.1.15 (KHTML, like Gecko)';
const iPhone = {
  userAgent: `Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) ${webKit} Version/18.5 Mobile/15E148 Safari/604.1`,
  hasTouch: true,
};
const mac = { userAgent: `Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) ${webKit} Version/18.5 Safari/605.1.15` };
const iPad = { ...mac, hasTouch: true };

/** Opens the shipped login page, in the place of the guide, on a device with these touch points. */
async function openOn(device: BrowserContextOptions, touchPoints: number, at = site): Promise<Page> {
  visitor = await visit(browser, at, device);
  const { page } = visitor;
  await page.addInitScript(
    `Object.defineProperty(Navigator.prototype, 'maxTouchPoints', { get: () => ${touchPoints} })`,
  );
  await page.goto(`${at.origin}/docs/guide.html?x=1#part`);
  return page;
}

const opensWindow = async (page: Page): Promise<boolean> => {
  const popup = page.waitForEvent('popup').then(() => true);
  await googleButton(page).click();
  return Promise.race([popup, page.waitForURL(/gsi\/select/).then(() => false)]);
};

it.each([
  ['iPhone', iPhone, 5],
  ['iPad, which says that it is a Mac', iPad, 5],
])('signs in without a window on %s, with the shipped login page as it is', async (_name, device, touchPoints) => {
  const page = await openOn(device, touchPoints);
  expect(await opensWindow(page)).toBe(false);
  expect(new URL(page.url()).searchParams.get('login_uri')).toBe(`${site.origin}/auth/session`);
  await page.getByRole('button', { name: 'alice@example.com' }).click();
  await page.waitForURL(`${site.origin}/docs/guide.html?x=1#part`);
  await page.getByRole('heading', { level: 1, name: 'Workshop guide' }).waitFor();
  expect(visitor.context.pages()).toHaveLength(1);
  expect(visitor.complaints).toEqual([]);
  await visitor.close();
});

it.each([
  ['a Mac, which has no touch screen', mac, 0],
  ['another device', {}, 0],
])('signs in with a window on %s', async (_name, device, touchPoints) => {
  expect(await opensWindow(await openOn(device, touchPoints))).toBe(true);
  await visitor.close();
});

it('signs in with a window on iPhone where the element says so', async () => {
  visitor = await visit(browser, site, iPhone);
  await withMode(visitor.page, 'popup');
  await visitor.page.goto(`${site.origin}/docs/guide.html`);
  expect(await opensWindow(visitor.page)).toBe(true);
  await visitor.close();
});

it('signs in with a window on iPhone where the config says so', async () => {
  await site.reconfigure((text) =>
    unthrottled(text).replace("kind: 'google',", "kind: 'google', redirectOnIos: false,"),
  );
  try {
    expect(await opensWindow(await openOn(iPhone, 5))).toBe(true);
    await visitor.close();
  } finally {
    await site.reconfigure(unthrottled);
  }
});
