import type { Browser, Page, Request } from 'playwright';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { withoutThirdPartyCookies } from '../support/browser.ts';
import { allowing, type EmbeddingServer, embedding, startEmbeddingServer } from '../support/embedding-page.ts';
import { axeFindings, googleButton, headingOf, loginPath, messageOf } from '../support/login-page.ts';
import { examples } from '../support/packed.ts';
import { type RunningSite, startSite, unthrottled } from '../support/site.ts';
import { launchBrowser, type Visitor, visit } from '../support/visitor.ts';

const guide = '/docs/guide.html?x=1#part';
const alice = 'alice@example.com';
const mallory = 'mallory@evil.example';

let browser: Browser;
let app: EmbeddingServer;
let site: RunningSite;
let shipped: string;
let visitor: Visitor;
let page: Page;
/** One Tap's frames that were asked for, and tokens that were sent. */
let frames: URLSearchParams[];
let tokens: string[];

beforeAll(async () => {
  [browser, app] = await Promise.all([launchBrowser(), startEmbeddingServer()]);
  site = await startSite({
    config: (text) => allowing(app.sameSite)(unthrottled(text)).replace('allowedOrigins: [], ', ''),
  });
  shipped = String(await site.emulator.aws.get(content(), `www${loginPath}`));
});
afterAll(async () => {
  await browser?.close();
  await app?.close();
  await site?.close();
});
beforeEach(() => begin(browser));
afterEach(async () => {
  const { complaints } = visitor;
  await visitor.close();
  writeLoginPage('');
  expect(complaints).toEqual([]);
});

const content = (): string => site.emulator.outputs['content_bucket'] ?? '';
/** The shipped login page with further attributes, as an adopter would write and upload it. */
function writeLoginPage(attributes: string): void {
  const text = shipped.replace('<secure-login ', `<secure-login ${attributes} `);
  site.emulator.aws.put(content(), `www${loginPath}`, text, 'text/html; charset=utf-8');
  // As every upload of a file that was there before.
  site.emulator.invalidate([loginPath]);
}

async function begin(at: Browser): Promise<void> {
  visitor = await visit(at, site);
  page = visitor.page;
  frames = [];
  tokens = [];
  visitor.context.on('request', (request: Request) => {
    const url = new URL(request.url());
    if (url.pathname === '/gsi/iframe/select' && request.method() === 'GET') frames.push(url.searchParams);
    if (url.href === `${site.origin}/auth/session` && request.method() === 'POST') {
      tokens.push(String(request.postDataJSON().idToken));
    }
  });
}

const card = (at = page) => at.frameLocator('iframe[title^="One Tap"]');
const entry = (email: string, at = page) => card(at).getByRole('button', { name: email });
const claimsOf = (token = '') => JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
const open = (): Promise<unknown> => page.goto(`${site.origin}${guide}`);
/** The guide itself: the login page has the same address. */
async function isOpen(): Promise<void> {
  await page.waitForURL(`${site.origin}${guide}`);
  await page.getByRole('heading', { level: 1, name: 'Workshop guide' }).waitFor();
}

/** Signs in at Google, to another client: known to Google in this browser, and not to the site. */
async function signInElsewhere(email = alice): Promise<void> {
  const query = new URLSearchParams({ client_id: 'another.apps.googleusercontent.com', origin: 'http://localhost:1' });
  await page.goto(`${site.google.origin}/gsi/select?${query}`);
  await page.getByRole('button', { name: email }).click();
  await page.getByText('Signed in.').waitFor();
}

/**
 * Signs in at the site with the button, and comes back when the session is over; what was seen until then does not
 * count.
 */
async function comeBack(attributes: string, email = alice): Promise<void> {
  writeLoginPage('');
  await open();
  await visitor.signIn(email);
  await (email === alice ? isOpen() : headingOf(page).filter({ hasText: 'No access' }).waitFor());
  // localhost is the site, 127.0.0.1 is Google.
  await visitor.context.clearCookies({ domain: 'localhost' });
  writeLoginPage(attributes);
  await page.goto('about:blank');
  frames.length = tokens.length = 0;
}

describe('by default', () => {
  it('Google is not asked who is there, and brings nobody in by itself', async () => {
    await comeBack('');
    await open();
    await googleButton(page).waitFor();
    await messageOf(page)
      .filter({ hasText: /to open this page/ })
      .waitFor();
    expect(await page.locator('iframe').count()).toBe(0);
    expect([frames, tokens]).toEqual([[], []]);
  });
});

