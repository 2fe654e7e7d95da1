import { createPublicKey, verify } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ask } from '../testing/ask.ts';
import { type StandInGoogle, startStandInGoogle } from './stand-in-google.ts';

const now = Date.parse('2027-01-01T00:00:00Z');
let google: StandInGoogle;

beforeEach(async () => {
  google = await startStandInGoogle({ port: 0, clock: () => now });
  google.setAudience('client');
});
afterEach(() => google.close());

const part = (token: string, index: number) =>
  JSON.parse(Buffer.from(token.split('.')[index] ?? '', 'base64url').toString('utf8'));
const claimsOf = (token: string) => part(token, 1);
const text = async (path: string): Promise<string> => (await fetch(`${google.origin}${path}`)).text();
const tokenFor = async (query: string): Promise<string> => (await text(`/token?${query}`)).trim();

async function verified(token: string): Promise<boolean> {
  const { keys } = JSON.parse(await text('/oauth2/v3/certs'));
  const jwk = keys.find(({ kid }: { kid: string }) => kid === part(token, 0).kid);
  if (jwk === undefined) return false;
  const [header = '', payload = '', signature = ''] = token.split('.');
  const key = createPublicKey({ key: jwk, format: 'jwk' });
  return verify('sha256', Buffer.from(`${header}.${payload}`), key, Buffer.from(signature, 'base64url'));
}

describe('GET /token', () => {
  it("prints a token like Google's, which the key set verifies", async () => {
    const token = await tokenFor('email=alice@example.com');
    expect(await verified(token)).toBe(true);
    expect(part(token, 0)).toMatchObject({ alg: 'RS256', typ: 'JWT' });
    expect(claimsOf(token)).toMatchObject({
      iss: 'https://accounts.google.com',
      aud: 'client',
      azp: 'client',
      email: 'alice@example.com',
      email_verified: true,
      hd: 'example.com',
      given_name: 'Alice',
      iat: now / 1000,
      exp: now / 1000 + 3600,
    });
    expect(claimsOf(token).sub).toMatch(/^1\d{20}$/);
    expect(claimsOf(await tokenFor('email=alice@example.com')).sub).toBe(claimsOf(token).sub);
  });

  it.each([
    ['mallory@evil.example', { hd: 'evil.example', email_verified: true }],
    ['unverified@example.com', { email_verified: false }],
    ['someone@gmail.com', { email_verified: true }],
  ])('knows %s', async (email, expected) => {
    const { hd, email_verified } = claimsOf(await tokenFor(`email=${email}`));
    expect({ ...(hd && { hd }), email_verified }).toEqual(expected);
  });

  it('sets, replaces and removes claims', async () => {
    const claims = claimsOf(
      await tokenFor('email=alice@example.com&exp=&hd=other.example&email_verified=false&nonce=n&aud=other&iat=5'),
    );
    expect(claims).toMatchObject({
      hd: 'other.example',
      email_verified: false,
      nonce: 'n',
      aud: 'other',
      azp: 'other',
      iat: 5,
    });
    expect(claims).not.toHaveProperty('exp');
  });

  it('asks for an audience if none is known', async () => {
    const other = await startStandInGoogle({ port: 0 });
    expect((await fetch(`${other.origin}/token`)).status).toBe(400);
    expect(claimsOf(await (await fetch(`${other.origin}/token?client_id=c`)).text()).aud).toBe('c');
    await other.close();
  });
});

describe('the key set', () => {
  it('keeps the previous key after a rotation, and drops the one before', async () => {
    const token = google.issueToken({});
    google.rotateKeys();
    expect(part(google.issueToken({}), 0).kid).not.toBe(part(token, 0).kid);
    expect(await verified(token)).toBe(true);
    google.rotateKeys();
    expect(await verified(token)).toBe(false);
    expect(google.keySetRequests).toBe(2);
  });

  it('says how long it may be cached', async () => {
    const { headers } = await fetch(`${google.origin}/oauth2/v3/certs`);
    expect(headers.get('cache-control')).toMatch(/max-age=\d+/);
  });

  it('fails on demand', async () => {
    google.failKeySet('garbage');
    expect(await text('/oauth2/v3/certs')).not.toContain('keys');
    google.failKeySet('unreachable');
    await expect(fetch(`${google.origin}/oauth2/v3/certs`)).rejects.toThrow();
    google.failKeySet('slow');
    await expect(fetch(`${google.origin}/oauth2/v3/certs`, { signal: AbortSignal.timeout(100) })).rejects.toThrow();
    google.failKeySet('none');
    expect(await text('/oauth2/v3/certs')).toContain('keys');
  });
});

