import { rmSync } from 'node:fs';
import { createServer, request } from 'node:http';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { close, listen } from '../../emulator/message/loopback-server.ts';
import { countLoads, googleButton, headingOf, messageOf } from '../support/login-page.ts';
import { type RunningSite, startSite, unthrottled } from '../support/site.ts';
import { launchBrowser, type Visitor, visit } from '../support/visitor.ts';

/** How much the edge's clock is ahead of the API's, in milliseconds. */
let ahead = 0;
let browser: Browser;
let site: RunningSite;
let visitor: Visitor;
let page: Page;
let loads: () => number;
beforeAll(async () => {
  [browser, site] = await Promise.all([
    launchBrowser(),
    startSite({ config: unthrottled, clock: () => Date.now() + ahead }),
  ]);
});
afterAll(async () => {
  await browser.close();
  await site.close();
});
beforeEach(async () => {
  ahead = 0;
  visitor = await visit(browser, site);
  page = visitor.page;
  loads = countLoads(page);
});
afterEach(() => visitor.close());

const open = (path: string) => page.goto(`${site.origin}${path}`);
const says = (text: RegExp) => messageOf(page).filter({ hasText: text }).waitFor();
const arrives = () => page.getByRole('heading', { level: 1 }).filter({ hasText: /guide/i }).waitFor();

/** The page is closed although the viewer is signed in: it says why, under this heading, and stays as it is. */
async function expectRest(heading: RegExp, text: RegExp, expectedLoads: number): Promise<void> {
  await says(text);
  expect(await headingOf(page).textContent()).toMatch(heading);
  await page.waitForLoadState('networkidle');
  expect(loads()).toBe(expectedLoads);
}

/**
 * A firewall on the way to the site: it refuses the guide before any cookie is looked at, with the login page, as
 * CloudFront's does.
 */
async function startFirewall(): Promise<{ readonly url: string; open(): void; close(): Promise<void> }> {
  let isOpen = false;
  const firewall = createServer((incoming, outgoing) => {
    const isRefused = !isOpen && /\/docs\/guide\.html/.test(incoming.url ?? '');
    const target = isRefused ? `${site.origin}/public/login.html` : (incoming.url ?? '');
    const { method = 'GET', headers } = incoming;
    const onward = request(target, { method, headers }, (answer) => {
      outgoing.writeHead(isRefused ? 403 : (answer.statusCode ?? 502), answer.headers);
      answer.pipe(outgoing);
    });
    onward.on('error', () => outgoing.destroy());
    incoming.pipe(onward);
  });
  const port = await listen(firewall, 0);
  return {
    url: `http://127.0.0.1:${port}`,
    open: () => {
      isOpen = true;
    },
    close: () => close(firewall),
  };
}