describe('one-tap', () => {
  it("shows the account at Google, and signs in with one click: this browser's nonce, no policy violated", async () => {
    await signInElsewhere();
    writeLoginPage('one-tap');
    await open();
    await entry(alice).waitFor();
    await googleButton(page).waitFor();
    expect(await axeFindings(page)).toEqual([]);
    expect(tokens).toEqual([]);
    await entry(alice).click();
    await isOpen();
    expect(tokens).toHaveLength(1);
    expect(claimsOf(tokens[0])).toMatchObject({ email: alice, nonce: frames[0]?.get('nonce') });
    expect(frames[0]?.get('nonce')).toMatch(/^[\w-]{43}$/);
    expect(visitor.context.pages()).toHaveLength(1);
  });

  it('asks for a click even of one who comes back', async () => {
    await comeBack('one-tap');
    await open();
    await entry(alice).waitFor();
    expect(frames.map((asked) => asked.has('auto_select'))).toEqual([false]);
    expect(tokens).toEqual([]);
  });

  it('shows nothing where nobody is signed in at Google: the button works as ever', async () => {
    writeLoginPage('one-tap');
    await open();
    await googleButton(page).waitFor();
    await expect.poll(() => frames.length).toBe(1);
    await expect.poll(() => page.locator('iframe').count()).toBe(0);
    await visitor.signIn(alice);
    await isOpen();
  });

  it('that was closed does not come back, and the button works as ever', async () => {
    await signInElsewhere();
    writeLoginPage('one-tap');
    await open();
    await card().getByRole('button', { name: 'Close' }).click();
    await expect.poll(() => page.locator('iframe').count()).toBe(0);
    await page.reload();
    await googleButton(page).waitFor();
    await messageOf(page)
      .filter({ hasText: /to open this page/ })
      .waitFor();
    expect(frames).toHaveLength(1);
    await visitor.signIn(alice);
    await isOpen();
  });

  it('goes away when the button is used instead', async () => {
    await signInElsewhere();
    writeLoginPage('one-tap');
    await page.goto(`${site.origin}${loginPath}`);
    await entry(alice).waitFor();
    const [popup] = await Promise.all([page.waitForEvent('popup'), googleButton(page).click()]);
    await expect.poll(() => page.locator('iframe').count()).toBe(0);
    await popup.getByRole('button', { name: alice }).click();
    await page.waitForURL(`${site.origin}/`);
    expect(tokens).toHaveLength(1);
  });

  it('brings nobody in by a credential for another nonce, and does not try it again by itself', async () => {
    await comeBack('one-tap auto-sign-in');
    const frame = `${site.google.origin}/gsi/iframe/select?**`;
    await page.route(frame, (route) => {
      const url = new URL(route.request().url());
      url.searchParams.set('nonce', 'A'.repeat(43));
      return route.continue({ url: url.href });
    });
    await open();
    const again = page.getByRole('button', { name: 'Try again' });
    await again.waitFor();
    await site.logged({ event: 'refused', reason: 'nonce-wrong' });
    expect(claimsOf(tokens[0])['nonce']).toBe('A'.repeat(43));
    await page.unroute(frame);
    expect([frames.length, tokens.length]).toEqual([1, 1]);
    await again.click();
    await isOpen();
    expect(claimsOf(tokens[1])['nonce']).toBe(frames[1]?.get('nonce'));
  });
});

