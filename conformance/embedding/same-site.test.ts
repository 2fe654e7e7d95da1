import type { Browser, Page } from 'playwright';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { allowing, type EmbeddingServer, embedding, startEmbeddingServer } from '../support/embedding-page.ts';
import { send } from '../support/http.ts';
import { type RunningSite, startSite } from '../support/site.ts';
import { launchBrowser, type Visitor, visit } from '../support/visitor.ts';

let browser: Browser;
let app: EmbeddingServer;
let stranger: EmbeddingServer;
let site: RunningSite;
beforeAll(async () => {
  [browser, app, stranger] = await Promise.all([launchBrowser(), startEmbeddingServer(), startEmbeddingServer()]);
  site = await startSite({ config: allowing(app.sameSite) });
  for (const { pages } of [app, stranger]) pages.set('/', { body: embedding(site.origin) });
});
afterAll(async () => {
  await browser?.close();
  await app?.close();
  await stranger?.close();
  await site?.close();
});

const cors = (headers: object) => Object.keys(headers).filter((name) => name.startsWith('access-control-'));
const url = () => `${site.origin}/auth/session`;

describe('what the API tells browsers of other origins', () => {
  const preflight = (origin: string, path = '/auth/session', method = 'POST') =>
    send(site.origin + path, {
      method: 'OPTIONS',
      headers: {
        Origin: origin,
        'Access-Control-Request-Method': method,
        'Access-Control-Request-Headers': 'content-type',
      },
    });

  it.each(['/auth/session', '/auth/session/renewal'])('an allowed one may send credentials to %s', async (path) => {
    const { status, headers } = await preflight(app.sameSite, path);
    expect(status).toBe(204);
    expect(headers).toMatchObject({
      'access-control-allow-origin': app.sameSite,
      'access-control-allow-credentials': 'true',
      'access-control-allow-headers': 'authorization, content-type',
      'access-control-max-age': '600',
      vary: expect.stringMatching(/\borigin\b/i),
    });
    expect(headers['access-control-allow-methods']).toContain('POST');
    expect(headers['access-control-allow-methods']).not.toContain('*');
  });

  it.each([
    ['GET', '/auth/session', 200],
    ['POST', '/auth/session', 415],
    ['POST', '/auth/session/renewal', 401],
    ['DELETE', '/auth/session', 204],
    ['GET', '/auth/nothing', 400],
    ['PUT', '/auth/session', 405],
  ])('an allowed one may read the answer to %s %s', async (method, path, expected) => {
    const body = method === 'POST' && path === '/auth/session' ? { body: 'x' } : {};
    const answer = await send(site.origin + path, { method, headers: { Origin: app.sameSite }, ...body });
    expect(answer.status).toBe(expected);
    expect(answer.headers['access-control-allow-origin']).toBe(app.sameSite);
    expect(answer.headers['access-control-allow-credentials']).toBe('true');
    expect(answer.headers['vary']).toMatch(/\borigin\b/i);
  });

  const foreign = (): readonly (readonly [string, string])[] => [
    ['of the same site, not allowed', stranger.sameSite],
    ['of another site', app.otherSite],
    ['null', 'null'],
    ['with an ending of its own', `${app.sameSite}.evil.example`],
    ['with a beginning of its own', app.sameSite.replace('localhost', 'evil-localhost')],
    ['in capitals', app.sameSite.toUpperCase()],
    ['with another scheme', app.sameSite.replace('http:', 'https:')],
    ['*', '*'],
  ];
  it('any other one gets nothing: no preflight, no header, no change', async () => {
    for (const [name, origin] of foreign()) {
      const refused = await preflight(origin);
      expect(refused.status, name).toBe(405);
      expect(cors(refused.headers), name).toEqual([]);
      const read = await send(url(), { headers: { Origin: origin } });
      expect(cors(read.headers), name).toEqual([]);
      for (const method of ['POST', 'DELETE']) {
        const changed = await send(url(), { method, headers: { Origin: origin } });
        expect(changed.status, name).toBe(400);
        expect(cors(changed.headers), name).toEqual([]);
        expect(changed.setCookie, name).toEqual([]);
      }
    }
  });
});

