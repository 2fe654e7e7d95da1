import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { GatewayAnswer } from './receive/gateway.ts';
import { beginSignIn } from './testing/session-answers.ts';
import type { Claims, Header } from './testing/stub-google.ts';
import {
  bearer,
  codeOf,
  form,
  host,
  json as jsonOf,
  makeEvent,
  providerOrigin,
  type RequestOptions,
  site,
  startSeconds,
  useTestSite,
} from './testing/test-site.ts';

useTestSite();

const own = `https://${host}`;
const json = (body: unknown, options: RequestOptions = {}): RequestOptions =>
  jsonOf(body, { ...options, headers: { origin: own, ...options.headers } });

/** The API refused: this status and code, no cookie, and exactly one log line with this reason. */
function expectRefusal(answer: GatewayAnswer, status: number, code: string, reason: string): void {
  expect([answer.statusCode, codeOf(answer), answer.cookies]).toEqual([status, code, undefined]);
  expect(answer.headers['WWW-Authenticate']).toBe(status === 401 ? `Bearer error="${code}"` : undefined);
  const denied = { event: 'denied', action: 'sign-in', who: { sub: expect.any(String) } };
  expect(site.lines).toMatchObject([reason === 'not-admitted' ? denied : { event: 'refused', reason, code, status }]);
  // The reason is for the log alone.
  expect(answer.body).not.toContain(reason);
}

/** `query`: of the login page. */
function expectFormRefusal(answer: GatewayAnswer, code: string, query = ''): void {
  expect([answer.statusCode, answer.headers['Location'], answer.cookies, answer.body]).toEqual([
    303,
    `/public/login.html${query}#error=${code}`,
    undefined,
    undefined,
  ]);
}

describe('accounts that are not admitted', () => {
  it.each<[string, Claims, string]>([
    ['of another domain', { email: 'mallory@evil.example', hd: 'evil.example' }, 'mallory@evil.example'],
    ['of a domain that ends like ours', { email: 'm@evil-example.com', hd: 'evil-example.com' }, 'm@evil-example.com'],
    ['with our address but no hosted domain', { hd: undefined }, 'alice@example.com'],
    ['with an unverified address', { email_verified: false }, 'alice@example.com'],
    ['with two @', { email: 'a@evil.com@example.com' }, 'a@evil.com@example.com'],
    ['that are service accounts', { email: 'x@p.iam.gserviceaccount.com' }, 'x@p.iam.gserviceaccount.com'],
  ])('get an answer that names the account: %s', async (_name, claims, account) => {
    const answer = await site.send(bearer(site.token(claims)));
    expectRefusal(answer, 401, 'access_denied', 'not-admitted');
    expect(JSON.parse(answer.body ?? '')).toMatchObject({ account });
  });

  it('are not named if the token has no address', async () => {
    const answer = await site.send(bearer(site.token({ email: undefined })));
    expectRefusal(answer, 401, 'access_denied', 'not-admitted');
    expect(JSON.parse(answer.body ?? '')).not.toHaveProperty('account');
  });
});

