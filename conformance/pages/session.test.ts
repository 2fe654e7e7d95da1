import type { Browser, Page } from 'playwright';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { axeFindings, countLoads, googleButton, headingOf, messageOf } from '../support/login-page.ts';
import { type RunningSite, startSite, unthrottled } from '../support/site.ts';
import { launchBrowser, type Visitor, visit } from '../support/visitor.ts';

/** How far AWS is ahead of this machine, in milliseconds. */
let ahead = 0;
let browser: Browser;
let site: RunningSite;
let visitor: Visitor;
let page: Page;
beforeAll(async () => {
  const clock = (): number => Date.now() + ahead;
  [browser, site] = await Promise.all([launchBrowser(), startSite({ clock, lambdaClock: clock, config: unthrottled })]);
});
afterAll(async () => {
  await browser.close();
  await site.close();
});
beforeEach(async () => {
  ahead = 0;
  // A Lambda whose clock goes back keeps the rules that it read for too long.
  await site.reconfigure(unthrottled);
  visitor = await visit(browser, site);
  page = visitor.page;
});
afterEach(async () => {
  putLive({});
  await visitor.close();
});

const minutes = 60_000;
/** On a busy machine. */
const eventually = { timeout: 15_000 };
const guide = '/docs/guide.html?x=1#dust';
const open = (path = guide, tab = page) => tab.goto(`${site.origin}${path}`);
const arrives = (tab = page) => tab.getByRole('heading', { level: 1 }).filter({ hasText: /guide/i }).waitFor();
const says = (text: RegExp, tab = page) => messageOf(tab).filter({ hasText: text }).waitFor();
const sessionOf = (tab = page) => tab.locator('secure-session');
const isSignedIn = (tab = page) => sessionOf(tab).getByText('alice@example.com').waitFor();

const putLive = (document: object): void => {
  const text = JSON.stringify({ version: 1, blocked: [], rules: [], ...document });
  site.emulator.aws.put(site.emulator.outputs['private_bucket'] ?? '', 'access/live.json', text);
};

async function signIn(path = guide): Promise<void> {
  await open(path);
  await visitor.signIn('alice@example.com');
  await arrives();
}

/** Every renewal that any tab of the browser asks for. */
function countRenewals(): () => number {
  let renewals = 0;
  visitor.context.on('request', (request) => {
    if (request.url().endsWith('/auth/session/renewal')) renewals++;
  });
  return () => renewals;
}

/** Names of the cookies that the browser has of the session. */
const cookieNames = async (): Promise<string[]> =>
  (await visitor.context.cookies(site.origin))
    .map(({ name }) => name)
    .filter((name) => /^CloudFront-|-session$/.test(name));

describe('who comes back after the cookies have ended', () => {
  it('is where they wanted to be after a blink, inside of the session', async () => {
    await signIn();
    ahead += 90 * minutes;
    const [loads, renewals] = [countLoads(page), countRenewals()];
    let asked = false;
    page.on('request', (request) => {
      if (request.url().startsWith(site.google.origin)) asked = true;
    });
    await page.goto('about:blank');
    await open();
    await arrives();
    expect(page.url()).toBe(`${site.origin}${guide}`);
    // The login page in the page's place, then the page; and nobody was asked for anything.
    expect([loads(), renewals(), asked]).toEqual([2, 1, false]);
    await isSignedIn();
  });

  it('signs in again after the maximum, and is not sent round', async () => {
    await signIn();
    ahead += 25 * 60 * minutes;
    const [loads, renewals] = [countLoads(page), countRenewals()];
    await open('/docs/guide.html');
    await says(/sign in to open this page/i);
    await googleButton(page).waitFor();
    expect([loads(), renewals()]).toEqual([1, 0]);
  });

  it('is told when they are not admitted any more, loses the cookies, and can choose another account', async () => {
    await signIn();
    putLive({ blocked: ['alice@example.com'] });
    ahead += 90 * minutes;
    const loads = countLoads(page);
    await open('/docs/guide.html');
    await says(/alice@example\.com does not have access to this site/i);
    expect(await headingOf(page).textContent()).toMatch(/no access/i);
    await googleButton(page).waitFor();
    expect([loads(), await cookieNames()]).toEqual([1, []]);
  });

  it('signs in again when an operator ended the session', async () => {
    await signIn();
    putLive({ signedOutBefore: { everyone: new Date(Date.now() + 1_000).toISOString() } });
    ahead += 90 * minutes;
    const loads = countLoads(page);
    await open('/docs/guide.html');
    await says(/sign in to open this page/i);
    expect([loads(), await cookieNames()]).toEqual([1, []]);
  });

  it('is helped when the signed cookies alone are gone', async () => {
    await signIn();
    await visitor.context.clearCookies({ name: /^CloudFront-/ });
    await page.evaluate('sessionStorage.clear()');
    const loads = countLoads(page);
    await page.reload();
    await arrives();
    expect(loads()).toBe(2);
  });

  it('has the wider path that a rule gives them meanwhile', async () => {
    putLive({ rules: [{ who: { emails: ['alice@example.com'] }, path: '/docs/*' }] });
    ahead += 2 * minutes;
    await signIn('/docs/guide.html');
    putLive({});
    ahead += 2 * minutes;
    await open('/finance/budget.html');
    await page.getByRole('heading', { level: 1, name: /budget|year|money/i }).waitFor();
  });

  it('is told when the browser refuses the renewed cookies, and is not sent round', async () => {
    await signIn();
    ahead += 90 * minutes;
    await page.route('**/auth/session/renewal', async (route) => {
      const before = await visitor.context.cookies();
      const response = await route.fetch();
      const { 'set-cookie': _refused, ...headers } = response.headers();
      await visitor.context.clearCookies();
      await visitor.context.addCookies(before);
      await route.fulfill({ response, headers });
    });
    const loads = countLoads(page);
    await open('/docs/guide.html');
    await says(/blocks cookies/i);
    await page.waitForLoadState('networkidle');
    expect(loads()).toBeLessThanOrEqual(2);
  });
});