describe('auto-sign-in', () => {
  it('brings in without a click who signed in here before', async () => {
    await comeBack('auto-sign-in');
    await open();
    await isOpen();
    expect(claimsOf(tokens[0])).toMatchObject({ email: alice, nonce: frames[0]?.get('nonce') });
    expect([frames.length, tokens.length]).toEqual([1, 1]);
  });

  it('asks for a click the first time', async () => {
    await signInElsewhere();
    writeLoginPage('auto-sign-in');
    await open();
    await entry(alice).waitFor();
    expect(tokens).toEqual([]);
    await entry(alice).click();
    await isOpen();
  });

  it('asks which one where two signed in here before', async () => {
    await comeBack('', mallory);
    await comeBack('auto-sign-in');
    await open();
    await entry(mallory).waitFor();
    await entry(alice).waitFor();
    expect(tokens).toEqual([]);
  });

  it('brings nobody back after a sign-out, in this page, the next or a new tab, until a sign-in by hand', async () => {
    await comeBack('auto-sign-in');
    await open();
    await isOpen();
    await page.goto(`${site.origin}${loginPath}`);
    await page.getByRole('button', { name: 'Sign out' }).click();
    await googleButton(page).waitFor();
    await messageOf(page)
      .filter({ hasText: /signed out|to continue/i })
      .waitFor();
    expect([frames.length, tokens.length]).toEqual([1, 1]);
    await open();
    await entry(alice).waitFor();
    const other = await visitor.context.newPage();
    await other.goto(`${site.origin}${guide}`);
    await entry(alice, other).waitFor();
    await other.close();
    expect(frames.slice(1).map((asked) => asked.has('auto_select'))).toEqual([false, false]);
    expect(tokens).toHaveLength(1);
    await entry(alice).click();
    await isOpen();
    // Back again, as everyone who came by hand.
    await visitor.context.clearCookies({ domain: 'localhost', name: /^(?!g_state)/ });
    await page.goto('about:blank');
    await open();
    await isOpen();
    expect(frames.at(-1)?.get('auto_select')).toBe('true');
    expect(tokens).toHaveLength(3);
  });

  it('does not try a refused account again by itself: not at once, not in the next page', async () => {
    await comeBack('auto-sign-in', mallory);
    await open();
    await headingOf(page).filter({ hasText: 'No access' }).waitFor();
    await googleButton(page).waitFor();
    await page.waitForFunction(`document.cookie.includes("g_state=")`);
    expect([frames.length, tokens.length]).toEqual([1, 1]);
    await page.reload();
    await entry(mallory).waitFor();
    expect(frames.map((asked) => asked.has('auto_select'))).toEqual([true, false]);
    expect(tokens).toHaveLength(1);
    await visitor.signIn(alice);
    await isOpen();
  });
});

describe('a page of an allowed origin', () => {
  it('signs in with One Tap, stays, and the protected site opens', async () => {
    app.pages.set('/', { body: embedding(site.origin, '<secure-login id="one" one-tap></secure-login>') });
    await signInElsewhere();
    await page.goto(app.sameSite);
    await entry(alice).click();
    await page.locator('#one[status=signed-in]').waitFor();
    expect(page.url()).toBe(`${app.sameSite}/`);
    expect(frames[0]?.get('origin')).toBe(app.sameSite);
    expect((await page.goto(`${site.origin}/docs/guide.html`))?.status()).toBe(200);
  });

  it('with two elements shows one card, and both follow', async () => {
    const two = '<secure-login id="one" one-tap></secure-login><secure-login id="two" one-tap></secure-login>';
    app.pages.set('/', { body: embedding(site.origin, two) });
    await signInElsewhere();
    await page.goto(app.sameSite);
    await expect.poll(() => googleButton(page).count()).toBe(2);
    await entry(alice).click();
    await page.locator('#one[status=signed-in]').waitFor();
    await page.locator('#two[status=signed-in]').waitFor();
    expect(tokens).toHaveLength(1);
  });

  it('with the strict policy of the docs: One Tap works, and it is what the line about frames is for', async () => {
    const { policy = '' } = await examples('docs/embed.md');
    const lines = policy
      .trim()
      .replace(/\s*\n\s*/g, ' ')
      .replaceAll('https://SITE', site.origin)
      .replaceAll('https://accounts.google.com', site.google.origin)
      .replaceAll('NONCE', 'r4nd0m');
    const tag = `<script type="module" nonce="r4nd0m" src="${site.origin}/public/secure-login.js"></script>`;
    const body = `<!doctype html><title>An app</title>${tag}<secure-login id="one" one-tap></secure-login>`;
    const serve = (contentSecurityPolicy: string) =>
      app.pages.set('/strict', { headers: { 'Content-Security-Policy': contentSecurityPolicy }, body });
    await signInElsewhere();
    serve(lines.replace(/frame-src [^;]+;/, "frame-src 'none';"));
    const blocked = page.waitForEvent('console', (message) => /frame-src/.test(message.text()));
    await page.goto(`${app.sameSite}/strict`);
    await blocked;
    visitor.complaints.length = 0;
    serve(lines);
    await page.goto(`${app.sameSite}/strict`);
    await entry(alice).click();
    await page.locator('#one[status=signed-in]').waitFor();
  });
});

it('where third-party cookies are blocked there is the button alone, and it works', async () => {
  const strict = await launchBrowser(withoutThirdPartyCookies);
  try {
    await visitor.close();
    await begin(strict);
    // Not in a window that the site opened: after one, Chrome lets Google have its cookies in the site's pages for a
    // while.
    await signInElsewhere();
    writeLoginPage('one-tap');
    await open();
    await googleButton(page).waitFor();
    await expect.poll(() => frames.length).toBe(1);
    await expect.poll(() => page.locator('iframe').count()).toBe(0);
    expect(tokens).toEqual([]);
    await visitor.signIn(alice);
    await isOpen();
  } finally {
    await visitor.close();
    await strict.close();
  }
});