describe('the nonce', () => {
  it('refuses a token that was begun in another browser: login CSRF', async () => {
    const attacker = await beginSignIn(site);
    const victim = await beginSignIn(site);
    const answer = await site.send(
      json({ idToken: site.token({ nonce: attacker.nonce }) }, { cookies: [victim.cookie] }),
    );
    expectRefusal(answer, 401, 'invalid_token', 'nonce-wrong');
  });

  it('refuses a token with a nonce and no login cookie, whichever way it comes: replay by curl', async () => {
    const { nonce } = await beginSignIn(site);
    expectRefusal(await site.send(bearer(site.token({ nonce }))), 401, 'sign_in_expired', 'login-cookie-missing');
  });

  it('ignores a login cookie that comes twice: planted cookie', async () => {
    const { cookie, nonce } = await beginSignIn(site);
    const answer = await site.send(json({ idToken: site.token({ nonce }) }, { cookies: [cookie, cookie] }));
    expectRefusal(answer, 401, 'sign_in_expired', 'login-cookie-missing');
  });

  it('refuses the cookie itself as a nonce', async () => {
    const { cookie } = await beginSignIn(site);
    const nonce = cookie.split('=')[1] ?? '';
    const answer = await site.send(json({ idToken: site.token({ nonce }) }, { cookies: [cookie] }));
    expectRefusal(answer, 401, 'invalid_token', 'nonce-wrong');
  });

  it('refuses an empty nonce as wrong, not as missing', async () => {
    const { cookie } = await beginSignIn(site);
    const answer = await site.send({ ...bearer(site.token({ nonce: '' })), cookies: [cookie] });
    expectRefusal(answer, 401, 'invalid_token', 'nonce-wrong');
  });

  it('asks for a fresh sign-in once the token is older than ten minutes', async () => {
    const { cookie, nonce } = await beginSignIn(site);
    const tokenOfAge = (age: number): RequestOptions =>
      json({ idToken: site.token({ nonce, iat: startSeconds - age }) }, { cookies: [cookie] });
    expectRefusal(await site.send(tokenOfAge(601)), 401, 'sign_in_expired', 'sign-in-too-old');
    expect((await site.send(tokenOfAge(600))).statusCode).toBe(201);
  });

  it.each<[string, (token: string) => RequestOptions]>([
    ['as JSON', (idToken) => ({ ...json({ idToken }), headers: { 'content-type': 'application/json' } })],
    ['as Bearer with Origin', (token) => bearer(token, { origin: own })],
    ['as Bearer with Sec-Fetch-Site', (token) => bearer(token, { 'sec-fetch-site': 'same-origin' })],
    ['as Bearer with Origin in capitals', (token) => bearer(token, { Origin: own })],
  ])('must be there for a browser: %s', async (_name, request) => {
    expectRefusal(await site.send(request(site.token())), 401, 'invalid_token', 'nonce-missing');
  });

  it('must be there for a browser that has a login cookie, too', async () => {
    const { cookie } = await beginSignIn(site);
    expectRefusal(
      await site.send(json({ idToken: site.token() }, { cookies: [cookie] })),
      401,
      'invalid_token',
      'nonce-missing',
    );
  });

  it('leaves the login cookie after a refusal, so that another account can be chosen', async () => {
    const { cookie, nonce } = await beginSignIn(site);
    const as = (claims: Claims): RequestOptions =>
      json({ idToken: site.token({ nonce, ...claims }) }, { cookies: [cookie] });
    expectRefusal(await site.send(as({ hd: 'evil.example' })), 401, 'access_denied', 'not-admitted');
    expect((await site.send(as({}))).statusCode).toBe(201);
  });
});

describe('pages of other origins', () => {
  it.each([
    'https://evil.example',
    `http://${host}`,
    `${own}.evil.example`,
    `https://evil.example/${own}`,
    `${own},https://evil.example`,
    `${own}:8443`,
    own.toUpperCase(),
    'null',
    '',
    providerOrigin,
  ])('may not sign anyone in: %j', async (origin) => {
    const { cookie, nonce } = await beginSignIn(site);
    const answer = await site.send(
      json({ idToken: site.token({ nonce }) }, { cookies: [cookie], headers: { origin } }),
    );
    expectRefusal(answer, 400, 'invalid_request', 'foreign-origin');
  });

  it.each([own, 'https://d111.cloudfront.net', 'https://app.example.com'])(
    'may if they are ours: %s',
    async (origin) => {
      const { cookie, nonce } = await beginSignIn(site);
      const answer = await site.send(
        json({ idToken: site.token({ nonce }) }, { cookies: [cookie], headers: { origin } }),
      );
      expect(answer.statusCode).toBe(201);
    },
  );
});

