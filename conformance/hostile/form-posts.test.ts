import type { Browser, Response } from 'playwright';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type RunningSite, startSite, unthrottled } from '../support/site.ts';
import { idToken } from '../support/tokens.ts';
import { launchBrowser, type Visitor, visit } from '../support/visitor.ts';
import { type AttackerSite, cookieNames, formPage, openAs, sandboxPage, startAttackerSite } from './pages.ts';

let site: RunningSite;
let browser: Browser;
let attacker: AttackerSite;
beforeAll(async () => {
  [browser, site, attacker] = await Promise.all([
    launchBrowser(),
    startSite({ config: unthrottled }),
    startAttackerSite(),
  ]);
});
afterAll(async () => {
  await Promise.all([browser.close(), attacker.close()]);
  await site.close();
});

let victim: Visitor;
let nonce: string;
beforeEach(async () => {
  victim = await visit(browser, site);
  // A viewer who has the login page open, in another tab.
  await victim.page.goto(`${site.origin}/public/login.html`);
  ({ nonce } = (await victim.page.evaluate(`fetch('/auth/session').then((one) => one.json())`)) as { nonce: string });
  // What Google's script sets before it leaves; a sibling host could set it as well.
  await victim.page.evaluate(`document.cookie = 'g_csrf_token=csrf; path=/; SameSite=None; Secure'`);
});
afterEach(() => victim.close());

const target = (): string => `${site.origin}/auth/session`;
const fieldsFor = async (tokenNonce: string, account = 'alice@example.com'): Promise<Record<string, string>> => ({
  credential: await idToken(site, account, { nonce: tokenNonce }),
  g_csrf_token: 'csrf',
  state: '/docs/guide.html',
});
const posted = (): Promise<Response> =>
  victim.page.waitForResponse((one) => one.request().method() === 'POST' && one.url().startsWith(target()));

/**
 * As Google's own page does: from the stand-in's origin, which is another site to the browser. Resolves to where it
 * led.
 */
async function postFromGoogle(fields: Record<string, string>): Promise<string | undefined> {
  const answered = posted();
  await openAs(victim.page, `${site.google.origin}/hand-over`, formPage(target(), fields));
  return (await answered).headers()['location'];
}

const hasSession = async (): Promise<boolean> =>
  (await cookieNames(victim.context, site.origin)).some((name) => /^CloudFront-|session$/.test(name));

/** Back at the login page, which has words for `code`, and nobody is signed in. */
async function expectSentBack(location: string | undefined, code: string): Promise<void> {
  expect(location).toBe(`/public/login.html?return-to=${encodeURIComponent('/docs/guide.html')}#error=${code}`);
  await victim.page.waitForURL((url) => url.pathname === '/public/login.html');
  expect(await hasSession()).toBe(false);
}

describe("a cross-site form post from the provider's origin", () => {
  it('signs in with the SameSite=None login cookie, and leads to the page', async () => {
    await postFromGoogle(await fieldsFor(nonce));
    await victim.page.waitForURL(`${site.origin}/docs/guide.html`);
    await victim.page.getByRole('heading', { level: 1 }).filter({ hasText: /guide/i }).waitFor();
    expect(await hasSession()).toBe(true);
  });

  it('without the login cookie is sent back, and gives nothing', async () => {
    await victim.context.clearCookies({ name: '__Host-s3nator-login' });
    await expectSentBack(await postFromGoogle(await fieldsFor(nonce)), 'sign_in_expired');
  });

  it("with the attacker's token is sent back: login CSRF", async () => {
    const other = await visit(browser, site);
    await other.page.goto(`${site.origin}/public/login.html`);
    const theirs = (await other.page.evaluate(`fetch('/auth/session').then((one) => one.json())`)) as { nonce: string };
    await other.close();
    await expectSentBack(await postFromGoogle(await fieldsFor(theirs.nonce, 'mole@example.com')), 'invalid_token');
  });

  it('with a token without a nonce is sent back', async () => {
    await expectSentBack(
      await postFromGoogle({ ...(await fieldsFor(nonce)), credential: await idToken(site, 'alice@example.com') }),
      'invalid_token',
    );
  });

  it('without the g_csrf_token cookie is sent back', async () => {
    await victim.context.clearCookies({ name: 'g_csrf_token' });
    await expectSentBack(await postFromGoogle(await fieldsFor(nonce)), 'invalid_request');
  });

  it('leaves a session that is there as it is when it is refused', async () => {
    await postFromGoogle(await fieldsFor(nonce));
    await victim.page.waitForURL(`${site.origin}/docs/guide.html`);
    const before = await victim.context.cookies(site.origin);
    expect(await postFromGoogle(await fieldsFor('another', 'mole@example.com'))).toContain('#error=sign_in_expired');
    await victim.page.waitForURL((url) => url.pathname === '/public/login.html');
    expect(await victim.context.cookies(site.origin)).toEqual(before);
  });
});

