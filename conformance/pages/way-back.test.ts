import type { Browser, Page } from 'playwright';
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
afterEach(async () => {
  const { complaints } = visitor;
  await visitor.close();
  expect(complaints).toEqual([]);
});

const guide = '/docs/guide.html?x=1#part';
/** Where a refused form post leads: it keeps the way back. */
const withWayBack = `${loginPath}?return-to=${encodeURIComponent(guide)}`;
const arrives = () => page.getByRole('heading', { level: 1 }).filter({ hasText: /guide/i }).waitFor();

describe('the way back', () => {
  it('ends at the fragment, not at the top of the page', async () => {
    await page.setViewportSize({ width: 1280, height: 500 });
    await page.goto(`${site.origin}${guide}`);
    await visitor.signIn('alice@example.com');
    await arrives();
    expect(page.url()).toBe(`${site.origin}${guide}`);
    await expect.poll(() => page.evaluate('scrollY')).toBeGreaterThan(0);
    expect(await page.evaluate(`document.querySelector(':target').id`)).toBe('part');
    const top = await page.evaluate<number>(`document.querySelector(':target').getBoundingClientRect().top`);
    expect(top).toBeGreaterThanOrEqual(0);
    expect(top).toBeLessThan(500);
  });

  it('leaves no login page behind the Back button', async () => {
    await page.goto(`${site.origin}/public/embed.html`);
    await page.goto(`${site.origin}${guide}`);
    await visitor.signIn('alice@example.com');
    await arrives();
    await page.goBack();
    expect(page.url()).toBe(`${site.origin}/public/embed.html`);
  });
});

describe("a sign-in by the provider's form post", () => {
  /**
   * Signs in as a page with Google's redirect mode does: Google's page posts the token to the API, from another site.
   */
  async function post(account: string, nonce?: string): Promise<void> {
    await page.goto(`${site.origin}${loginPath}`);
    await googleButton(page).waitFor();
    const options = { client_id: site.emulator.googleClientId, login_uri: `${site.origin}/auth/session` };
    await page.evaluate(`(async () => {
      const { nonce } = await (await fetch('/auth/session')).json();
      google.accounts.id.initialize({
        ...${JSON.stringify(options)}, ux_mode: 'redirect',
        nonce: ${nonce === undefined ? 'nonce' : JSON.stringify(nonce)},
      });
      const place = document.querySelector('secure-login').appendChild(document.createElement('div'));
      place.slot = 'provider';
      google.accounts.id.renderButton(place, { text: 'continue_with', state: ${JSON.stringify(guide)} });
    })()`);
    await page.getByRole('button', { name: /continue with google/i }).click();
    await page.waitForURL(`${site.google.origin}/**`);
    const posted = page.waitForRequest(
      (request) => request.method() === 'POST' && request.url().endsWith('/auth/session'),
    );
    await page.getByRole('button', { name: account }).click();
    expect((await posted).headers()['origin']).toBe(site.google.origin);
  }
  const says = (text: RegExp) => messageOf(page).filter({ hasText: text }).waitFor();

  it('that is admitted leads to the page that was asked for', async () => {
    await post('alice@example.com');
    await arrives();
    expect(page.url()).toBe(`${site.origin}${guide}`);
  });

  it('that is refused says so on the login page, once, and another account gets in', async () => {
    await post('mallory@evil.example');
    await says(/this account does not have access to this site/i);
    expect(await headingOf(page).textContent()).toMatch(/no access/i);
    // The redirect names no account, and the page tells nothing it was not told.
    expect(await page.locator('body').textContent()).not.toContain('mallory');
    expect(page.url()).toBe(`${site.origin}${withWayBack}`);
    await page.reload();
    await says(/sign in to continue/i);
    await visitor.signIn('alice@example.com');
    await arrives();
    expect(page.url()).toBe(`${site.origin}${guide}`);
  });

  it("with another browser's nonce is refused, and starts anew", async () => {
    await post('alice@example.com', 'another-browsers-nonce');
    await says(/could not be verified/i);
    expect(page.url()).toBe(`${site.origin}${withWayBack}`);
    await page.getByRole('button', { name: 'Try again' }).click();
    await googleButton(page).waitFor();
  });

  it.each([
    ['server_error', /not your fault/i],
    ['temporarily_unavailable', /not available right now/i],
    ['too_many_requests', /not available right now/i],
    ['sign_in_expired', /choose your account again/i],
  ])('that ends with %s has words', async (code, text) => {
    await page.goto(`${site.origin}${loginPath}#error=${code}`);
    await says(text);
    expect(page.url()).toBe(`${site.origin}${loginPath}`);
  });

  it.each([
    '#error=<img src=x onerror=alert(1)>',
    '#error=unknown',
    '#error=',
    '#error=access_denied%20',
    '#ERROR=access_denied',
  ])('is not told by the fragment %s', async (fragment) => {
    await page.goto(`${site.origin}${loginPath}${fragment}`);
    await says(/sign in to continue/i);
    expect(await page.locator('body').textContent()).not.toMatch(/img|unknown|denied/i);
  });

  it('is not told by the fragment of a page that was refused', async () => {
    await page.goto(`${site.origin}/docs/guide.html#error=access_denied`);
    await says(/sign in to open this page/i);
    expect(page.url()).toBe(`${site.origin}/docs/guide.html#error=access_denied`);
  });

  it('leaves someone who is signed in what they are', async () => {
    await post('alice@example.com');
    await arrives();
    await page.goto(`${site.origin}${loginPath}#error=access_denied`);
    await says(/alice@example\.com/);
    expect(await headingOf(page).textContent()).toMatch(/you are signed in/i);
    expect(page.url()).toBe(`${site.origin}${loginPath}`);
  });
});