describe('a page that stays open', () => {
  /** Lets the time pass on both sides. A page whose clock jumps is a device that slept. */
  async function pass(ms: number): Promise<void> {
    ahead += ms;
    await visitor.context.clock.fastForward(ms);
  }

  it('renews before the cookies end, and again', async () => {
    await visitor.context.clock.install();
    await signIn();
    await isSignedIn();
    const renewals = countRenewals();
    for (const expected of [1, 2, 3]) {
      await pass(56 * minutes);
      await expect.poll(renewals, eventually).toBe(expected);
    }
    // Nothing that the page loads fails: the cookies are those of the last renewal.
    expect(await page.evaluate(`fetch('/docs/service.json').then(({ status }) => status)`)).toBe(200);
  });

  it.each([
    ['fast', 10],
    ['slow', -10],
  ])('renews in time on a device whose clock is ten minutes %s', async (_name, off) => {
    await visitor.context.clock.install({ time: Date.now() + off * minutes });
    await signIn();
    await isSignedIn();
    const renewals = countRenewals();
    await pass(45 * minutes);
    await page.waitForLoadState('networkidle');
    expect(renewals()).toBe(0);
    await pass(11 * minutes);
    await expect.poll(renewals, eventually).toBe(1);
    expect(await page.evaluate(`fetch('/docs/service.json').then(({ status }) => status)`)).toBe(200);
  });

  it('renews at once when the device wakes up after the cookies have ended', async () => {
    await visitor.context.clock.install();
    await signIn();
    await isSignedIn();
    const renewals = countRenewals();
    await pass(8 * 60 * minutes);
    await expect.poll(renewals, eventually).toBe(1);
    await expect
      .poll(() => page.evaluate(`fetch('/docs/service.json').then(({ status }) => status)`), eventually)
      .toBe(200);
  });

  it('says that the session has ended when the device wakes up after its maximum, and keeps the page', async () => {
    await visitor.context.clock.install();
    await signIn();
    await isSignedIn();
    const loads = countLoads(page);
    await pass(30 * 60 * minutes);
    await sessionOf().getByText('Your session has ended.').waitFor();
    expect(loads()).toBe(0);
    await sessionOf().getByRole('button', { name: 'Sign in again' }).click();
    await says(/sign in to open this page/i);
    expect(page.url()).toBe(`${site.origin}${guide}`);
  });

  it('renews once for ten tabs, and all of them go on', async () => {
    await visitor.context.clock.install();
    await signIn();
    const tabs = [page];
    while (tabs.length < 10) {
      const tab = await visitor.context.newPage();
      await open('/docs/guide.html', tab);
      tabs.push(tab);
    }
    for (const tab of tabs) await isSignedIn(tab);
    const renewals = countRenewals();
    await pass(56 * minutes);
    await expect.poll(renewals, eventually).toBe(1);
    const end = (tab: Page): Promise<number> =>
      tab.evaluate(`Date.parse(document.querySelector('secure-session').session.expiresAt)`);
    for (const tab of tabs)
      await expect.poll(() => end(tab), eventually).toBeGreaterThan(Date.now() + ahead + 50 * minutes);
    await pass(30 * minutes);
    await page.waitForLoadState('networkidle');
    expect(renewals()).toBe(1);
  });

  it('tells a script in time, and lets it try again what failed, from the first moment on', async () => {
    await visitor.context.clock.install();
    await signIn();
    await isSignedIn();
    await visitor.context.clearCookies({ name: /^CloudFront-/ });
    const status = await page.evaluate(`(async () => {
      const session = document.querySelector('secure-session');
      const load = () => fetch('/docs/service.json');
      const first = await load();
      return [first.status, first.status === 403 && (await session.renew()) ? (await load()).status : 'none'];
    })()`);
    expect(status).toEqual([403, 200]);
    await visitor.context.clearCookies({ name: /^CloudFront-/ });
    // An element that was attached a moment ago knows no session yet.
    const atOnce = await page.evaluate(`(async () => {
      const old = document.querySelector('secure-session');
      const session = document.createElement('secure-session');
      old.replaceWith(session);
      return [session.status, await session.renew(), (await fetch('/docs/service.json')).status, session.status];
    })()`);
    expect(atOnce).toEqual(['checking', true, 200, 'signed-in']);
    await page.evaluate(`addEventListener('secure-session-expired', ({ reason }) => { globalThis.told = reason; })`);
    putLive({ blocked: ['alice@example.com'] });
    await pass(56 * minutes);
    await expect.poll(() => page.evaluate('globalThis.told'), eventually).toBe('access_denied');
    await sessionOf().getByText('alice@example.com no longer has access to this site.').waitFor();
  });
});

