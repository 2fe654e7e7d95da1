import { createHash, createPublicKey, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, cookieHeader, cookiesOf, type Sending, send } from '../support/http.ts';
import { type RunningSite, startSite, unthrottled } from '../support/site.ts';
import { idToken, signInAs } from '../support/tokens.ts';

let site: RunningSite;
beforeAll(async () => {
  site = await startSite({ config: unthrottled });
});
afterAll(() => site.close());

const session = (sending: Sending = {}): Promise<Answer> => send(`${site.origin}/auth/session`, sending);
const post = (sending: Sending): Promise<Answer> => session({ method: 'POST', ...sending });
const json = (body: unknown, headers: Record<string, string> = {}): Promise<Answer> =>
  post({ headers: { 'Content-Type': 'application/json', ...headers }, body: JSON.stringify(body) });
const form = (fields: Record<string, string>, headers: Record<string, string> = {}): Promise<Answer> =>
  post({
    headers: { 'Content-Type': 'application/x-www-form-urlencoded', ...headers },
    body: new URLSearchParams(fields).toString(),
  });

/** What a browser has before it signs in: the nonce, and the cookie that belongs to it. */
async function beginSignIn(): Promise<{ nonce: string; cookie: string }> {
  const answer = await session();
  const { nonce } = answer.json as { nonce: string };
  return { nonce, cookie: cookieHeader(answer.setCookie) };
}

const problem = (answer: Answer): unknown => (answer.json as { code: unknown }).code;

describe('GET /auth/session', () => {
  it('tells a stranger the providers and a nonce, and binds the nonce to the browser', async () => {
    const answer = await session();
    expect(answer.status).toBe(200);
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(answer.json).toMatchObject({
      status: 'signed-out',
      providers: [{ kind: 'google', scriptUrl: `${site.google.origin}/gsi/client` }],
    });
    const { '__Host-s3nator-login': login, ...others } = cookiesOf(answer.setCookie);
    expect(others).toEqual({});
    expect(login?.attributes.split('; ').sort()).toEqual(['HttpOnly', 'Path=/', 'SameSite=None', 'Secure']);
    const { nonce } = answer.json as { nonce: string };
    expect(nonce).toBe(
      createHash('sha256')
        .update(login?.value ?? '')
        .digest('base64url'),
    );
  });

  it('gives every tab of a browser the same nonce', async () => {
    const { nonce, cookie } = await beginSignIn();
    const second = await session({ headers: { Cookie: cookie } });
    expect(second.setCookie).toEqual([]);
    expect((second.json as { nonce: string }).nonce).toBe(nonce);
  });

  it('tells who is signed in', async () => {
    const signedIn = await signInAs(site);
    const answer = await session({ headers: { Cookie: cookieHeader(signedIn.setCookie) } });
    expect(answer.json).toMatchObject({
      status: 'signed-in',
      user: { email: 'alice@example.com', hostedDomain: 'example.com' },
      path: '/*',
    });
    expect(answer.setCookie).toEqual([]);
  });
});