describe('the form post', () => {
  async function fieldsAndCookies(): Promise<[Record<string, string>, string[]]> {
    const { cookie, nonce } = await beginSignIn(site);
    return [{ credential: site.token({ nonce }), g_csrf_token: 'c' }, [cookie, 'g_csrf_token=c']];
  }

  it.each(['https://evil.example', own, 'https://accounts.google.com.evil.example', 'http://accounts.google.com'])(
    'is refused from %s: form CSRF',
    async (origin) => {
      const [fields, cookies] = await fieldsAndCookies();
      expectFormRefusal(await site.send(form(fields, cookies, { origin })), 'invalid_request');
    },
  );

  it('is refused without an Origin, which browsers always send', async () => {
    const [fields, cookies] = await fieldsAndCookies();
    const { origin, ...headers } = form(fields, cookies).headers ?? {};
    expect(origin).toBe(providerOrigin);
    expectFormRefusal(await site.send({ ...form(fields, cookies), headers }), 'invalid_request');
  });

  it.each<[string, (fields: Record<string, string>, cookies: string[]) => RequestOptions]>([
    ['another g_csrf_token', (fields, cookies) => form({ ...fields, g_csrf_token: 'd' }, cookies)],
    ['no g_csrf_token field', ({ credential = '' }, cookies) => form({ credential }, cookies)],
    [
      'an empty g_csrf_token',
      ({ credential = '' }, [login = '']) => form({ credential, g_csrf_token: '' }, [login, 'g_csrf_token=']),
    ],
    ['no g_csrf_token cookie', (fields, [login = '']) => form(fields, [login])],
    ['a planted second g_csrf_token cookie', (fields, cookies) => form(fields, [...cookies, 'g_csrf_token=c'])],
    ['two g_csrf_token fields', (fields, cookies) => form(`${new URLSearchParams(fields)}&g_csrf_token=c`, cookies)],
    ['two credentials', (fields, cookies) => form(`${new URLSearchParams(fields)}&credential=x`, cookies)],
    ['no credential', (_fields, cookies) => form({ g_csrf_token: 'c' }, cookies)],
    ['too much', (fields, cookies) => form({ ...fields, state: 'x'.repeat(20_000) }, cookies)],
  ])('is refused with %s', async (_name, request) => {
    expectFormRefusal(await site.send(request(...(await fieldsAndCookies()))), 'invalid_request');
  });

  it('always needs the nonce', async () => {
    const [fields, cookies] = await fieldsAndCookies();
    expectFormRefusal(await site.send(form({ ...fields, credential: site.token() }, cookies)), 'invalid_token');
  });

  it('needs the login cookie', async () => {
    const [fields] = await fieldsAndCookies();
    expectFormRefusal(await site.send(form(fields, ['g_csrf_token=c'])), 'sign_in_expired');
  });

  it.each<[string, Claims, string]>([
    ['someone who is not admitted', { hd: 'evil.example' }, 'access_denied'],
    ['a forged token', { aud: 'evil' }, 'invalid_token'],
  ])('leads %s to the login page with a code and the way back, and nothing else', async (_name, claims, code) => {
    const { cookie, nonce } = await beginSignIn(site);
    const fields = { credential: site.token({ nonce, ...claims }), g_csrf_token: 'c', state: '/docs/' };
    expectFormRefusal(await site.send(form(fields, [cookie, 'g_csrf_token=c'])), code, '?return-to=%2Fdocs%2F');
  });

  it('is not recognized without a body, and then gets no exemption from the origin check', async () => {
    const [, cookies] = await fieldsAndCookies();
    expectRefusal(await site.send(form('', cookies)), 400, 'invalid_request', 'foreign-origin');
  });

  it('leads to the login page even if the fault is ours', async () => {
    site.keySet = undefined;
    const [fields, cookies] = await fieldsAndCookies();
    expectFormRefusal(await site.send(form(fields, cookies)), 'temporarily_unavailable');
  });

  it.each([
    'https://evil.example/',
    '//evil.example',
    '/\\evil.example',
    '/.//evil.example',
    '/%2e//evil.example',
    '/a\r\nSet-Cookie: CloudFront-Policy=x',
    '/\t/evil.example',
    'javascript:alert(1)',
    'docs/',
    '',
    `/${'a'.repeat(9000)}`,
  ])('never redirects to the state %j: open redirect, header injection', async (state) => {
    const [fields, cookies] = await fieldsAndCookies();
    const answer = await site.send(form({ ...fields, state }, cookies));
    expect([answer.statusCode, answer.headers['Location']]).toEqual([303, '/']);
  });

  it('only ever redirects to a path of this site, in characters that a header may have', async () => {
    const [fields, cookies] = await fieldsAndCookies();
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.string(),
          fc.webUrl(),
          fc.string().map((text) => `/${text}`),
        ),
        async (state) => {
          const { headers } = await site.send(form({ ...fields, state }, cookies));
          const location = headers['Location'] ?? '';
          expect(location).toMatch(/^\/[\x21-\x7e]*$/);
          expect(new URL(location, own).origin).toBe(own);
        },
      ),
    );
  });

  it('gets a redirect only at its own path', async () => {
    const [fields, cookies] = await fieldsAndCookies();
    const answer = await site.send({ ...form(fields, cookies), path: '/auth/other' });
    expectRefusal(answer, 400, 'invalid_request', 'unknown-path');
  });

  it('is never a Bearer request, whatever its content type', async () => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded', origin: providerOrigin };
    expectRefusal(await site.send(bearer(site.token(), headers)), 400, 'invalid_request', 'foreign-origin');
  });
});

