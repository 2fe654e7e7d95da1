import type { Browser, Page, Route } from 'playwright';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { googleButton, headingOf, loginPath, messageOf } from '../support/login-page.ts';
import { type RunningSite, startSite } from '../support/site.ts';
import { launchBrowser, type Visitor, visit } from '../support/visitor.ts';

let browser: Browser;
let site: RunningSite;
let visitor: Visitor;
let page: Page;
beforeAll(async () => {
  [browser, site] = await Promise.all([launchBrowser(), startSite()]);
});
afterAll(async () => {
  await browser.close();
  await site.close();
});
beforeEach(async () => {
  visitor = await visit(browser, site);
  page = visitor.page;
});
afterEach(() => visitor.close());

const api = '**/auth/session';
const open = (path = '/docs/guide.html') => page.goto(`${site.origin}${path}`);
const says = (text: RegExp) => messageOf(page).filter({ hasText: text }).waitFor();
const retry = () => page.getByRole('button', { name: 'Try again' }).click();
async function signsIn(): Promise<void> {
  await visitor.signIn('alice@example.com');
  await page.getByRole('heading', { level: 1 }).filter({ hasText: /guide/i }).waitFor();
}

describe("Google's script", () => {
  const answer = (status: number, contentType: string, body: string) => (route: Route) =>
    route.fulfill({ status, contentType, body });
  const script = () => `${site.google.origin}/gsi/client`;

  it.each([
    ['blocked', (route: Route) => route.abort('blockedbyclient')],
    ['failing', answer(500, 'text/plain', 'no')],
    ["an HTML page in the script's place", answer(200, 'text/html', '<!doctype html><title>Portal</title>')],
    ['not a script', answer(200, 'text/javascript', 'no {{{ script')],
    ['empty', answer(200, 'text/javascript', '')],
  ])('%s: is named, and the next try works', async (_name, put) => {
    await page.route(script(), put);
    await open();
    await says(/google’s sign-in could not be loaded/i);
    await page.unroute(script());
    await retry();
    await signsIn();
  });

  it('never answered: is named after ten seconds, and the next try asks anew', async () => {
    await page.clock.install();
    await page.route(script(), () => new Promise(() => {}));
    // The page does not finish loading while the script is awaited.
    await page.goto(`${site.origin}/docs/guide.html`, { waitUntil: 'domcontentloaded' });
    await says(/sign in to open this page/i);
    await page.clock.runFor(10_000);
    await says(/taking too long/i);
    await page.unroute(script());
    await retry();
    await signsIn();
  });
});

describe("Google's window", () => {
  it('closed without an account: the page says how to go on, and the button still works', async () => {
    await open();
    const [popup] = await Promise.all([page.waitForEvent('popup'), googleButton(page).click()]);
    // Closed when it shows something: a browser that is still opening it may never say that it is gone.
    await popup.getByRole('button', { name: 'alice@example.com' }).waitFor();
    await popup.close();
    await says(/press the button again/i);
    await signsIn();
  });
});

describe('the API', () => {
  it.each([
    ['unreachable', (route: Route) => route.abort('connectionrefused'), /did not answer.*check your connection/i],
    [
      'answering with the page of a broken gateway',
      (route: Route) => route.fulfill({ status: 502, contentType: 'text/html', body: '<h1>Bad gateway</h1>' }),
      /not available right now/i,
    ],
    [
      'behind a firewall that refuses the viewer',
      (route: Route) => route.fulfill({ status: 403, contentType: 'text/html', body: '<h1>Blocked</h1>' }),
      /blocks your network or your country/i,
    ],
  ])('%s at the first look: is named, and the next try works', async (_name, put, text) => {
    await page.route(api, put);
    await open();
    await says(text);
    await page.unroute(api);
    await retry();
    await signsIn();
  });

  it('unavailable when the account is there: waits as asked, then signs in with the same account', async () => {
    const { aws } = site.emulator;
    const bucket = aws.buckets.find((name) => aws.list(name, 'access/').length > 0) ?? '';
    await site.reconfigure((text) => text);
    aws.failObject(bucket, 'access/config.json', 'error');
    await page.clock.install();
    await open();
    await visitor.signIn('alice@example.com');
    await says(/not available right now.*in 5 seconds/i);
    expect(await page.getByRole('button', { name: 'Try again' }).isDisabled()).toBe(true);
    const reference = (await page.locator('secure-login [part=reference]').textContent()) ?? '';
    const requestId = reference.replace(/^reference:\s*/i, '');
    expect(await site.logged({ requestId })).toBeDefined();
    aws.failObject(bucket, 'access/config.json', 'none');
    await page.clock.runFor(5000);
    await says(/try again now/i);
    await retry();
    await page.getByRole('heading', { level: 1 }).filter({ hasText: /guide/i }).waitFor();
  });
});

describe('a viewer who is offline', () => {
  it('when the account is there: is told so, and signs in with it once the line is back', async () => {
    await page.route(api, async (route) => {
      if (route.request().method() === 'GET') return route.fallback();
      await visitor.context.setOffline(true);
      await route.abort('internetdisconnected');
    });
    await open();
    await visitor.signIn('alice@example.com');
    await says(/you seem to be offline/i);
    await retry();
    await says(/you seem to be offline/i);
    await visitor.context.setOffline(false);
    await page.unroute(api);
    await retry();
    await page.getByRole('heading', { level: 1 }).filter({ hasText: /guide/i }).waitFor();
  });

  it('at sign-out: is told so, and is signed out by the next try', async () => {
    await open();
    await signsIn();
    await open(loginPath);
    await page.getByRole('button', { name: 'Sign out' }).waitFor();
    await visitor.context.setOffline(true);
    await page.getByRole('button', { name: 'Sign out' }).click();
    await says(/you seem to be offline/i);
    await visitor.context.setOffline(false);
    await retry();
    await googleButton(page).waitFor();
    expect((await visitor.context.cookies()).filter(({ name }) => name.startsWith('CloudFront-'))).toEqual([]);
  });
});

describe('a browser without JavaScript', () => {
  it('is told what is missing, at the URL it asked for', async () => {
    const context = await browser.newContext({ javaScriptEnabled: false });
    const silent = await context.newPage();
    const response = await silent.goto(`${site.origin}/docs/guide.html`);
    expect(response?.status()).toBe(403);
    await silent.getByRole('heading', { name: /sign-in needs javascript/i }).waitFor();
    expect(await silent.getByText(/turn it on for this site, then reload/i).isVisible()).toBe(true);
    expect(await silent.getByText(/loading sign-in/i).isVisible()).toBe(false);
    await context.close();
  });
});

describe("the element's own script", () => {
  it('blocked: the page says so, but only to those who have waited', async () => {
    await page.route('**/public/secure-login.js', (route) => route.abort());
    await open();
    const hint = page.getByText(/takes longer than it should/i);
    expect(await page.getByText(/loading sign-in/i).isVisible()).toBe(true);
    expect(await hint.isVisible()).toBe(false);
    await page.evaluate('for (const animation of document.getAnimations()) animation.finish()');
    await hint.waitFor();
    expect(await headingOf(page).count()).toBe(0);
  });
});
