import type { Browser } from 'playwright';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type RunningSite, startSite } from '../support/site.ts';
import { launchBrowser, type Visitor, visit } from '../support/visitor.ts';

let ahead = 0;
let browser: Browser;
let site: RunningSite;
let visitor: Visitor;
beforeAll(async () => {
  [browser, site] = await Promise.all([launchBrowser(), startSite({ clock: () => Date.now() + ahead })]);
});
afterAll(async () => {
  await browser.close();
  await site.close();
});
beforeEach(async () => {
  ahead = 0;
  visitor = await visit(browser, site);
});
afterEach(async () => {
  const { origins, complaints } = visitor;
  await visitor.close();
  expect(complaints).toEqual([]);
  for (const origin of origins) expect([site.origin, site.google.origin]).toContain(origin);
});

const guide = '/docs/guide.html?x=1#part';

/** Opens a protected page, is sent to the login page, and signs in. */
async function enter(account = 'alice@example.com', path = guide): Promise<void> {
  await visitor.page.goto(`${site.origin}${path}`);
  await visitor.signIn(account);
}

describe('a viewer without cookies', () => {
  it('gets the login page with status 403 at the URL they asked for', async () => {
    const response = await visitor.page.goto(`${site.origin}${guide}`);
    expect(response?.status()).toBe(403);
    expect(response?.headers()['cache-control']).toContain('no-store');
    expect(visitor.page.url()).toBe(`${site.origin}${guide}`);
    await visitor.page.getByRole('button', { name: /sign in with google/i }).waitFor();
  });

  it('signs in and is where they wanted to be: query, fragment, image, script and JSON', async () => {
    await enter();
    await visitor.page.getByRole('heading', { level: 1 }).filter({ hasText: /guide/i }).waitFor();
    expect(visitor.page.url()).toBe(`${site.origin}${guide}`);
    await visitor.page.waitForLoadState('networkidle');
    const images = await visitor.page
      .locator('img')
      .evaluateAll((all) => (all as unknown as { naturalWidth: number }[]).map((image) => image.naturalWidth));
    expect(images.length).toBeGreaterThan(0);
    for (const width of images) expect(width).toBeGreaterThan(0);
    expect(await visitor.page.locator('[data-from-json]').textContent()).not.toBe('');
  });

  it('gets exactly the cookies of the design', async () => {
    await enter();
    await visitor.page.getByRole('heading', { level: 1 }).filter({ hasText: /guide/i }).waitFor();
    const cookies = await visitor.context.cookies(site.origin);
    expect(cookies.map(({ name }) => name).sort()).toEqual([
      'CloudFront-Hash-Algorithm',
      'CloudFront-Key-Pair-Id',
      'CloudFront-Policy',
      'CloudFront-Signature',
      '__Host-s3nator-session',
    ]);
    for (const cookie of cookies) {
      expect(cookie).toMatchObject({
        domain: 'localhost',
        path: '/',
        secure: true,
        httpOnly: true,
        sameSite: 'Lax',
        expires: -1,
      });
    }
  });
});

describe('a viewer who is refused', () => {
  it.each(['mallory@evil.example', 'unverified@example.com'])(
    '%s is told which account, and can choose another',
    async (account) => {
      await enter(account);
      await visitor.page.getByText(account).first().waitFor();
      expect(await visitor.context.cookies(site.origin)).toEqual(
        expect.not.arrayContaining([expect.objectContaining({ name: 'CloudFront-Policy' })]),
      );
      await visitor.signIn('alice@example.com');
      await visitor.page.getByRole('heading', { level: 1 }).filter({ hasText: /guide/i }).waitFor();
    },
  );

  it('is not sent round in circles', async () => {
    const loads: string[] = [];
    visitor.page.on('framenavigated', (frame) => loads.push(frame.url()));
    await enter('mallory@evil.example');
    await visitor.page.getByText('mallory@evil.example').first().waitFor();
    await visitor.page.waitForTimeout(1500);
    expect(loads).toHaveLength(1);
  });
});

describe('a viewer who is signed in', () => {
  beforeEach(async () => {
    await enter();
    await visitor.page.getByRole('heading', { level: 1 }).filter({ hasText: /guide/i }).waitFor();
  });

  it('gets the not-found page for a link that does not exist', async () => {
    const response = await visitor.page.goto(`${site.origin}/docs/no-such-page.html`);
    expect(response?.status()).toBe(404);
    await visitor.page.getByRole('heading', { name: /not|found|no such/i }).waitFor();
    expect(await visitor.page.locator('secure-login').count()).toBe(0);
  });

  it('signs out, and protected pages ask to sign in again, by the back button too', async () => {
    await visitor.page.goto(`${site.origin}/public/login.html`);
    await visitor.page.getByText('alice@example.com').first().waitFor();
    await visitor.page.getByRole('button', { name: /sign out/i }).click();
    await visitor.page.getByRole('button', { name: /sign in with google/i }).waitFor();
    expect(await visitor.context.cookies(site.origin)).toEqual(
      expect.not.arrayContaining([expect.objectContaining({ name: 'CloudFront-Policy' })]),
    );
    const back = await visitor.page.goBack();
    expect(back?.status()).toBe(403);
    await visitor.page.getByRole('button', { name: /sign in with google/i }).waitFor();
  });

  it('gets the login page once the cookies have expired', async () => {
    ahead = 3_601_000;
    const response = await visitor.page.goto(`${site.origin}/docs/guide.html`);
    expect(response?.status()).toBe(403);
    await visitor.page.locator('secure-login').waitFor();
  });
});

describe('the element in other pages', () => {
  it('works without an attribute in an open page that it did not ship with', async () => {
    await visitor.page.goto(`${site.origin}/public/embed.html`);
    await visitor.signIn('alice@example.com');
    await visitor.page.getByText('alice@example.com').first().waitFor();
    expect(visitor.page.url()).toBe(`${site.origin}/public/embed.html`);
    const response = await visitor.page.goto(`${site.origin}/docs/guide.html`);
    expect(response?.status()).toBe(200);
  });

  it('is loaded as a module by a page of another origin', async () => {
    await visitor.page.goto(`${site.google.origin}/`);
    const defined = await visitor.page.evaluate(async (src) => {
      // biome-ignore lint/suspicious/noExplicitAny: this runs in the page, whose types are not those of the test.
      const { document, customElements } = globalThis as any;
      const script = Object.assign(document.createElement('script'), { type: 'module', src });
      const loaded = new Promise((done) => {
        script.onload = () => done(true);
        script.onerror = () => done(false);
      });
      document.head.append(script);
      return (await loaded) && customElements.get('secure-login') !== undefined;
    }, `${site.origin}/public/secure-login.js`);
    expect(defined).toBe(true);
  });
});
