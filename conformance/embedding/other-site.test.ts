import type { Browser, Frame, Page } from 'playwright';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { withoutThirdPartyCookies } from '../support/browser.ts';
import { allowing, type EmbeddingServer, embedding, startEmbeddingServer } from '../support/embedding-page.ts';
import { type RunningSite, startSite } from '../support/site.ts';
import { launchBrowser, type Visitor, visit } from '../support/visitor.ts';

let app: EmbeddingServer;
let stranger: EmbeddingServer;
let site: RunningSite;
beforeAll(async () => {
  [app, stranger] = await Promise.all([startEmbeddingServer(), startEmbeddingServer()]);
  site = await startSite({ config: allowing(app.sameSite, app.otherSite) });
  for (const { pages } of [app, stranger]) pages.set('/', { body: embedding(site.origin) });
  const framing = (url: string) => ({ body: `<iframe src="${url}" width="400" height="400"></iframe>` });
  app.pages.set('/frames/allowed', framing(`${app.sameSite}/`));
  app.pages.set('/frames/other', framing(`${app.otherSite}/`));
  app.pages.set('/frames/login', framing(`${site.origin}/public/login.html`));
  app.pages.set('/frames/page', framing(`${site.origin}/docs/guide.html`));
  app.pages.set('/frames/sandboxed', {
    body: `<iframe
      sandbox="allow-scripts allow-popups allow-top-navigation-by-user-activation"
      src="${app.sameSite}/"
    ></iframe>`,
  });
});
afterAll(async () => {
  await app?.close();
  await stranger?.close();
  await site?.close();
});

// The second is what Chrome does when a person blocks third-party cookies.
describe.each([
  ['with third-party cookies', [], 'probe=1'],
  ['with third-party cookies blocked', withoutThirdPartyCookies, undefined],
])('%s', (_, flags, sent) => {
  let browser: Browser;
  let visitor: Visitor;
  let page: Page;
  beforeAll(async () => {
    browser = await launchBrowser(flags);
  });
  afterAll(() => browser?.close());
  beforeEach(async () => {
    visitor = await visit(browser, site);
    page = visitor.page;
  });
  afterEach(() => visitor.close());

  const says = (where: Page | Frame) => where.locator('secure-login [part=message]');
  const toSite = (where: Page | Frame) => where.getByRole('link', { name: 'Go to the sign-in page' });
  const framed = async (path: string): Promise<Frame> => {
    await page.goto(`${app.otherSite}${path}`);
    const frame = page.frames().find((one) => one.parentFrame() !== null);
    if (frame === undefined) throw new Error('no frame');
    return frame;
  };
  /** Everything that goes to the API. */
  const calls = (): string[] => {
    const urls: string[] = [];
    visitor.context.on('request', (request) => {
      if (request.url().startsWith(`${site.origin}/auth/`)) urls.push(`${request.method()} ${request.url()}`);
    });
    return urls;
  };

  it('the browser is what it is called', async () => {
    const cookie = { name: 'probe', value: '1', domain: 'localhost', path: '/', secure: true } as const;
    await visitor.context.addCookies([{ ...cookie, sameSite: 'None' }]);
    await page.goto(app.otherSite);
    const asked = page.waitForRequest(`${site.origin}/public/mark.svg`);
    await page.evaluate(`fetch('${site.origin}/public/mark.svg', { mode: 'no-cors', credentials: 'include' })`);
    expect((await (await asked).allHeaders())['cookie']).toBe(sent);
  });

  it('a page of another site leads the window to the sign-in page and gets the viewer back', async () => {
    const asked = calls();
    await page.goto(`${app.otherSite}/?x=1&y=%26#part`);
    await toSite(page).waitFor();
    expect(await says(page).textContent()).toBe(
      `Sign in at ${site.origin}. This page cannot tell whether you are signed in.`,
    );
    // Nothing is asked where no answer could be true, and nobody is sent away who did not ask for it.
    expect(asked).toEqual([]);
    expect(page.url()).toBe(`${app.otherSite}/?x=1&y=%26#part`);
    await toSite(page).click();
    await page.waitForURL(`${site.origin}/public/login.html?**`);
    await visitor.signIn('alice@example.com');
    await page.waitForURL(`${app.otherSite}/?x=1&y=%26#part`);
    await toSite(page).waitFor();
    expect((await page.goto(`${site.origin}/docs/guide.html`))?.status()).toBe(200);
  });

  it('a viewer who is signed in already is led back too', async () => {
    await page.goto(`${site.origin}/public/login.html`);
    await visitor.signIn('alice@example.com');
    await page.waitForURL(`${site.origin}/`);
    await page.goto(app.otherSite);
    await toSite(page).click();
    await page.getByText('alice@example.com').waitFor();
    await page.getByRole('link', { name: 'Continue' }).click();
    await page.waitForURL(`${app.otherSite}/`);
  });

  it('a page that the site does not list gets nobody back', async () => {
    await page.goto(stranger.otherSite);
    await toSite(page).click();
    await page.waitForURL(`${site.origin}/public/login.html?**`);
    await visitor.signIn('alice@example.com');
    await page.waitForURL(`${site.origin}/`);
  });

  it.each([
    ['of the same site', '/frames/allowed', () => app.sameSite],
    ['of another site', '/frames/other', () => app.otherSite],
  ])('a frame %s in a page of another site leads the whole window to the sign-in page', async (_name, path, origin) => {
    const asked = calls();
    const frame = await framed(path);
    await toSite(frame).waitFor();
    expect(asked).toEqual([]);
    await toSite(frame).click();
    await page.waitForURL(`${site.origin}/public/login.html?**`);
    await visitor.signIn('alice@example.com');
    await page.waitForURL(`${origin()}/`);
    expect(page.frames()).toHaveLength(1);
  });

  it('a sandboxed frame says where to sign in', async () => {
    const frame = await framed('/frames/sandboxed');
    await toSite(frame).waitFor();
    expect(await says(frame).textContent()).toContain(site.origin);
    await toSite(frame).click();
    await page.waitForURL(`${site.origin}/public/login.html?**`);
  });

  it.each(['/frames/login', '/frames/page'])('no page of another origin can frame the login page: %s', async (path) => {
    const frame = await framed(path);
    await expect.poll(() => frame.url()).toMatch(/^chrome-error:/);
    expect(await frame.locator('secure-login').count()).toBe(0);
  });

  it('a sign-in that does not last is told once, with the way to the site, and goes round in no circle', async () => {
    // As under a public suffix, or where a browser refuses the cookies of frames without a word: the page cannot know
    // it before.
    let isSignedIn = false;
    await page.route(`${site.origin}/auth/session`, async (route) => {
      if (isSignedIn) await visitor.context.clearCookies();
      isSignedIn ||= route.request().method() === 'POST';
      await route.continue();
    });
    const loads: string[] = [];
    page.on('framenavigated', (frame) => loads.push(frame.url()));
    await page.goto(app.sameSite);
    const asked = calls();
    await visitor.signIn('alice@example.com');
    await page.getByRole('heading', { name: 'Your browser did not keep the sign-in' }).waitFor();
    await toSite(page).waitFor();
    expect(await toSite(page).getAttribute('href')).toBe(
      `${site.origin}/public/login.html?return-to=${encodeURIComponent(`${app.sameSite}/`)}`,
    );
    expect(loads).toHaveLength(1);
    expect(asked.length).toBeLessThan(5);
  });
});