describe('a page that stays closed to someone who is signed in', () => {
  const staysClosed = /signed in, but the page does not open/i;

  it.each([
    '/docs/guide.html?Policy=x',
    '/docs/guide.html?x=1&Expires=2&Signature=y#part',
    '/docs/guide.html?Key-Pair-Id=1',
    '/docs/guide.html?Hash-Algorithm=SHA256',
  ])('by a reserved name in its query: is named, and left out on demand: %s', async (path) => {
    const names = [...new URL(path, site.origin).searchParams.keys()].filter((name) => name !== 'x');
    await open(path);
    await visitor.signIn('alice@example.com');
    // Once for the viewer, once after the sign-in, and not again.
    await expectRest(staysClosed, new RegExp(`“${names.join('”, “')}”`), 2);
    await page.getByRole('link', { name: /without it/i }).click();
    await arrives();
    expect(new URL(page.url()).search).toBe(path.includes('x=1') ? '?x=1' : '');
  });

  it('by the clock of the edge: the cause cannot be seen from here, and the words say what to do', async () => {
    await open('/docs/guide.html');
    await visitor.signIn('alice@example.com');
    await arrives();
    ahead = 3_601_000;
    await open('/docs/guide.html');
    // The address was loaded again a moment ago, after the sign-in: a third time would show nothing new.
    await expectRest(staysClosed, /firewall.*wait a few minutes/i, 3);
    ahead = 0;
    await page.getByRole('button', { name: 'Try again' }).click();
    await arrives();
  });

  it("while the device's clock is an hour off: names the clock", async () => {
    await page.clock.setFixedTime(Date.now() + 3_601_000);
    await open('/docs/guide.html');
    await visitor.signIn('alice@example.com');
    await arrives();
    ahead = 3_601_000;
    await open('/docs/guide.html');
    await expectRest(staysClosed, /clock of this device is wrong/i, 3);
    ahead = 0;
    await page.getByRole('button', { name: 'Try again' }).click();
    await arrives();
  });

  it('by a CloudFront cookie that is not of this site: is named', async () => {
    const url = new URL(site.origin);
    const foreign = { name: 'CloudFront-Policy', value: 'x', domain: url.hostname, path: '/docs' };
    await visitor.context.addCookies([foreign]);
    await open('/docs/guide.html');
    await visitor.signIn('alice@example.com');
    await expectRest(staysClosed, /cookie of another site.*delete the cookies/i, 2);
    await visitor.context.clearCookies({ name: 'CloudFront-Policy', path: '/docs' });
    await page.reload();
    await arrives();
  });

  it('by a service worker that answers from an old copy: is named', async () => {
    // The worker's script lies with the pages: only someone who is signed in gets it.
    site.emulator.aws.put(
      site.emulator.outputs['content_bucket'] ?? '',
      'www/old-copy.js',
      `let copy;
      addEventListener('install', (event) => event.waitUntil((async () => {
        copy = await (await fetch('/docs/guide.html', { credentials: 'omit' })).text();
        await skipWaiting();
      })()));
      addEventListener('activate', (event) => event.waitUntil(clients.claim()));
      addEventListener('fetch', (event) => {
        const { pathname } = new URL(event.request.url);
        if (pathname !== '/docs/guide.html') return;
        event.respondWith(new Response(copy, { status: 403, headers: { 'content-type': 'text/html' } }));
      });`,
      'text/javascript',
    );
    await open('/docs/guide.html');
    await visitor.signIn('alice@example.com');
    await arrives();
    await page.evaluate(`(async () => {
      const worker = navigator.serviceWorker;
      const controlled = new Promise((resolve) => worker.addEventListener('controllerchange', resolve));
      await worker.register('/old-copy.js');
      await controlled;
    })()`);
    await open('/docs/guide.html');
    await expectRest(staysClosed, /service worker.*clear this site’s data/i, 3);
    await page.evaluate('navigator.serviceWorker.getRegistration().then((worker) => worker.unregister())');
    await page.getByRole('button', { name: 'Try again' }).click();
    await arrives();
  });

  it('by cookies that are for another host: is named, with the way there', async () => {
    await open('/docs/guide.html?x=1');
    await visitor.signIn('alice@example.com');
    await arrives();
    // What the API says after a change of the domain that this page has not heard of.
    await page.addInitScript(`{
      const ask = globalThis.fetch;
      globalThis.fetch = async (...request) => {
        const response = await ask(...request);
        const answer = { ...(await response.json()), hosts: ['docs.example.com'] };
        return new Response(JSON.stringify(answer), response);
      };
    }`);
    ahead = 3_601_000;
    await open('/docs/guide.html?x=1');
    await expectRest(staysClosed, /valid at docs\.example\.com/i, 3);
    const link = page.getByRole('link', { name: /open the page there/i });
    expect(await link.getAttribute('href')).toMatch(/^https?:\/\/docs\.example\.com.*\/docs\/guide\.html\?x=1$/);
  });

  it('by a firewall or a country, in front of the signature: is named among what it may be', async () => {
    const firewall = await startFirewall();
    // Chromium takes no proxy to this machine unless it is told to.
    const guest = await visit(browser, site, { proxy: { server: firewall.url, bypass: '<-loopback>' } });
    try {
      page = guest.page;
      loads = countLoads(page);
      await open('/docs/guide.html');
      await guest.signIn('alice@example.com');
      await expectRest(staysClosed, /firewall, your country or a change of keys/i, 2);
      firewall.open();
      await page.getByRole('button', { name: 'Try again' }).click();
      await arrives();
    } finally {
      await guest.close();
      await firewall.close();
    }
  });

  it('is tried again by hand, and never by itself', async () => {
    await open('/docs/guide.html?Policy=x');
    await visitor.signIn('alice@example.com');
    await expectRest(staysClosed, /“Policy”/, 2);
    await page.getByRole('button', { name: 'Sign in again' }).click();
    await googleButton(page).waitFor();
    await visitor.signIn('alice@example.com');
    await expectRest(staysClosed, /“Policy”/, 3);
  });
});

