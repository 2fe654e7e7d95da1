import type { Browser } from 'playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningSite, startSite, unthrottled } from '../support/site.ts';
import { idToken } from '../support/tokens.ts';
import { launchBrowser, type Visitor, visit } from '../support/visitor.ts';
import { returnTargets } from './return-targets.ts';
import { beginSignIn, postForm } from './sign-in.ts';

let site: RunningSite;
let browser: Browser;
beforeAll(async () => {
  [browser, site] = await Promise.all([launchBrowser(), startSite({ config: unthrottled })]);
});
afterAll(async () => {
  await browser.close();
  await site.close();
});

async function withVisitor<T>(use: (visitor: Visitor) => Promise<T>): Promise<T> {
  const visitor = await visit(browser, site);
  try {
    return await use(visitor);
  } finally {
    // Not one of them made the browser ask another server.
    for (const origin of visitor.origins) expect([site.origin, site.google.origin]).toContain(origin);
    await visitor.close();
  }
}

const loginPage = (target: string): string =>
  `${site.origin}/public/login.html?return-to=${encodeURIComponent(target.toWellFormed())}`;

/** The target of the form post for a `state`. */
async function locationFor(state: string): Promise<string> {
  const beginning = await beginSignIn(site);
  const credential = await idToken(site, 'alice@example.com', { nonce: beginning.nonce });
  const answer = await postForm(site, { credential, state }, beginning);
  expect([state, answer.status]).toEqual([state, 303]);
  return String(answer.headers['location']);
}

describe('the return targets', () => {
  it('are more than 200', () => {
    expect(returnTargets(site.origin).length).toBeGreaterThan(200);
  });
});

describe("the state of Google's form post", () => {
  it('leads to a path of the site, whatever it is', async () => {
    const locations = new Map<string, string>();
    for (const target of returnTargets(site.origin)) locations.set(target, await locationFor(target));
    for (const [target, location] of locations) {
      // Visible ASCII, and nothing that any parser could read as another host.
      expect(`${target} -> ${location}`).toMatch(/ -> \/(?![/\\])[\x21-\x5b\x5d-\x7e]*$/);
      expect([target, new URL(location, site.origin).origin]).toEqual([target, site.origin]);
    }
    // The browser has a parser of its own.
    const origins = await withVisitor(async ({ page }) => {
      await page.goto(`${site.origin}/docs/guide.html`);
      return page.evaluate(
        `(${JSON.stringify([...locations.values()])})
          .map((one) => Object.assign(document.createElement('a'), { href: one }).origin)`,
      );
    });
    expect(new Set(origins as string[])).toEqual(new Set([site.origin]));
  });

  it('that is a path of the site is kept', async () => {
    for (const path of ['/docs/guide.html?x=1&y=%2F#part', '/a//b', '/a/?return-to=https://evil.example#//evil']) {
      expect(await locationFor(path)).toBe(path);
    }
  });
});

describe('the login page', () => {
  it('offers someone who is signed in only ways that stay on the site, whatever its return-to', async () => {
    const links = await withVisitor(async ({ page, signIn }) => {
      await page.goto(loginPage('/public/login.html'));
      await signIn('alice@example.com');
      await page.getByText('alice@example.com').first().waitFor();
      // The element itself, over and over: it reads the address anew at each check.
      return page.evaluate(`(async (targets) => {
        const element = document.querySelector('secure-login');
        const links = [];
        for (const target of targets) {
          history.replaceState(null, '', '/public/login.html?return-to=' + encodeURIComponent(target));
          await element.check();
          const [link, ...more] = element.shadowRoot.querySelectorAll('a');
          links.push([target, element.status, more.length, link?.origin, link?.protocol]);
        }
        return links;
      })(${JSON.stringify(returnTargets(site.origin).map((target) => target.toWellFormed()))})`);
    });
    const { protocol } = new URL(site.origin);
    for (const [target, ...seen] of links as unknown[][]) {
      expect([target, ...seen]).toEqual([target, 'signed-in', 0, site.origin, protocol]);
    }
    expect((links as unknown[]).length).toBeGreaterThan(200);
  });

  it.each([
    'https://evil.example/',
    '//evil.example',
    '/\\evil.example',
    '/.//evil.example',
    '\t//evil.example',
    'javascript:alert(1)',
    'data:text/html,<script>alert(1)</script>',
    '/%2fevil.example',
    'http://user@localhost/',
  ])('after a whole sign-in with return-to=%j the viewer is on the site', async (target) => {
    await withVisitor(async ({ page, signIn }) => {
      await page.goto(loginPage(target));
      await signIn('alice@example.com');
      await page.waitForURL((url) => url.pathname !== '/public/login.html');
      expect(new URL(page.url()).origin).toBe(site.origin);
    });
  });

  it('after a whole sign-in by redirect with a hostile state the viewer is on the site', async () => {
    for (const state of ['https://evil.example/', '//evil.example', '/\\evil.example', 'javascript:alert(1)']) {
      await withVisitor(async ({ page }) => {
        await page.goto(`${site.origin}/public/embed.html`);
        await page.locator('.gsi-stand-in').waitFor();
        const { nonce } = (await page.evaluate(`fetch('/auth/session').then((one) => one.json())`)) as {
          nonce: string;
        };
        await page.evaluate(`
          google.accounts.id.initialize(${JSON.stringify({
            client_id: site.emulator.googleClientId,
            nonce,
            ux_mode: 'redirect',
            login_uri: `${site.origin}/auth/session`,
          })});
          google.accounts.id.renderButton(document.body, { state: ${JSON.stringify(state)} });
        `);
        await page.getByRole('button', { name: /sign in with google/i }).click();
        await page.getByRole('button', { name: 'alice@example.com' }).click();
        await page.waitForURL(`${site.origin}/`);
        await page.getByRole('heading', { level: 1 }).waitFor();
      });
    }
  });
});