describe('POST /auth/session', () => {
  it('signs in by Bearer, by JSON and by form post, with the same cookies', async () => {
    const bearer = await signInAs(site);
    expect(bearer.status).toBe(201);

    const first = await beginSignIn();
    const byJson = await json(
      { idToken: await idToken(site, 'alice@example.com', { nonce: first.nonce }) },
      { Cookie: first.cookie, Origin: site.origin, 'Sec-Fetch-Site': 'same-origin' },
    );
    expect(byJson.status).toBe(201);

    const second = await beginSignIn();
    const credential = await idToken(site, 'alice@example.com', { nonce: second.nonce });
    const byForm = await form(
      { credential, g_csrf_token: 'csrf', state: '/docs/guide.html?x=1#part' },
      { Cookie: `${second.cookie}; g_csrf_token=csrf`, Origin: site.google.origin, 'Sec-Fetch-Site': 'cross-site' },
    );
    expect(byForm.status).toBe(303);
    expect(byForm.headers['location']).toBe('/docs/guide.html?x=1#part');

    const names = [bearer, byJson, byForm].map(({ setCookie }) =>
      setCookie.filter((line) => !/Max-Age=0/.test(line)).map((line) => line.split('=', 1)[0]),
    );
    expect(names[1]).toEqual(names[0]);
    expect(names[2]).toEqual(names[0]);
    // The login cookie has done its work.
    expect(cookiesOf(byJson.setCookie)['__Host-s3nator-login']?.attributes).toContain('Max-Age=0');
  });

  it("signs a custom policy for the config's host and the rule's path, with nothing from the request", async () => {
    const answer = await post({
      headers: {
        Authorization: `Bearer ${await idToken(site, 'alice@example.com')}`,
        'X-Forwarded-Host': 'evil.example',
        'CloudFront-Viewer-Address': '1.2.3.4:5',
      },
    });
    const cookies = cookiesOf(answer.setCookie);
    const plain = (name: string): Buffer =>
      Buffer.from(
        (cookies[name]?.value ?? '').replaceAll('-', '+').replaceAll('_', '=').replaceAll('~', '/'),
        'base64',
      );
    const policy = plain('CloudFront-Policy').toString();
    const { host } = new URL(site.origin);
    const end = /"AWS:EpochTime":(\d+)/.exec(policy)?.[1];
    expect(policy).toBe(
      `{"Statement":[{"Resource":"https://${host}/*","Condition":{"DateLessThan":{"AWS:EpochTime":${end}}}}]}`,
    );
    const seconds = Number(end) - Date.now() / 1000;
    expect(seconds).toBeGreaterThan(3500);
    expect(seconds).toBeLessThanOrEqual(3600);

    // The signature, checked with the public half that the stack publishes.
    const keys = join(site.folder, '.s3nator/keys/docs');
    const { signer } = JSON.parse(readFileSync(join(keys, 'keys.json'), 'utf8')) as { signer: string };
    const publicKey = createPublicKey(readFileSync(join(keys, `${signer}.public.pem`)));
    expect(verify('sha256', Buffer.from(policy), publicKey, plain('CloudFront-Signature'))).toBe(true);
    expect(cookies['CloudFront-Hash-Algorithm']?.value).toBe('SHA256');
  });

  it('asks for a fresh sign-in when the token with a nonce is older than ten minutes', async () => {
    const { nonce, cookie } = await beginSignIn();
    const iat = String(Math.floor(Date.now() / 1000) - 700);
    const answer = await json(
      { idToken: await idToken(site, 'alice@example.com', { nonce, iat }) },
      { Cookie: cookie, Origin: site.origin },
    );
    expect([answer.status, problem(answer)]).toEqual([401, 'sign_in_expired']);
  });

  it('keeps the login cookie after a refusal, so that another account can be chosen', async () => {
    const { nonce, cookie } = await beginSignIn();
    const refused = await json(
      { idToken: await idToken(site, 'mallory@evil.example', { nonce }) },
      { Cookie: cookie, Origin: site.origin },
    );
    expect(refused.json).toMatchObject({ code: 'access_denied', account: 'mallory@evil.example' });
    expect(refused.setCookie).toEqual([]);
    const admitted = await json(
      { idToken: await idToken(site, 'alice@example.com', { nonce }) },
      { Cookie: cookie, Origin: site.origin },
    );
    expect(admitted.status).toBe(201);
  });

  it.each(['https://evil.example', 'null', `http://localhost.evil.example`])(
    'refuses a request from the origin %s',
    async (origin) => {
      const { nonce, cookie } = await beginSignIn();
      const idTokenText = await idToken(site, 'alice@example.com', { nonce });
      const answer = await json({ idToken: idTokenText }, { Cookie: cookie, Origin: origin });
      expect([answer.status, problem(answer)]).toEqual([400, 'invalid_request']);
      expect(answer.setCookie).toEqual([]);
    },
  );

  it('refuses a form post whose g_csrf_token cookie and field differ', async () => {
    const { nonce, cookie } = await beginSignIn();
    const credential = await idToken(site, 'alice@example.com', { nonce });
    const tries = [
      form({ credential, g_csrf_token: 'a' }, { Cookie: `${cookie}; g_csrf_token=b`, Origin: site.google.origin }),
      form({ credential, g_csrf_token: 'a' }, { Cookie: cookie, Origin: site.google.origin }),
      form({ credential }, { Cookie: `${cookie}; g_csrf_token=a`, Origin: site.google.origin }),
      form({ credential, g_csrf_token: '' }, { Cookie: `${cookie}; g_csrf_token=`, Origin: site.google.origin }),
      form({ credential, g_csrf_token: 'a' }, { Cookie: 'g_csrf_token=a', Origin: site.google.origin }),
      form({ credential, g_csrf_token: 'a' }, { Cookie: `${cookie}; g_csrf_token=a`, Origin: 'https://evil.example' }),
    ];
    for (const answer of await Promise.all(tries)) {
      expect(answer.status).toBe(303);
      expect(answer.headers['location']).toMatch(/^\/public\/login\.html#error=[a-z_]+$/);
      expect(answer.setCookie).toEqual([]);
    }
  });

  it.each([
    ['broken JSON', { headers: { 'Content-Type': 'application/json' }, body: '{' }, 422],
    ['a missing field', { headers: { 'Content-Type': 'application/json' }, body: '{}' }, 422],
    ['an ID token that is no text', { headers: { 'Content-Type': 'application/json' }, body: '{"idToken":1}' }, 422],
    ['another content type', { headers: { 'Content-Type': 'text/plain' }, body: 'x' }, 415],
    [
      'a body over the cap',
      { headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ idToken: 'x'.repeat(20_000) }) },
      413,
    ],
  ])('answers %s with its status', async (_, sending, status) => {
    const answer = await post(sending);
    expect([answer.status, problem(answer)]).toEqual([status, 'invalid_request']);
  });
});