describe('a key that the edges do not know yet', () => {
  it('keeps the page closed to who signs in: the words say so, and waiting helps', async () => {
    const clock = (): number => Date.now() + ahead;
    const rotating = await startSite({ clock, lambdaClock: clock, switches: { keyGroupDelaySeconds: 120 } });
    try {
      const guest = await visit(browser, rotating);
      page = guest.page;
      // Without the next key in the group, as `rotate` publishes it a deploy before.
      rmSync(join(rotating.folder, '.s3nator/keys'), { recursive: true });
      await rotating.reconfigure((text) => text);
      loads = countLoads(page);
      await page.goto(`${rotating.origin}/docs/guide.html`);
      await guest.signIn('alice@example.com');
      await expectRest(/signed in, but the page does not open/i, /a change of keys.*wait a few minutes/i, 2);
      ahead = 121_000;
      await page.getByRole('button', { name: 'Try again' }).click();
      await arrives();
      await guest.close();
    } finally {
      await rotating.close();
    }
  });
});

describe('a browser that keeps no cookies', () => {
  /** Takes the cookies out of what the API answers, as a browser does that refuses them. */
  const refuseCookies = (method: string): Promise<unknown> =>
    page.route('**/auth/session', async (route) => {
      if (!method.includes(route.request().method())) return route.fallback();
      const response = await route.fetch();
      const { 'set-cookie': _refused, ...headers } = response.headers();
      await visitor.context.clearCookies({ name: method === 'POST' ? /^(CloudFront-|__Host-s3nator-session)/ : /./ });
      await route.fulfill({ response, headers });
    });
  const notKept = /your browser did not keep the sign-in/i;

  it('is told after the sign-in, without a reload', async () => {
    await refuseCookies('POST');
    await open('/docs/guide.html');
    await visitor.signIn('alice@example.com');
    await expectRest(notKept, /blocks cookies.*allow them/i, 1);
    await page.unroute('**/auth/session');
    await page.getByRole('button', { name: 'Sign in again' }).click();
    await googleButton(page).waitFor();
    await visitor.signIn('alice@example.com');
    await arrives();
  });

  it('is told when the login cookie is refused as well', async () => {
    await refuseCookies('GET, POST');
    await open('/docs/guide.html');
    await visitor.signIn('alice@example.com');
    await says(/choose your account again/i);
    await visitor.signIn('alice@example.com');
    await expectRest(notKept, /blocks cookies.*allow them/i, 1);
  });
});