describe('a sign-out', () => {
  it('in one tab turns all of them into the login page', async () => {
    await signIn();
    const others = await Promise.all(
      ['/index.html', '/finance/budget.html'].map(async (path) => {
        const tab = await visitor.context.newPage();
        await open(path, tab);
        await isSignedIn(tab);
        return tab;
      }),
    );
    await sessionOf().getByRole('button', { name: 'Sign out' }).click();
    for (const tab of [page, ...others]) {
      await says(/sign in to open this page/i, tab);
      expect(await tab.locator('h1').textContent()).toBe('These pages are private');
    }
    expect(await cookieNames()).toEqual([]);
  });

  it('by the login page is followed, too', async () => {
    await signIn();
    await isSignedIn();
    const login = await visitor.context.newPage();
    await open('/public/login.html', login);
    await login.getByRole('button', { name: 'Sign out' }).click();
    await says(/sign in to open this page/i);
  });
});

describe('a page that the Back button brings from the cache of the browser', () => {
  it('does not show what was closed meanwhile', async () => {
    await signIn('/docs/guide.html');
    await isSignedIn();
    await open('/public/embed.html');
    await visitor.context.clearCookies();
    const served: (number | undefined)[] = [];
    page.on('response', (response) => {
      if (response.url().endsWith('/docs/guide.html'))
        served.push(response.fromServiceWorker() ? 0 : response.status());
    });
    await page.goBack({ waitUntil: 'commit' });
    await says(/sign in to open this page/i);
    // First the stored copy; then, because nobody is signed in, what the site says now. And no third time.
    expect(served).toEqual([200, 403]);
  });

  it('stays when the session lasts', async () => {
    await signIn('/docs/guide.html');
    await isSignedIn();
    await open('/public/embed.html');
    const loads = countLoads(page);
    await page.goBack();
    await isSignedIn();
    expect(loads()).toBe(1);
  });
});

describe('<secure-session> in the pages', () => {
  it.each(['light', 'dark'] as const)('has no accessibility violation that axe finds: %s', async (colorScheme) => {
    await page.emulateMedia({ colorScheme });
    await visitor.context.clock.install();
    await signIn();
    await isSignedIn();
    expect(await axeFindings(page)).toEqual([]);
    ahead += 30 * 60 * minutes;
    await visitor.context.clock.fastForward(30 * 60 * minutes);
    await sessionOf().getByText('Your session has ended.').waitFor();
    expect(await axeFindings(page)).toEqual([]);
  });

  it('asks nobody but the site, and breaks no policy', async () => {
    await signIn();
    await isSignedIn();
    visitor.origins.clear();
    await page.reload();
    await isSignedIn();
    expect([...visitor.origins]).toEqual([site.origin]);
    expect(visitor.complaints).toEqual([]);
  });
});
