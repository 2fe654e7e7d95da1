import type { Browser, Page } from 'playwright';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { allowing, type EmbeddingServer, embedding, startEmbeddingServer } from '../support/embedding-page.ts';
import { examples } from '../support/packed.ts';
import { type RunningSite, startSite } from '../support/site.ts';
import { launchBrowser, type Visitor, visit } from '../support/visitor.ts';

let browser: Browser;
let app: EmbeddingServer;
let site: RunningSite;
let visitor: Visitor;
let page: Page;
beforeAll(async () => {
  [browser, app] = await Promise.all([launchBrowser(), startEmbeddingServer()]);
  site = await startSite({ config: allowing(app.sameSite) });
});
afterAll(async () => {
  await browser?.close();
  await app?.close();
  await site?.close();
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

const google = () => page.getByRole('button', { name: /sign in with google/i });
const shows = (id: string, status: string) => page.locator(`#${id}[status=${status}]`).waitFor();
const two = '<div id="here"><secure-login id="one"></secure-login></div><div id="there"></div>';

async function open(body: string): Promise<void> {
  app.pages.set('/', { body: embedding(site.origin, body) });
  await page.goto(app.sameSite);
  await google().first().waitFor();
}

/** Presses the button and has Google's window open. */
async function press(): Promise<Page> {
  const [popup] = await Promise.all([visitor.context.waitForEvent('page'), google().first().click()]);
  await popup.getByRole('button', { name: 'alice@example.com' }).waitFor();
  return popup;
}
const choose = (popup: Page) => popup.getByRole('button', { name: 'alice@example.com' }).click();
const move = () => page.evaluate(`document.getElementById('there').append(document.getElementById('one'))`);

describe('an element that is moved', () => {
  beforeEach(() => open(two));

  it('while nobody is signed in: has one button, which works', async () => {
    await move();
    await google().waitFor();
    expect(await google().count()).toBe(1);
    await choose(await press());
    await shows('one', 'signed-in');
  });

  it("while Google's window is open: takes the sign-in that ends there", async () => {
    const popup = await press();
    await move();
    await choose(popup);
    await shows('one', 'signed-in');
  });

  it('while somebody is signed in: stays what it was, and asks nothing again', async () => {
    await choose(await press());
    await shows('one', 'signed-in');
    const asked: string[] = [];
    visitor.context.on('request', (request) => asked.push(request.url()));
    await move();
    await page.waitForTimeout(300);
    await shows('one', 'signed-in');
    expect(asked).toEqual([]);
  });
});

describe('an element that is removed', () => {
  beforeEach(() => open(two));
  const remove = () => page.evaluate(`window.kept = document.getElementById('one'); window.kept.remove()`);
  const putBack = () => page.evaluate(`document.getElementById('there').append(window.kept)`);

  it('and put back: asks anew, and signs in', async () => {
    await remove();
    await putBack();
    await shows('one', 'signed-out');
    await choose(await press());
    await shows('one', 'signed-in');
  });

  it("while Google's window is open: nobody is signed in by it", async () => {
    const popup = await press();
    await remove();
    const posts: string[] = [];
    page.on('request', (request) => {
      if (request.method() === 'POST') posts.push(request.url());
    });
    await choose(popup);
    await page.waitForTimeout(500);
    expect(posts).toEqual([]);
    await putBack();
    await shows('one', 'signed-out');
  });
});

describe('two elements on a page', () => {
  it('share one question and one script, and both follow sign-in and sign-out', async () => {
    const asked: string[] = [];
    visitor.context.on('request', (request) => asked.push(`${request.method()} ${request.url()}`));
    await open('<secure-login id="one"></secure-login><secure-login id="two"></secure-login>');
    await expect.poll(() => google().count()).toBe(2);
    expect(asked.filter((request) => request === `GET ${site.origin}/auth/session`)).toHaveLength(1);
    expect(asked.filter((request) => request.endsWith('/gsi/client'))).toHaveLength(1);
    await choose(await press());
    await shows('one', 'signed-in');
    await shows('two', 'signed-in');
    await page.locator('#two').getByRole('button', { name: 'Sign out' }).click();
    await shows('two', 'signed-out');
    await shows('one', 'signed-out');
  });
});

it('an element inside the shadow root of another: its button and its events reach the page', async () => {
  await open(`<div id="host"><template shadowrootmode="open">
<p>Ours</p><secure-login id="one"></secure-login></template></div>
<script>addEventListener('secure-login-signed-in', ({ target, session }) => {
  document.title = target.id + ' ' + session.user.email;
})</script>`);
  await choose(await press());
  await page.waitForFunction(`document.title === 'host alice@example.com'`);
});

describe('a page with a strict policy', () => {
  /** The lines of docs/embed.md, with this site and the stand-in in the place of Google. */
  async function policy(): Promise<string> {
    const { policy: lines = '' } = await examples('docs/embed.md');
    return lines
      .trim()
      .replace(/\s*\n\s*/g, ' ')
      .replaceAll('https://SITE', site.origin)
      .replaceAll('https://accounts.google.com', site.google.origin)
      .replaceAll('NONCE', 'r4nd0m');
  }
  const tag = () => `<script type="module" nonce="r4nd0m" src="${site.origin}/public/secure-login.js"></script>`;
  const serve = (contentSecurityPolicy: string) =>
    app.pages.set('/strict', {
      headers: { 'Content-Security-Policy': contentSecurityPolicy },
      body: `<!doctype html><title>An app</title>${tag()}<secure-login id="one"></secure-login>`,
    });

  it('with nonces and Trusted Types, exactly as the docs say: signs in, and nothing is violated', async () => {
    const lines = await policy();
    expect(lines).toContain("require-trusted-types-for 'script'");
    expect(lines).not.toMatch(/unsafe|strict-dynamic|\*/);
    serve(lines);
    await page.goto(`${app.sameSite}/strict`);
    await google().waitFor();
    await choose(await press());
    await shows('one', 'signed-in');
    expect((await page.goto(`${site.origin}/docs/guide.html`))?.status()).toBe(200);
  });

  it('needs each of the lines', async () => {
    const lines = (await policy()).split('; ');
    const needed = lines.filter((line) => /^(script-src|connect-src|style-src|trusted-types)/.test(line));
    expect(needed).toHaveLength(4);
    for (const line of needed) {
      const [name = ''] = line.split(' ', 1);
      serve(lines.map((each) => (each === line ? `${name} 'none'` : each)).join('; '));
      const blocked = page.waitForEvent('console', (message) => /policy/i.test(message.text()));
      await page.goto(`${app.sameSite}/strict`);
      await blocked;
    }
    visitor.complaints.length = 0;
  });
});