describe('malformed requests', () => {
  it.each<[string, RequestOptions, number, string]>([
    ['broken JSON', json('{'), 422, 'body-malformed'],
    ['no field', json({}), 422, 'id-token-missing'],
    ['an empty field', json({ idToken: '' }), 422, 'id-token-missing'],
    ['an ID token that is no text', json({ idToken: ['x'] }), 422, 'id-token-missing'],
    ['a field too many', json({ idToken: 'x', credential: 'y' }), 422, 'id-token-missing'],
    ['JSON null', json('null'), 422, 'id-token-missing'],
    ['a JSON list', json([]), 422, 'id-token-missing'],
    ['a JSON text', json('"x"'), 415, 'content-type-unsupported'],
    ['prototype pollution: __proto__', json('{"idToken":"x","__proto__":{"ok":true}}'), 422, 'body-malformed'],
    [
      'prototype pollution: constructor',
      json('{"idToken":"x","constructor":{"prototype":{"ok":true}}}'),
      422,
      'body-malformed',
    ],
    ['JSON nested without end', json('['.repeat(16_000)), 422, 'body-malformed'],
    ['nothing', { method: 'POST' }, 422, 'id-token-missing'],
    [
      'another content type',
      json({ idToken: 'x' }, { headers: { 'content-type': 'text/plain' } }),
      415,
      'content-type-unsupported',
    ],
    ['no content type', { method: 'POST', body: '{}' }, 415, 'content-type-unsupported'],
    ['oversized JSON', json({ idToken: 'x'.repeat(16_384) }), 413, 'body-too-large'],
    ['oversized letters of several bytes', json({ idToken: 'é'.repeat(8_200) }), 413, 'body-too-large'],
    ['oversized base64', { ...json('A'.repeat(21_900)), isBase64Encoded: true }, 413, 'body-too-large'],
    [
      'a Bearer token and a body',
      { ...json({ idToken: 'x' }), headers: { authorization: 'Bearer x', 'content-type': 'application/json' } },
      400,
      'several-id-tokens',
    ],
    ['two Bearer tokens', bearer('x,Bearer y'), 400, 'authorization-malformed'],
    ['an empty Bearer token', bearer(''), 400, 'authorization-malformed'],
  ])('are refused: %s', async (_name, request, status, reason) => {
    expectRefusal(await site.send(request), status, 'invalid_request', reason);
    expect(({} as Record<string, unknown>)['ok']).toBeUndefined();
  });

  it('read no ID token from another scheme', async () => {
    const answer = await site.send({ method: 'POST', headers: { authorization: 'Basic eDp5' } });
    expectRefusal(answer, 422, 'invalid_request', 'id-token-missing');
  });

  it('never throw, never succeed, never answer 403 or 404', async () => {
    const text = fc.oneof(
      fc.string(),
      fc.constantFrom('POST', 'DELETE', 'GET', '/auth/session', 'application/json', own),
    );
    await fc.assert(
      fc.asyncProperty(
        text,
        text,
        fc.dictionary(fc.constantFrom('origin', 'authorization', 'content-type', 'sec-fetch-site'), text),
        fc.array(text),
        fc.option(fc.oneof(text, fc.json()), { nil: undefined }),
        fc.boolean(),
        async (method, path, headers, cookies, body, isBase64Encoded) => {
          const event = makeEvent({
            method,
            path,
            headers,
            cookies,
            isBase64Encoded,
            ...(body !== undefined && { body }),
          });
          const { statusCode } = await site.handler(event, {});
          expect([200, 204, 303, 400, 401, 405, 413, 415, 422]).toContain(statusCode);
          expect(statusCode !== 200 || method === 'GET').toBe(true);
        },
      ),
    );
  });
});

describe('invented key IDs', () => {
  it('do not cause repeated fetches of keys, and do not affect other people', async () => {
    const header: Header = { kid: 'invented' };
    expectRefusal(await site.send(bearer(site.token({}, header))), 401, 'invalid_token', 'key-unknown');
    for (let count = 0; count < 20; count += 1) {
      const answer = await site.send(bearer(site.token({}, { kid: `invented-${count}` })));
      expect([answer.statusCode, codeOf(answer)]).toEqual([503, 'temporarily_unavailable']);
    }
    expect(site.keySetFetches).toBe(1);
    expect((await site.send(bearer(site.token()))).statusCode).toBe(201);
  });
});