describe("a form post from an attacker's page", () => {
  it.each([
    ['a form', ''],
    ['a form in plain text', 'enctype="text/plain"'],
    ['a form in parts', 'enctype="multipart/form-data"'],
  ])("%s with the victim's own good token gives nothing", async (_name, attributes) => {
    attacker.serve(formPage(target(), await fieldsFor(nonce), attributes));
    const answered = posted();
    await victim.page.goto(attacker.origin);
    const answer = await answered;
    expect([303, 400]).toContain(answer.status());
    expect(answer.headers()['set-cookie']).toBeUndefined();
    expect(await hasSession()).toBe(false);
  });

  it('in a sandboxed frame, whose origin is null, needs the nonce of this browser like any other', async () => {
    attacker.serve(sandboxPage(formPage(target(), await fieldsFor('another', 'mole@example.com'))));
    const answered = posted();
    await victim.page.goto(attacker.origin);
    const answer = await answered;
    expect(await answer.request().headerValue('origin')).toBe('null');
    expect([answer.status(), answer.headers()['location']]).toEqual([
      303,
      '/public/login.html?return-to=%2Fdocs%2Fguide.html#error=invalid_token',
    ]);
    expect(await hasSession()).toBe(false);
  });

  it('that is a script with credentials gives nothing, and reads nothing', async () => {
    attacker.serve('<!doctype html>');
    await victim.page.goto(attacker.origin);
    const token = (await fieldsFor(nonce))['credential'];
    const attempts = await victim.page.evaluate(`Promise.all([
      { method: 'GET' },
      { method: 'DELETE' },
      { method: 'POST', mode: 'no-cors', body: new URLSearchParams({ credential: '${token}', g_csrf_token: 'csrf' }) },
      { method: 'POST', headers: { 'Content-Type': 'text/plain' }, body: '{"idToken":"${token}"}' },
      { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{"idToken":"${token}"}' },
      { method: 'POST', headers: { Authorization: 'Bearer ${token}' } },
    ].map((options) => fetch('${target()}', { credentials: 'include', ...options })
      .then((one) => one.type, () => 'refused')))`);
    expect(attempts).toEqual(Array(6).fill('refused'));
    expect(await hasSession()).toBe(false);
  });

  it('cannot sign anyone out', async () => {
    await postFromGoogle(await fieldsFor(nonce));
    await victim.page.waitForURL(`${site.origin}/docs/guide.html`);
    attacker.serve(formPage(`${target()}?_method=DELETE`, { _method: 'DELETE' }));
    const answered = posted();
    await victim.page.goto(attacker.origin);
    expect((await answered).status()).toBe(303);
    expect(await hasSession()).toBe(true);
  });

  it('cannot frame the login page or a protected one', async () => {
    await postFromGoogle(await fieldsFor(nonce));
    await victim.page.waitForURL(`${site.origin}/docs/guide.html`);
    for (const path of ['/public/login.html', '/docs/guide.html']) {
      attacker.serve(`<!doctype html><iframe src="${site.origin}${path}"></iframe>`);
      const refused = victim.page.waitForEvent('console', (one) => /frame/i.test(one.text()));
      await victim.page.goto(attacker.origin);
      expect((await refused).text()).toContain("frame-ancestors 'self'");
    }
  });
});