describe('a browser that keeps cookies', () => {
  const signsOut = async (tab = page) => {
    await tab.locator('secure-session').getByRole('button', { name: 'Sign out' }).click();
    await says(/sign in to open this page/i);
  };
  const otherTab = async (act: (tab: Page) => Promise<unknown>) => {
    const tab = await visitor.context.newPage();
    await act(tab);
    await tab.close();
  };
  /** Ways to end a session; the page that was open is a protected one. */
  const ways: Record<string, () => Promise<unknown>> = {
    'in <secure-session>': () => signsOut(),
    'in <secure-session> of another tab': () =>
      otherTab(async (tab) => {
        await tab.goto(`${site.origin}/docs/guide.html`);
        await tab.locator('secure-session').getByRole('button', { name: 'Sign out' }).click();
        await messageOf(tab).waitFor();
      }),
    'in <secure-login>': async () => {
      await open('/public/login.html');
      await page.getByRole('button', { name: 'Sign out' }).click();
      await googleButton(page).waitFor();
    },
    'in <secure-login> of another tab': () =>
      otherTab(async (tab) => {
        await tab.goto(`${site.origin}/public/login.html`);
        await tab.getByRole('button', { name: 'Sign out' }).click();
        await googleButton(tab).waitFor();
      }),
    'without an element, in another tab': () =>
      otherTab(async (tab) => {
        await tab.goto(`${site.origin}/public/not-found.html`);
        await tab.evaluate("fetch('/auth/session', { method: 'DELETE' })");
      }),
  };

  /** Signs in at the guide, wherever the tab is. */
  const signsIn = async () => {
    await open('/docs/guide.html');
    await says(/sign in to open this page/i);
    await visitor.signIn('alice@example.com');
    await arrives();
    await page.locator('secure-session').getByText('alice@example.com').waitFor();
  };

  it.each(Object.keys(ways))('is never said to refuse them, after three sign-outs %s', async (way) => {
    for (let round = 0; round < 3; round++) {
      await signsIn();
      await ways[way]?.();
    }
    await signsIn();
  });

  it('is never said to refuse them, after all of these sign-outs one after the other', async () => {
    for (const leave of [...Object.values(ways), ...Object.values(ways).reverse()]) {
      await signsIn();
      await leave();
    }
    await signsIn();
  });

  it('is never said to refuse them, after sign-outs and sign-ins without a window', async () => {
    await page.addInitScript(
      `document.addEventListener('readystatechange', () => {
        document.querySelector('secure-login')?.setAttribute('ux-mode', 'redirect');
      })`,
    );
    for (let round = 0; round < 3; round++) {
      await open('/docs/guide.html');
      await says(/sign in to open this page/i);
      await googleButton(page).click();
      await page.waitForURL(`${site.google.origin}/**`);
      await page.getByRole('button', { name: 'alice@example.com' }).click();
      await page.waitForURL(`${site.origin}/docs/guide.html`);
      await arrives();
      await ways[round % 2 ? 'in <secure-login> of another tab' : 'in <secure-session>']?.();
    }
  });

  it('is never said to refuse cookies while another tab signs in and out and uses up the login cookie', async () => {
    await open('/docs/guide.html');
    await googleButton(page).waitFor();
    const first = page;
    for (let round = 0; round < 3; round++) {
      await otherTab(async (tab) => {
        await tab.goto(`${site.origin}/docs/guide.html`);
        const [popup] = await Promise.all([tab.waitForEvent('popup'), googleButton(tab).click()]);
        await popup.getByRole('button', { name: 'alice@example.com' }).click();
        await tab.locator('secure-session').getByText('alice@example.com').waitFor();
        await tab.evaluate("fetch('/auth/session', { method: 'DELETE' })");
      });
      await first.bringToFront();
      await visitor.signIn('alice@example.com');
      await says(/choose your account again/i);
      await googleButton(first).waitFor();
    }
    await visitor.signIn('alice@example.com');
    await arrives();
  });
});

describe('a browser that keeps no Secure cookie on http://localhost, as Safari', () => {
  it('is told exactly that on the first attempt, before it is asked for an account', async () => {
    await page.addInitScript(`{
      const { get, set } = Object.getOwnPropertyDescriptor(Document.prototype, 'cookie');
      Object.defineProperty(Document.prototype, 'cookie', {
        get,
        set(cookie) { if (!/;\\s*secure/i.test(cookie)) set.call(this, cookie); },
      });
    }`);
    await open('/docs/guide.html');
    await expectRest(
      /sign-in did not work/i,
      /does not store secure cookies on http:\/\/localhost.*use chrome or firefox/i,
      1,
    );
    expect(await googleButton(page).count()).toBe(0);
    expect(await visitor.context.cookies()).toEqual([]);
  });
});

describe('a page outside of the path that the rules grant', () => {
  it('is refused in words, with another account to choose, and is not loaded again', async () => {
    await site.reconfigure((text) => text.replace("path: '/*'", "path: '/docs/*'"));
    try {
      await open('/index.html');
      await visitor.signIn('alice@example.com');
      await expectRest(/no access to this page/i, /alice@example\.com has access to \/docs\/\*/, 1);
      await open('/docs/guide.html');
      await arrives();
      await open('/index.html');
      await expectRest(/no access to this page/i, /alice@example\.com has access to \/docs\/\*/, 3);
      await page.getByRole('button', { name: 'Use another account' }).click();
      await googleButton(page).waitFor();
    } finally {
      await site.reconfigure((text) => text);
    }
  });
});