describe('a page of an allowed origin of the same site', () => {
  let visitor: Visitor;
  let page: Page;
  beforeEach(async () => {
    visitor = await visit(browser, site);
    page = visitor.page;
  });
  afterEach(async () => {
    const { complaints } = visitor;
    await visitor.close();
    expect(complaints).toEqual([]);
  });
  const button = (name: string) => page.getByRole('button', { name });

  it('signs in, stays, and the protected site opens in the same browser', async () => {
    await page.goto(`${app.sameSite}/?x=1#part`);
    await visitor.signIn('alice@example.com');
    await page.getByText('alice@example.com').waitFor();
    expect(page.url()).toBe(`${app.sameSite}/?x=1#part`);
    expect((await page.goto(`${site.origin}/docs/guide.html`))?.status()).toBe(200);
    await page.goto(app.sameSite);
    await page.getByText('alice@example.com').waitFor();
  });

  it('signs out, and the protected site is closed again', async () => {
    await page.goto(app.sameSite);
    await visitor.signIn('alice@example.com');
    await button('Sign out').click();
    await page.getByRole('button', { name: /sign in with google/i }).waitFor();
    expect((await page.goto(`${site.origin}/docs/guide.html`))?.status()).toBe(403);
  });

  it('that asked for the page to come back to gets it', async () => {
    await page.goto(
      `${site.origin}/public/login.html?return-to=${encodeURIComponent(`${app.sameSite}/?back=1#there`)}`,
    );
    await visitor.signIn('alice@example.com');
    await page.waitForURL(`${app.sameSite}/?back=1#there`);
    await page.getByText('alice@example.com').waitFor();
  });

  it('loads the open files of the site, and no protected one, although the viewer is signed in', async () => {
    await page.goto(app.sameSite);
    await visitor.signIn('alice@example.com');
    await page.getByText('alice@example.com').waitFor();
    const image = (path: string) =>
      page.evaluate(`new Promise((done) => {
        const image = Object.assign(new Image(), { src: ${JSON.stringify(site.origin + path)} });
        image.onload = () => done('loaded');
        image.onerror = () => done('failed');
      })`);
    expect(await image('/public/mark.svg')).toBe('loaded');
    expect(await image('/assets/logo.svg')).toBe('failed');
    await page.goto(`${site.origin}/docs/guide.html`);
    expect(await image('/assets/logo.svg')).toBe('loaded');
  });

  it('works in a frame of a page of the same site', async () => {
    stranger.pages.set('/frame', { body: `<iframe src="${app.sameSite}" width="400" height="400"></iframe>` });
    await page.goto(`${stranger.sameSite}/frame`);
    const frame = page.frameLocator('iframe');
    const [popup] = await Promise.all([
      visitor.context.waitForEvent('page'),
      frame.getByRole('button', { name: /sign in with google/i }).click(),
    ]);
    await popup.getByRole('button', { name: 'alice@example.com' }).click();
    await frame.getByText('alice@example.com').waitFor();
    expect((await page.goto(`${site.origin}/docs/guide.html`))?.status()).toBe(200);
  });
});

describe('a page of the same site that is not allowed', () => {
  it('says so and leads to the sign-in page, which does not come back', async () => {
    const visitor = await visit(browser, site);
    const { page } = visitor;
    try {
      await page.goto(stranger.sameSite);
      await page.getByText(/may not allow sign-in from this page/i).waitFor();
      await page.getByRole('link', { name: 'Go to the sign-in page' }).click();
      await page.waitForURL(`${site.origin}/public/login.html?**`);
      await visitor.signIn('alice@example.com');
      await page.waitForURL(`${site.origin}/`);
    } finally {
      await visitor.close();
    }
  });
});
