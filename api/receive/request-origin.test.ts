import { beforeEach, describe, expect, it } from 'vitest';
import {
  bearer,
  codeOf,
  cookiesOf,
  host,
  providerOrigin,
  type RequestOptions,
  site,
  useTestSite,
} from '../testing/test-site.ts';

let session: string[];
useTestSite();
beforeEach(async () => {
  const answer = await site.send(bearer(site.token()));
  session = Object.entries(cookiesOf(answer)).flatMap(([name, { value }]) => (value ? [`${name}=${value}`] : []));
});

/** Refused because of its origin, and nothing changed. */
async function expectForeign(options: RequestOptions): Promise<void> {
  const answer = await site.send({ cookies: session, ...options });
  expect([answer.statusCode, codeOf(answer), answer.cookies]).toEqual([400, 'invalid_request', undefined]);
  expect(site.lines.at(-1)).toMatchObject({ reason: 'foreign-origin' });
}
async function expectHeard(options: RequestOptions): Promise<void> {
  const answer = await site.send({ cookies: session, ...options });
  expect([answer.statusCode, answer.statusCode < 300]).toEqual([answer.statusCode, true]);
}
const changing: [string, RequestOptions][] = [
  ['a renewal', { method: 'POST', path: '/auth/session/renewal' }],
  ['a sign-out', { method: 'DELETE' }],
];
const foreign = ['cross-site', 'same-site', '', 'SAME-ORIGIN', 'same-origin, cross-site', 'same-origin\u00a0', 'other'];
const app = 'https://app.example.com';

describe.each(changing)('%s without an Origin', (_name, request) => {
  it.each(foreign)('whose browser says Sec-Fetch-Site: %j is refused', async (said) => {
    await expectForeign({ ...request, headers: { 'sec-fetch-site': said } });
  });

  it.each(['same-origin', 'none'])('whose browser says %s is accepted', async (said) => {
    await expectHeard({ ...request, headers: { 'sec-fetch-site': said } });
  });

  it('from a caller that is not a browser is accepted', () => expectHeard(request));
});

describe.each(changing)('%s with an Origin', (_name, request) => {
  it.each([`https://${host}`, 'https://d111.cloudfront.net', app])('of ours is accepted: %s', async (origin) => {
    for (const said of ['same-origin', 'same-site', 'cross-site']) {
      await expectHeard({ ...request, headers: { origin, 'sec-fetch-site': said } });
    }
  });

  it('of a sibling host is refused, whatever other headers the browser sends', async () => {
    for (const said of [...foreign, 'same-origin', 'none']) {
      await expectForeign({ ...request, headers: { origin: 'https://evil.example.com', 'sec-fetch-site': said } });
    }
  });
});

describe('a sign-in and a request for access', () => {
  it.each(['/auth/session', '/auth/access-requests'])('at %s are refused without an Origin, too', async (path) => {
    const headers = { authorization: `Bearer ${site.token()}`, 'sec-fetch-site': 'same-site' };
    await expectForeign({ method: 'POST', path, headers });
  });
});

describe('a GET', () => {
  it.each([
    ['an image', 'no-cors', 'image'],
    ['a script', 'no-cors', 'script'],
    ['a frame', 'navigate', 'iframe'],
    ['an embedded object', 'navigate', 'object'],
    ['a fetch that reads nothing', 'no-cors', 'empty'],
    ['a navigation that says not what for', 'navigate', undefined],
  ])(
    'for %s on a page of another origin is refused, so the page cannot learn who is signed in',
    async (_name, mode, dest) => {
      for (const said of ['same-site', 'cross-site']) {
        const headers = { 'sec-fetch-site': said, 'sec-fetch-mode': mode, ...(dest && { 'sec-fetch-dest': dest }) };
        await expectForeign({ headers });
      }
    },
  );

  it('by a script of another origin is refused unless that origin is allowed', async () => {
    for (const origin of ['https://evil.example.com', 'null']) await expectForeign({ headers: { origin } });
    await expectHeard({ headers: { origin: app, 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'cors' } });
  });

  it('that a person makes is answered: by a link, the address bar, a page of the site, a command line', async () => {
    const navigation = { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' };
    for (const said of ['none', 'same-origin', 'same-site', 'cross-site']) {
      await expectHeard({ headers: { 'sec-fetch-site': said, ...navigation } });
    }
    await expectHeard({ headers: { 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'cors' } });
    await expectHeard({});
  });
});

describe("the provider's form post", () => {
  async function formPost(headers: Record<string, string>): Promise<string | undefined> {
    const begun = await site.send();
    const [cookie = ''] = (begun.cookies ?? [])[0]?.split(';') ?? [];
    const { nonce } = JSON.parse(begun.body ?? '') as { nonce: string };
    const answer = await site.send({
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded; charset=UTF-8', ...headers },
      cookies: [cookie, 'g_csrf_token=c'],
      body: new URLSearchParams({ credential: site.token({ nonce }), g_csrf_token: 'c' }).toString(),
    });
    return answer.headers['Location'];
  }

  it('signs in although it is cross-site, because it is a navigation from the provider', async () => {
    for (const more of [
      { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' },
      { 'sec-fetch-site': 'cross-site' },
      {},
    ]) {
      expect(await formPost({ origin: providerOrigin, ...more })).toBe('/');
      expect(await formPost({ origin: 'null', ...more })).toBe('/');
    }
  });

  it.each(['no-cors', 'cors', 'same-origin', ''])(
    'is not recognized if a script sends it with the mode %j',
    async (mode) => {
      for (const origin of [providerOrigin, 'null']) {
        const sent = await formPost({ origin, 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': mode });
        expect(sent).toBe('/public/login.html#error=invalid_request');
      }
    },
  );
});
