import type { BrowserContext, Page } from 'playwright';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { send } from '../support/http.ts';
import { unthrottled } from '../support/site.ts';
import { idToken } from '../support/tokens.ts';
import { cookiesSet } from './forge.ts';
import { type SiblingHosts, startSiblingHosts } from './sibling-hosts.ts';

/** What JavaScript calls white space and HTTP does not, as the bytes of a Set-Cookie. */
const planted = [
  0xa0,
  0x1680,
  ...Array.from({ length: 11 }, (_, step) => 0x2000 + step),
  0x2028,
  0x2029,
  0x202f,
  0x205f,
  0x3000,
  0xfeff,
].map((code): [string, string] => [
  `U+${code.toString(16).toUpperCase().padStart(4, '0')}`,
  Buffer.from(String.fromCodePoint(code)).toString('latin1'),
]);
const blanks: [string, string][] = [['the single byte A0', '\u00a0'], ...planted];
const names = { session: '__Host-s3nator-session', login: '__Host-s3nator-login' };
const whole = '; Domain=corp.test; Path=/; Secure; SameSite=None';

describe.each(['latin1', 'utf8'] as const)('where API Gateway reads headers as %s', (headerEncoding) => {
  let hosts: SiblingHosts;
  let attackers: { nonce: string; login: string; session: string };
  beforeAll(async () => {
    hosts = await startSiblingHosts({ config: unthrottled, switches: { headerEncoding } });
    const url = `${hosts.site.origin}/auth/session`;
    const begun = await send(url);
    const signedIn = await send(url, {
      method: 'POST',
      headers: { Authorization: `Bearer ${await idToken(hosts.site, 'mole@example.com')}` },
    });
    attackers = {
      nonce: (begun.json as { nonce: string }).nonce,
      login: cookiesSet(begun.setCookie)[names.login] ?? '',
      session: cookiesSet(signedIn.setCookie)[names.session] ?? '',
    };
  });
  afterAll(() => hosts.close());

  let victim: BrowserContext;
  let page: Page;
  beforeEach(async () => {
    victim = await hosts.visit();
    page = await victim.newPage();
  });
  afterEach(() => victim.close());

  const plant = async (...cookies: string[]): Promise<void> => {
    hosts.pages.set('/plant', { body: '<!doctype html>', headers: { 'Set-Cookie': cookies } });
    await page.goto(`${hosts.sibling}/plant`);
  };
  /** From a page of the site itself, as the element does it. */
  const api = async (method: string, path = '/auth/session', body?: object): Promise<[number, Body]> => {
    if (!page.url().startsWith(hosts.origin)) await page.goto(`${hosts.origin}/robots.txt`);
    const options = {
      method,
      ...(body && { headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) }),
    };
    return page.evaluate(
      `fetch('${path}', ${JSON.stringify(options)})
        .then(async (one) => [one.status, JSON.parse((await one.text()) || '{}')])`,
    ) as Promise<[number, Body]>;
  };
  type Body = { status?: string; nonce?: string; user?: { email?: string } };
  const renewal = () => api('POST', '/auth/session/renewal');

  it.each(blanks)('a sibling host plants no session and no login cookie behind %s', async (_name, blank) => {
    await plant(
      `${blank}${names.session}=${attackers.session}${whole}`,
      `${blank}${names.login}=${attackers.login}${whole}`,
    );
    const [, before] = await api('GET');
    expect(before.status).toBe('signed-out');
    expect(before.nonce).not.toBe(attackers.nonce);
    expect((await renewal())[0]).toBe(401);
    const theirs = await idToken(hosts.site, 'mole@example.com', { nonce: attackers.nonce });
    expect((await api('POST', '/auth/session', { idToken: theirs }))[0]).toBe(401);

    // The victim comes in beside the planted ones, stays in, and gets out.
    const idTokenOfVictim = await idToken(hosts.site, 'alice@example.com', { nonce: before.nonce ?? '' });
    expect((await api('POST', '/auth/session', { idToken: idTokenOfVictim }))[0]).toBe(201);
    expect((await api('GET'))[1]).toMatchObject({ status: 'signed-in', user: { email: 'alice@example.com' } });
    expect((await renewal())[0]).toBe(200);
    expect((await page.goto(`${hosts.origin}/docs/guide.html`))?.status()).toBe(200);
    expect((await api('DELETE'))[0]).toBe(204);
    expect((await api('GET'))[1].status).toBe('signed-out');
    expect((await page.goto(`${hosts.origin}/docs/guide.html`))?.status()).toBe(403);

    // The attack took place: the browser kept what was planted, and sends it to both hosts.
    await page.goto(`${hosts.sibling}/`);
    expect(hosts.lastCookies()).toContain(`${blank}${names.session}=${attackers.session}`);
    expect(hosts.lastCookies()).toContain(`${blank}${names.login}=${attackers.login}`);
  });

  it('a sibling host sets the real names in no way that a browser knows', async () => {
    const forms = [
      names.session,
      names.session.toUpperCase(),
      ` ${names.session}`,
      `\t${names.session}`,
      `=${names.session}`,
    ];
    await plant(...forms.map((name) => `${name}=${attackers.session}${whole}`));
    await page.evaluate(`(async () => {
      for (const start of ['', ' ', '\\t', '='])
        document.cookie = start + '${names.session}=${attackers.session}${whole}';
      for (const name of ['${names.session}', ' ${names.session}']) {
        await cookieStore.set({ name, value: '${attackers.session}', domain: 'corp.test' }).catch(() => {});
      }
    })()`);
    expect((await api('GET'))[1].status).toBe('signed-out');
    await page.goto(`${hosts.sibling}/`);
    expect(hosts.lastCookies()).not.toContain(attackers.session);
  });
});