describe('DELETE /auth/session', () => {
  it('expires every cookie with the attributes it was set with', async () => {
    const signedIn = await signInAs(site);
    const answer = await session({
      method: 'DELETE',
      headers: { Cookie: cookieHeader(signedIn.setCookie), Origin: site.origin },
    });
    expect(answer.status).toBe(204);
    expect(answer.headers['clear-site-data']).toBe('"cache"');
    const expired = cookiesOf(answer.setCookie);
    for (const [name, { attributes }] of Object.entries(cookiesOf(signedIn.setCookie))) {
      expect(expired[name]?.value).toBe('');
      const withoutAge = (text = ''): string[] =>
        text
          .split('; ')
          .filter((one) => !one.startsWith('Max-Age'))
          .sort();
      expect(withoutAge(expired[name]?.attributes)).toEqual(withoutAge(attributes));
      expect(expired[name]?.attributes).toContain('Max-Age=0');
    }
  });

  it('is refused to a page of another origin', async () => {
    const answer = await session({ method: 'DELETE', headers: { Origin: 'https://evil.example' } });
    expect(answer.status).toBe(400);
    expect(answer.setCookie).toEqual([]);
  });
});

describe('the API', () => {
  it.each(['GET', 'POST', 'DELETE', 'PUT'])(
    'answers %s of an unknown path with 400, never 403 or 404',
    async (method) => {
      for (const path of ['/auth/nothing', '/auth/', '/auth/session/', '/auth/session/x']) {
        const answer = await send(`${site.origin}${path}`, { method });
        expect([path, answer.status, problem(answer)]).toEqual([path, 400, 'invalid_request']);
      }
    },
  );

  it.each(['PUT', 'PATCH'])('answers %s with 405', async (method) => {
    const answer = await session({ method });
    expect([answer.status, problem(answer)]).toEqual([405, 'invalid_request']);
    expect(answer.headers['allow']).toMatch(/GET/);
  });

  it('logs one audit line for a grant, with who, rule, path and end', async () => {
    const answer = await signInAs(site);
    const { expiresAt } = answer.json as { expiresAt: string };
    const requestId = answer.headers['apigw-requestid'];
    expect(await site.logged({ requestId })).toMatchObject({
      event: 'granted',
      who: { iss: 'https://accounts.google.com', email: 'alice@example.com', hd: 'example.com' },
      rule: 'config.rules[0]',
      path: '/*',
      until: expiresAt,
      key: expect.stringMatching(/^[0-9a-f]{16}$/),
    });
    expect(site.log.filter((line) => line['requestId'] === requestId)).toHaveLength(1);
  });

  it('never logs a token, a cookie or a key', async () => {
    const token = await idToken(site, 'alice@example.com');
    const answer = await post({ headers: { Authorization: `Bearer ${token}` } });
    await session({ headers: { Cookie: cookieHeader(answer.setCookie) } });
    const everything = site.rawLog.join('\n');
    for (const secret of [token, ...Object.values(cookiesOf(answer.setCookie)).map(({ value }) => value)]) {
      if (secret.length > 20) expect(everything).not.toContain(secret);
    }
    expect(everything).not.toMatch(/PRIVATE KEY/);
  });
});
