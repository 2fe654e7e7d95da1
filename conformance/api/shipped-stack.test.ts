import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { randomFrom } from '../../emulator/testing/random.ts';
import { cookieHeader, send } from '../support/http.ts';
import { type RunningSite, startSite, unthrottled } from '../support/site.ts';
import { idToken } from '../support/tokens.ts';

let site: RunningSite;
let bearer: string;
beforeAll(async () => {
  site = await startSite({ config: unthrottled });
  bearer = `Bearer ${await idToken(site, 'alice@example.com')}`;
});
afterAll(() => site.close());

const signIn = () => send(`${site.origin}/auth/session`, { method: 'POST', headers: { Authorization: bearer } });
/** Writes bytes, says that there will be no more, and reads what comes. */
const poke = (bytes: string): Promise<string> =>
  new Promise((done, failed) => {
    const socket = connect(Number(new URL(site.origin).port), '127.0.0.1', () =>
      socket.end(Buffer.from(bytes, 'latin1')),
    );
    let text = '';
    socket.setEncoding('latin1').on('data', (part: string) => {
      text += part;
    });
    socket.on('close', () => done(text));
    socket.on('error', (error: NodeJS.ErrnoException) => (error.code === 'ECONNRESET' ? undefined : failed(error)));
  });

describe('the shipped stack behind the edge', () => {
  it.each(['/auth/%73ession', '/auth%2Fsession', '/auth/session%3Fx=1', '/%61uth/session'])(
    'answers for %s, which the gateway hands over decoded',
    async (path) => {
      const answer = await send(`${site.origin}${path}`);
      // An encoded slash keeps a path out of /auth/*: it is a protected page like any other.
      if (path.includes('%2F')) expect(answer.status).toBe(403);
      else expect(answer.json).toMatchObject({ status: 'signed-out' });
    },
  );

  it('signs in and out by requests without a body, whatever content type the gateway gives them', async () => {
    const signedIn = await send(`${site.origin}/auth/session`, {
      method: 'POST',
      headers: { Authorization: bearer },
      body: '',
    });
    expect(signedIn.status).toBe(201);
    const signedOut = await send(`${site.origin}/auth/session`, {
      method: 'DELETE',
      headers: { Cookie: cookieHeader(signedIn.setCookie) },
      body: '',
    });
    expect(signedOut.status).toBe(204);
  });

  it.each(['/auth/', '/auth/%', '/auth/%ff', '/auth/a%00b', '/auth//session', '/auth/session/', '/auth/./session'])(
    'answers %s with a problem of the API, never with a page of the site',
    async (path) => {
      const answer = await send(`${site.origin}${path}`);
      expect(answer.status).toBe(400);
      expect(answer.json).toMatchObject({ code: 'invalid_request' });
    },
  );

  it('answers other methods, a GET with a body and a preflight with the login page and its headers', async () => {
    const login = await send(`${site.origin}/public/login.html`);
    for (const sending of [{ method: 'POST', body: 'x' }, { method: 'GET', body: 'x' }, { method: 'OPTIONS' }]) {
      const answer = await send(`${site.origin}/docs/guide.html`, sending);
      expect([answer.status, answer.text]).toEqual([403, login.text]);
      expect(answer.headers).toMatchObject({
        'cache-control': 'no-store',
        'content-security-policy': "frame-ancestors 'self'",
        'x-cache': 'Error from cloudfront',
      });
    }
  });

  it('needs less than the 10,240 bytes of headers that the gateway takes, with every cookie of a session', async () => {
    const { setCookie } = await signIn();
    const Cookie = cookieHeader(setCookie);
    expect(Cookie.length).toBeLessThan(4_096);
    expect((await send(`${site.origin}/auth/session`, { headers: { Cookie } })).json).toMatchObject({
      status: 'signed-in',
    });
  });

  it('serves a part of a protected file to whom it serves the whole', async () => {
    const Cookie = cookieHeader((await signIn()).setCookie);
    const whole = await send(`${site.origin}/docs/guide.html`, { headers: { Cookie } });
    const part = await send(`${site.origin}/docs/guide.html`, { headers: { Cookie, Range: 'bytes=0-9' } });
    expect([part.status, part.text]).toEqual([206, whole.text.slice(0, 10)]);
    const refused = await send(`${site.origin}/docs/guide.html`, { headers: { Range: 'bytes=0-9' } });
    expect(refused.status).toBe(403);
    expect(refused.text.length).toBeGreaterThan(10);
  });

  it.each([11, 12, 13])('survives requests changed at random (seed %i), and signs in as ever', async (seed) => {
    const random = randomFrom(seed);
    const { host } = new URL(site.origin);
    const lines = [`Host: ${host}`, `Authorization: ${bearer}`, 'Content-Length: 2', '', '{}'];
    const request = ['POST /auth/session?a=%20 HTTP/1.1', ...lines].join('\r\n');
    const fragments = ['\r\n', '%', '\0', '\xff', '..', '//', ';', '{"', '\t', 'x'.repeat(5_000)];
    for (let count = 0; count < 60; count++) {
      const at = Math.floor(random() * request.length);
      const fragment = fragments[Math.floor(random() * fragments.length)] ?? '';
      const changed = request.slice(0, at) + fragment + request.slice(at + Math.floor(random() * 4));
      expect(await poke(changed)).toMatch(/^(HTTP\/1\.1 [245]\d\d |HTTP\/1\.1 303 |$)/);
    }
    expect((await signIn()).status).toBe(201);
    expect(site.log.filter((line) => line['event'] === 'emulator-fault' || line['code'] === 'server_error')).toEqual(
      [],
    );
  });
});

describe('the shipped stack on plain http', () => {
  it('redirects pages and open files to https, and refuses API requests, which may carry a token', async () => {
    const plain = await startSite({ switches: { viewerScheme: 'http' } });
    const { host } = new URL(plain.origin);
    try {
      for (const path of ['/docs/guide.html?x=1', '/public/login.html', '/']) {
        const { status, headers } = await send(`${plain.origin}${path}`);
        expect([status, headers['location']]).toEqual([301, `https://${host}${path}`]);
      }
      const headers = { Authorization: `Bearer ${await idToken(plain, 'alice@example.com')}` };
      for (const method of ['GET', 'POST', 'DELETE', 'OPTIONS']) {
        const answer = await send(`${plain.origin}/auth/session`, { method, headers });
        expect([answer.status, answer.headers['location'], answer.setCookie]).toEqual([403, undefined, []]);
      }
      expect(plain.log).toEqual([]);
    } finally {
      await plain.close();
    }
  });
});
