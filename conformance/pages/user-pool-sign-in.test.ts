import type { Browser, BrowserContext, Page } from 'playwright';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { hostedSignIn, launchPoolBrowser, poolLabel, withPool } from '../support/hosted-pool.ts';
import { axeFindings, googleButton, headingOf, messageOf } from '../support/login-page.ts';
import { type RunningSite, startSite } from '../support/site.ts';

const guide = '/docs/guide.html?x=1#part';

let browser: Browser;
let site: RunningSite;
const hosted = `https://${hostedSignIn}`;
let context: BrowserContext;
let page: Page;
const complaints: string[] = [];

beforeAll(async () => {
  site = await startSite({ config: withPool({ logout: false }), hostedSignIn });
  browser = await launchPoolBrowser(site);
});
afterAll(async () => {
  await browser?.close();
  await site?.close();
});

beforeEach(async () => {
  complaints.length = 0;
  // The hosted sign-in has a certificate that nobody signed.
  context = await browser.newContext({ ignoreHTTPSErrors: true });
  context.on('console', (message) => {
    if (/content security policy/i.test(message.text())) complaints.push(message.text());
  });
  context.on('weberror', (error) => complaints.push(String(error.error())));
  page = await context.newPage();
  return () => context.close();
});

const poolButton = (at = page) => at.getByRole('button', { name: poolLabel });
const account = (email: string, at = page) => at.getByRole('button', { name: email });
/** The guide itself: the login page has the same address. */
async function isOpen(at = page): Promise<void> {
  await at.waitForURL(`${site.origin}${guide}`, { waitUntil: 'load' });
  await at.getByRole('heading', { level: 1, name: 'Workshop guide' }).waitFor();
}

/** Presses the button on a page that was refused; resolves on the hosted sign-in to its address. */
async function leave(at = page): Promise<URL> {
  await at.goto(`${site.origin}${guide}`);
  await poolButton(at).click();
  await at.waitForURL(`${hosted}/**`);
  return new URL(at.url());
}

/** What is kept in the page's origin, names and values. */
const kept = (): Promise<string> => page.evaluate(() => JSON.stringify([{ ...sessionStorage }, { ...localStorage }]));

const back = (parameters: Record<string, string>): string =>
  `${site.origin}/public/login.html?${new URLSearchParams(parameters)}`;

describe('a user pool', () => {
  it('signs in with PKCE and nonce, both checked there, and leads back, query and fragment kept', async () => {
    const scripts: string[] = [];
    page.on('request', (request) => void scripts.push(request.url()));
    await page.goto(`${site.origin}${guide}`);
    await poolButton().waitFor();
    await googleButton(page).waitFor();
    expect(scripts.filter((url) => /user-pool/.test(url))).toEqual([]);
    expect(await axeFindings(page)).toEqual([]);
    const asked = await leave();
    expect(Object.fromEntries(asked.searchParams)).toMatchObject({
      response_type: 'code',
      code_challenge_method: 'S256',
      nonce: expect.stringMatching(/^[\w-]{43}$/),
      redirect_uri: `${site.origin}/public/login.html`,
      scope: 'openid email',
    });
    expect(asked.searchParams.has('identity_provider')).toBe(false);
    const exchanged = page.waitForRequest(`${hosted}/oauth2/token`);
    await account('alice@example.com').click();
    expect((await exchanged).postData()).toMatch(/code_verifier=[\w.~-]{43,128}/);
    await isOpen();
    expect(await page.title()).toMatch(/guide/i);
    expect(await kept()).not.toMatch(/eyJ|CognitoIdentityServiceProvider|verifier|errand/i);
    expect(await kept()).toContain('"s3nator-provider":"cognitoUserPool"');
    expect(complaints).toEqual([]);
  });

  it('leads in again after any number of sign-outs, and the browser is not said to refuse cookies', async () => {
    for (let round = 0; round < 4; round++) {
      await page.goto(`${site.origin}${guide}`);
      await messageOf(page).filter({ hasText: 'Sign in to open this page.' }).waitFor();
      await poolButton().click();
      // Then it knows who that is.
      if (round === 0) await account('alice@example.com').click();
      await isOpen();
      await page.locator('secure-session').getByRole('button', { name: 'Sign out' }).click();
      await poolButton().waitFor();
    }
  });

  it('says which one was used last time', async () => {
    await leave();
    await page.goBack();
    await page.goto(`${site.origin}${guide}`);
    await poolButton().waitFor();
    expect(await poolButton().textContent()).toContain('Used last time');
    expect(await page.locator('secure-login').getByText('Used last time').count()).toBe(1);
  });

  it('keeps nothing of the sign-in for other tabs while it is under way', async () => {
    await page.goto(`${site.origin}${guide}`);
    await leave();
    const other = await context.newPage();
    await other.goto(`${site.origin}/public/login.html`);
    expect(await other.evaluate(() => Object.keys(localStorage))).toEqual(['s3nator-provider']);
  });

  it('is left again by Back, to the page that was refused', async () => {
    await leave();
    await page.goBack();
    await poolButton().waitFor();
    expect(page.url()).toBe(`${site.origin}${guide}`);
  });
});