describe('the account chooser', () => {
  const asking = { client_id: 'client', origin: 'http://localhost:8080', nonce: 'n' };
  const select = (form: Record<string, string>) =>
    fetch(`${google.origin}/gsi/select`, { method: 'POST', body: new URLSearchParams(form) });

  it('lists the sample accounts and says that it is not Google', async () => {
    const page = await text(`/gsi/select?${new URLSearchParams(asking)}`);
    for (const email of ['alice@example.com', 'mallory@evil.example', 'unverified@example.com']) {
      expect(page).toContain(`value="${email}"`);
    }
    expect(page).toContain('This is not Google');
  });

  it('passes the credential to exactly the requesting origin', async () => {
    const page = await (await select({ ...asking, email: 'alice@example.com' })).text();
    const [, credential = '', origin] = /postMessage\(\{ credential: "([^"]+)" \}, "([^"]+)"\)/.exec(page) ?? [];
    expect(origin).toBe('http://localhost:8080');
    expect(claimsOf(credential)).toMatchObject({ email: 'alice@example.com', aud: 'client', nonce: 'n' });
  });

  it('posts a form in redirect mode', async () => {
    const redirect = { login_uri: 'http://localhost:8080/auth/session', g_csrf_token: 'c', state: '/docs?a=1' };
    const page = await (await select({ ...asking, ...redirect, email: 'alice@example.com' })).text();
    expect(page).toContain('action="http://localhost:8080/auth/session"');
    expect(page).toContain('name="g_csrf_token" value="c"');
    expect(page).toContain('name="state" value="/docs?a=1"');
  });

  it('creates any other address, with the chosen claims', async () => {
    const page = await (
      await select({ ...asking, another: 'yes', email: 'Bob@Other.example', verified: 'yes' })
    ).text();
    const [, credential = ''] = /credential: "([^"]+)"/.exec(page) ?? [];
    expect(claimsOf(credential)).toMatchObject({ email: 'bob@other.example', email_verified: true });
    expect(claimsOf(credential)).not.toHaveProperty('hd');
  });

  it.each([
    ['a page of another host', { origin: 'https://evil.example' }],
    ['a host with the same beginning', { origin: 'http://localhost.evil.example' }],
    ['a login URI elsewhere', { login_uri: 'https://evil.example/' }],
    ['a script as login URI', { login_uri: 'javascript:alert(1)' }],
  ])('refuses %s', async (_, change) => {
    const given = { ...asking, ...change };
    expect((await fetch(`${google.origin}/gsi/select?${new URLSearchParams(given)}`)).status).toBe(400);
    expect((await select({ ...given, email: 'alice@example.com' })).status).toBe(400);
  });

  it('writes its input as text, never as markup', async () => {
    const page = await text(`/gsi/select?${new URLSearchParams({ ...asking, state: '"><script>alert(1)</script>' })}`);
    expect(page).not.toContain('<script>alert');
  });
});

