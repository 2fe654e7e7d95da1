import type { Browser } from 'playwright';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type RunningSite, startSite, unthrottled } from '../support/site.ts';
import { idToken } from '../support/tokens.ts';
import { launchBrowser, type Visitor, visit } from '../support/visitor.ts';
import { header } from './forge.ts';
import { cookieNames } from './pages.ts';
import { beginSignIn, expectFormRefused, expectRefused, postBearer, postForm, postJson } from './sign-in.ts';

let site: RunningSite;
let browser: Browser;
beforeAll(async () => {
  [browser, site] = await Promise.all([launchBrowser(), startSite({ config: unthrottled })]);
});
afterAll(async () => {
  await browser.close();
  await site.close();
});

const tokenFor = (nonce: string, account = 'alice@example.com'): Promise<string> => idToken(site, account, { nonce });

describe("a token that belongs to another browser's sign-in", () => {
  it("is refused with the victim's login cookie, every way it may come: login CSRF", async () => {
    const [attacker, victim] = [await beginSignIn(site), await beginSignIn(site)];
    const token = await tokenFor(attacker.nonce);
    expectRefused(await postJson(site, { idToken: token }, victim), 'invalid_token');
    expectRefused(await postBearer(site, token, { Cookie: victim.cookie }), 'invalid_token');
    expectFormRefused(await postForm(site, { credential: token }, victim), 'invalid_token');
    // And it was a good token all the time.
    expect((await postJson(site, { idToken: token }, attacker)).status).toBe(201);
  });

  it("is refused in the thief's browser: token injection", async () => {
    const [thief, victim] = [await beginSignIn(site), await beginSignIn(site)];
    const stolen = await tokenFor(victim.nonce);
    expectRefused(await postJson(site, { idToken: stolen }, thief), 'invalid_token');
    expectRefused(await postJson(site, { idToken: stolen }, { cookie: '' }), 'sign_in_expired');
    expectRefused(await postBearer(site, stolen), 'sign_in_expired');
    expectFormRefused(await postForm(site, { credential: stolen }, thief), 'invalid_token');
  });

  it('is refused with both login cookies at once, and with ones that were made up', async () => {
    const [attacker, victim] = [await beginSignIn(site), await beginSignIn(site)];
    const token = await tokenFor(attacker.nonce);
    const [name = '', value = ''] = attacker.cookie.split('=');
    const cookies = [
      `${attacker.cookie}; ${victim.cookie}`,
      `${victim.cookie}; ${attacker.cookie}`,
      `${name}=${attacker.nonce}`,
      `${name}=`,
      `${name}=${value}A`,
      `${name}=${value.slice(1)}`,
      `${name}="${value}"`,
      `${name.toLowerCase()}=${value}`,
      header({ login: value, '__Secure-s3nator-login': value }),
    ];
    for (const cookie of cookies) {
      expectRefused(await postJson(site, { idToken: token }, { cookie }), 'invalid_token', 'sign_in_expired');
    }
  });

  it.each(['', 'n', 'null', 'undefined', '0'])('the nonce %j belongs to no browser', async (nonce) => {
    const { cookie } = await beginSignIn(site);
    const idToken = site.google.issueToken({ email: 'alice@example.com', nonce });
    expectRefused(await postJson(site, { idToken }, { cookie }), 'invalid_token');
  });

  it("the login cookie's own value is no nonce", async () => {
    const beginning = await beginSignIn(site);
    const value = beginning.cookie.split('=')[1] ?? '';
    expectRefused(await postJson(site, { idToken: await tokenFor(value) }, beginning), 'invalid_token');
  });

  it('a token without a nonce is refused wherever a browser could send it', async () => {
    const beginning = await beginSignIn(site);
    const token = await idToken(site, 'alice@example.com');
    expectRefused(await postJson(site, { idToken: token }, beginning), 'invalid_token');
    expectFormRefused(await postForm(site, { credential: token }, beginning), 'invalid_token');
    for (const sent of ['same-origin', 'none']) {
      expectRefused(await postBearer(site, token, { 'Sec-Fetch-Site': sent }), 'invalid_token');
    }
    for (const sent of ['same-site', 'cross-site', '']) {
      expectRefused(await postBearer(site, token, { 'Sec-Fetch-Site': sent }), 'invalid_request');
    }
    expectRefused(await postBearer(site, token, { Origin: site.origin }), 'invalid_token');
  });
});

describe('in two real browsers', () => {
  let attacker: Visitor;
  let victim: Visitor;
  beforeEach(async () => {
    [attacker, victim] = await Promise.all([visit(browser, site), visit(browser, site)]);
    await Promise.all([attacker, victim].map(({ page }) => page.goto(`${site.origin}/public/login.html`)));
    await Promise.all(
      [attacker, victim].map(({ page }) => page.getByRole('button', { name: /sign in with google/i }).waitFor()),
    );
  });
  afterEach(() => Promise.all([attacker.close(), victim.close()]));

  const nonceOf = async ({ page }: Visitor): Promise<string> =>
    ((await page.evaluate(`fetch('/auth/session').then((one) => one.json())`)) as { nonce: string }).nonce;
  /** Posts a token from a page of the site itself, the best place an attacker could reach. */
  const inject = async ({ page }: Visitor, token: string): Promise<unknown> =>
    page.evaluate(`fetch('/auth/session', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: ${JSON.stringify(JSON.stringify({ idToken: token }))},
    }).then(async (one) => [one.status, (await one.json()).code])`);

  it("the victim is not signed in to the attacker's account, nor the attacker to the victim's", async () => {
    const [attackers, victims] = await Promise.all([nonceOf(attacker), nonceOf(victim)]);
    expect(attackers).not.toBe(victims);
    expect(await inject(victim, await tokenFor(attackers, 'mole@example.com'))).toEqual([401, 'invalid_token']);
    expect(await inject(attacker, await tokenFor(victims))).toEqual([401, 'invalid_token']);
    for (const { context } of [attacker, victim]) {
      expect(await cookieNames(context, site.origin)).toEqual(['__Host-s3nator-login']);
    }
  });

  it('the victim still signs in afterwards, as themselves', async () => {
    await inject(victim, await tokenFor(await nonceOf(attacker), 'mole@example.com'));
    await victim.signIn('alice@example.com');
    await victim.page.waitForURL(`${site.origin}/`);
    const session = await victim.page.evaluate(`fetch('/auth/session').then((one) => one.json())`);
    expect(session).toMatchObject({ status: 'signed-in', user: { email: 'alice@example.com' } });
  });

  it('no script sees a cookie of the sign-in, and none is stored elsewhere', async () => {
    await victim.signIn('alice@example.com');
    await victim.page.waitForURL(`${site.origin}/`);
    const seen = await victim.page.evaluate(
      `[document.cookie, JSON.stringify(localStorage), JSON.stringify(sessionStorage), location.href].join(' ')`,
    );
    expect(seen).not.toMatch(/CloudFront-|s3nator-(session|login)|eyJ/);
  });
});