describe('what comes back', () => {
  it.each([
    ['was cancelled there', 'access_denied', /was canceled/],
    ['failed there', 'server_error', /did not sign you in/],
  ])('has words when it %s, and the way back is kept', async (_, error, says) => {
    const asked = await leave();
    await page.goto(back({ error, error_description: '<b>evil</b>', state: asked.searchParams.get('state') ?? '' }));
    await messageOf(page).filter({ hasText: says }).waitFor();
    await poolButton().click();
    await account('alice@example.com').click();
    await isOpen();
  });

  /** Signs in at the hosted sign-in, and stops before the page learns of it. */
  async function answer(): Promise<URL> {
    await leave();
    await page.route('**/public/secure-login.js', (route) => route.abort());
    await account('alice@example.com').click();
    await page.waitForURL(/code=/);
    await page.unroute('**/public/secure-login.js');
    return new URL(page.url());
  }

  it('is refused with another state: no code is sent anywhere', async () => {
    const url = await answer();
    url.searchParams.set('state', 'forged');
    let exchanges = 0;
    page.on('request', (request) => {
      if (request.url().includes('/oauth2/token')) exchanges++;
    });
    await page.goto(url.href);
    await messageOf(page)
      .filter({ hasText: /no longer valid/ })
      .waitFor();
    expect(exchanges).toBe(0);
    expect(page.url()).not.toContain('code=');
    expect(await kept()).not.toContain('CognitoIdentityServiceProvider');
  });

  it('is refused with a code that was used', async () => {
    const url = await answer();
    // Not by the browser, which alone knows the way to the name.
    await page.request.post(`${site.issuers.origin.replace('http:', 'https:')}/oauth2/token`, {
      form: {
        grant_type: 'authorization_code',
        client_id: site.emulator.poolClient?.clientId ?? '',
        code: url.searchParams.get('code') ?? '',
      },
    });
    await page.goto(url.href);
    await messageOf(page)
      .filter({ hasText: /no longer valid/ })
      .waitFor();
  });

  it('is not taken by another tab or another browser', async () => {
    const url = await answer();
    const other = await context.newPage();
    await other.goto(url.href);
    await messageOf(other)
      .filter({ hasText: /started in another window/ })
      .waitFor();
    expect(other.url()).toBe(`${site.origin}/public/login.html`);
    const stranger = await browser.newContext({ ignoreHTTPSErrors: true });
    const victim = await stranger.newPage();
    await victim.goto(url.href);
    await messageOf(victim)
      .filter({ hasText: /started in another window/ })
      .waitFor();
    await stranger.close();
    // Where it was begun, it still holds.
    await page.goto(url.href);
    await isOpen();
  });

  it('has words when the hosted sign-in does not answer', async () => {
    const url = await answer();
    await page.route(`${hosted}/oauth2/token`, (route) => route.abort());
    await page.goto(url.href);
    await messageOf(page)
      .filter({ hasText: /did not answer/ })
      .waitFor();
  });
});

describe('another account', () => {
  it('is offered by the user pool after a refusal, which signs nobody in by itself', async () => {
    await leave();
    await account('mallory@evil.example').click();
    await headingOf(page)
      .filter({ hasText: /No access/ })
      .waitFor();
    await poolButton().click();
    await account('alice@example.com').click();
    await isOpen();
  });

  it.each<[string, () => Promise<Page>]>([
    [
      'the page was loaded again',
      async () => {
        await page.reload();
        return page;
      },
    ],
    [
      'the site was opened in another tab',
      async () => {
        const tab = await context.newPage();
        await tab.goto(`${site.origin}${guide}`);
        return tab;
      },
    ],
  ])('is asked for after a refusal though %s: the refused one is not signed in again', async (_, again) => {
    await leave();
    await account('mallory@evil.example').click();
    await headingOf(page)
      .filter({ hasText: /No access/ })
      .waitFor();
    const at = await again();
    await poolButton(at).click();
    await account('mallory@evil.example', at).waitFor();
    expect(at.url()).toContain(hosted);
    await account('alice@example.com', at).click();
    await isOpen(at);
    // Once somebody else is signed in, the pool remembers them as before.
    await context.clearCookies({ domain: 'localhost' });
    await at.goto('about:blank');
    await at.goto(`${site.origin}${guide}`);
    await poolButton(at).click();
    await isOpen(at);
  });

  it('is offered by the user pool after "Use another account"', async () => {
    await leave();
    await account('alice@example.com').click();
    await isOpen();
    await page.goto(`${site.origin}/public/login.html`);
    await page.getByRole('button', { name: 'Use another account' }).click();
    await poolButton().click();
    await account('alice@example.com').waitFor();
    expect(page.url()).toContain(hosted);
  });

  it('is asked for after a sign-out if the config says so, else the pool signs the same person in', async () => {
    const signOut = async (): Promise<void> => {
      await leave();
      await account('alice@example.com').click();
      await isOpen();
      await page.goto(`${site.origin}/public/login.html`);
      await page.getByRole('button', { name: 'Sign out' }).click();
      await poolButton().waitFor();
    };
    await signOut();
    await page.goto(`${site.origin}${guide}`);
    await poolButton().click();
    await isOpen();
    await context.clearCookies();
    // From the open page itself the same address would load nothing: it has a fragment.
    await page.goto('about:blank');
    await site.reconfigure(withPool({ logout: true }));
    const left = page.waitForRequest(`${hosted}/logout?**`);
    await signOut();
    await left;
    await leave();
    await account('alice@example.com').waitFor();
  });
});