describe('One Tap', () => {
  const asking = { client_id: 'client', origin: 'http://localhost:8080', nonce: 'n' };
  let cookie = '';
  beforeEach(() => {
    cookie = '';
  });
  const call = async (path: string, form?: Record<string, string>): Promise<Response> => {
    const body = form && { method: 'POST', body: new URLSearchParams(form) };
    const response = await fetch(google.origin + path, { headers: { cookie }, ...body });
    cookie = response.headers.get('set-cookie')?.split(';', 1)[0] ?? cookie;
    return response;
  };
  const choose = (email: string, more: Record<string, string> = {}) =>
    call('/gsi/select', { ...asking, email, ...more });
  const begin = (more: Record<string, string> = {}) =>
    call(`/gsi/iframe/select?${new URLSearchParams({ ...asking, ...more })}`);
  const tap = (email: string, more: Record<string, string> = {}) =>
    call('/gsi/iframe/select', { ...asking, email, ...more });
  /** The message from a page to the framing page. */
  const told = async (response: Response) => {
    const [, what = '{}', origin] =
      /^<script[^>]*>parent\.postMessage\((\{.*\}), "([^"]+)"\);/m.exec(await response.text()) ?? [];
    return { ...JSON.parse(what), origin };
  };

  it('shows nothing in a browser where nobody is signed in', async () => {
    expect(await told(await begin())).toEqual({ oneTap: 'skipped', origin: asking.origin });
    expect(await told(await begin({ auto_select: 'true' }))).toMatchObject({ oneTap: 'skipped' });
  });

  it('shows only accounts that were chosen in this browser', async () => {
    await choose('alice@example.com');
    await choose('bob@other.example', { another: 'yes', verified: 'yes' });
    const card = await (await begin()).text();
    expect([...card.matchAll(/name="email" value="([^"]+)"/g)].map(([, email]) => email)).toEqual([
      'bob@other.example',
      'alice@example.com',
    ]);
    expect(card).toContain('This is not Google');
    cookie = '';
    expect(await told(await begin())).toMatchObject({ oneTap: 'skipped' });
  });

  it('can be framed by the requesting page only, which alone gets the message', async () => {
    await choose('alice@example.com');
    for (const response of [await begin(), await tap('alice@example.com')]) {
      expect(response.headers.get('content-security-policy')).toContain(`frame-ancestors ${asking.origin}`);
    }
    expect(await told(await tap('alice@example.com'))).toMatchObject({ origin: asking.origin });
  });

  it('passes on the credential of the pressed account, with the nonce', async () => {
    await choose('alice@example.com');
    const { credential, selectBy } = await told(await tap('alice@example.com'));
    expect(selectBy).toBe('user');
    expect(claimsOf(credential)).toMatchObject({ email: 'alice@example.com', aud: 'client', nonce: 'n' });
    expect(await told(await tap('alice@example.com', { client_id: 'other' }))).toMatchObject({ selectBy: 'user_1tap' });
  });

  it('remembers the choices for another address', async () => {
    await choose('bob@other.example', { another: 'yes' });
    const claims = claimsOf((await told(await tap('bob@other.example'))).credential);
    expect(claims).toMatchObject({ email_verified: false });
    expect(claims).not.toHaveProperty('hd');
  });

  it('signs in without a click the only account that signed in to this client before', async () => {
    await choose('alice@example.com', { client_id: 'other' });
    expect(await (await begin({ auto_select: 'true' })).text()).toContain('class="card"');
    await choose('alice@example.com');
    expect(await told(await begin({ auto_select: 'true' }))).toMatchObject({ selectBy: 'auto' });
    expect(await (await begin()).text()).toContain('class="card"');
    await choose('mallory@evil.example');
    expect(await (await begin({ auto_select: 'true' })).text()).toContain('class="card"');
  });

  it('passes on no account that is not signed in in this browser', async () => {
    expect((await tap('alice@example.com')).status).toBe(400);
    await choose('alice@example.com');
    expect((await tap('mallory@evil.example')).status).toBe(400);
  });

  it('passes nothing to a page that is not local', async () => {
    await choose('alice@example.com');
    const elsewhere = { origin: 'https://evil.example' };
    expect((await begin({ ...elsewhere, auto_select: 'true' })).status).toBe(400);
    expect((await tap('alice@example.com', elsewhere)).status).toBe(400);
  });
});

describe('the server', () => {
  it('is closed to names that only resolve to this machine', async () => {
    const answer = await ask(google.origin, '/token?email=alice@example.com', { headers: { host: 'evil.example' } });
    expect(answer.status).toBe(403);
  });

  it('lets pages of other origins load its script only, and no answer can be read as another type', async () => {
    const query = '?client_id=c&origin=http://localhost:1';
    for (const [path, status] of [
      ['/', 200],
      ['/token?aud=c', 200],
      ['/oauth2/v3/certs', 200],
      [`/gsi/select${query}`, 200],
      [`/gsi/iframe/select${query}`, 200],
      ['/gsi/client', 200],
      ['/gsi/select', 400],
      ['/nothing', 404],
    ] as const) {
      const { headers, ...answer } = await fetch(google.origin + path).then(({ status, headers }) => ({
        status,
        headers,
      }));
      const loadable = path === '/gsi/client' ? 'cross-origin' : 'same-origin';
      expect([
        path,
        answer.status,
        headers.get('x-content-type-options'),
        headers.get('cross-origin-resource-policy'),
      ]).toEqual([path, status, 'nosniff', loadable]);
    }
  });

  it("answers browsers' request for an icon, which its pages' policy allows", async () => {
    expect((await fetch(`${google.origin}/favicon.ico`)).status).toBe(204);
    const page = await fetch(`${google.origin}/gsi/select?client_id=c&origin=http://localhost:1`);
    expect(page.headers.get('content-security-policy')).toContain("img-src 'self';");
  });

  it('serves the script that pages load', async () => {
    const response = await fetch(`${google.origin}/gsi/client`);
    expect(response.headers.get('content-type')).toContain('text/javascript');
    expect(await response.text()).toContain('window.google');
  });
});
