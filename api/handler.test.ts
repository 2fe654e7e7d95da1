import { createHash, createPublicKey, verify } from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import timers from 'node:timers';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { emptyAccessDocument } from '../contract/access-rules.ts';
import { accessConfigKey, accessLiveKey, privateKeyObject } from '../contract/layout.ts';
import { policyStatement } from './issue/policy-statement.ts';
import type { GatewayAnswer, GatewayEvent } from './receive/gateway.ts';
import { keySetOf } from './testing/stub-google.ts';
import {
  bearer,
  clientId,
  codeOf,
  cookiesOf,
  form,
  googleKey,
  host,
  json,
  makeEvent,
  makeSigningPair,
  providerOrigin,
  signingPair,
  startSeconds,
  startTestSite,
  type TestSite,
} from './testing/test-site.ts';

let site: TestSite;
beforeEach(async () => {
  site = await startTestSite();
});
afterEach(() => site.close());

const securityHeaders = {
  'Cache-Control': 'no-store',
  'Cross-Origin-Opener-Policy': 'same-origin-allow-popups',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'Strict-Transport-Security': 'max-age=31536000',
  'X-Content-Type-Options': 'nosniff',
};
const problemHeaders = { ...securityHeaders, 'Content-Type': 'application/problem+json' };
const signedInBody = {
  status: 'signed-in',
  user: { email: 'alice@example.com', hostedDomain: 'example.com' },
  path: '/*',
  expiresAt: '2027-01-15T09:00:00.000Z',
  renewableUntil: '2027-01-16T08:00:00.000Z',
  cookieSeconds: 3600,
  returnOrigins: ['https://app.example.com'],
  hosts: [host, 'd111.cloudfront.net'],
  now: '2027-01-15T08:00:00.000Z',
};
const expiredLogin = '__Host-s3nator-login=; Path=/; Secure; HttpOnly; SameSite=None; Max-Age=0';

/** A browser that has asked who it is: its login cookie and the nonce for the provider. */
async function beginSignIn(): Promise<{ cookie: string; nonce: string }> {
  const answer = await site.send();
  const [cookie = ''] = (answer.cookies ?? [])[0]?.split(';') ?? [];
  return { cookie, nonce: (JSON.parse(answer.body ?? '') as { nonce: string }).nonce };
}

async function signInByBearer(): Promise<{ answer: GatewayAnswer; jar: string[] }> {
  const answer = await site.send(bearer(site.token()));
  const jar = Object.entries(cookiesOf(answer)).flatMap(([name, { value }]) => (value ? [`${name}=${value}`] : []));
  return { answer, jar };
}

const fromCloudFrontBase64 = (value = ''): Buffer =>
  Buffer.from(value.replaceAll('-', '+').replaceAll('_', '=').replaceAll('~', '/'), 'base64');

const linesOf = (event: string): Record<string, unknown>[] => site.lines.filter((line) => line['event'] === event);

describe('GET /auth/session', () => {
  it('tells a stranger the providers, and gives the browser a nonce', async () => {
    const answer = await site.send();
    const value = createHash('sha512').update('1').digest().subarray(0, 32).toString('base64url');
    expect({ ...answer, body: JSON.parse(answer.body ?? '') }).toEqual({
      statusCode: 200,
      headers: { ...securityHeaders, 'Content-Type': 'application/json' },
      cookies: [`__Host-s3nator-login=${value}; Path=/; Secure; HttpOnly; SameSite=None`],
      body: {
        status: 'signed-out',
        providers: [{ kind: 'google', clientId, scriptUrl: `${providerOrigin}/gsi/client`, redirectOnIos: true }],
        nonce: createHash('sha256').update(value).digest('base64url'),
        hosts: [host, 'd111.cloudfront.net'],
        now: '2027-01-15T08:00:00.000Z',
      },
    });
  });

  it('keeps the login cookie that the browser has, so that every tab has the same nonce', async () => {
    const { cookie, nonce } = await beginSignIn();
    const answer = await site.send({ cookies: [cookie] });
    expect(answer.cookies).toBeUndefined();
    expect(JSON.parse(answer.body ?? '')).toMatchObject({ nonce });
  });

  it.each(['__Host-s3nator-login=short', '__Host-s3nator-login', '__Host-s3nator-login=%00', '=', ';;;'])(
    'replaces a login cookie that is not one of ours: %s',
    async (cookie) => {
      const answer = await site.send({ cookies: [cookie] });
      expect(answer.cookies).toHaveLength(1);
    },
  );

  it('tells who is signed in, with no cookie', async () => {
    const { jar } = await signInByBearer();
    const answer = await site.send({ cookies: jar });
    expect({ ...answer, body: JSON.parse(answer.body ?? '') }).toEqual({
      statusCode: 200,
      headers: { ...securityHeaders, 'Content-Type': 'application/json' },
      body: signedInBody,
    });
  });

  it('needs the session cookie alone, since CloudFront may keep its own from the API', async () => {
    const { jar } = await signInByBearer();
    const answer = await site.send({ cookies: jar.filter((cookie) => !cookie.startsWith('CloudFront')) });
    expect(JSON.parse(answer.body ?? '')).toMatchObject({ status: 'signed-in' });
  });

  it('tells that a renewal is possible once the signed cookies have expired, until the session ends', async () => {
    const { jar } = await signInByBearer();
    site.clock += 3_599_000;
    expect(JSON.parse((await site.send({ cookies: jar })).body ?? '')).toMatchObject({ status: 'signed-in' });
    site.clock += 1000;
    const answer = await site.send({ cookies: jar });
    expect({ ...answer, body: JSON.parse(answer.body ?? '') }).toEqual({
      statusCode: 200,
      headers: { ...securityHeaders, 'Content-Type': 'application/json' },
      body: { ...signedInBody, status: 'lapsed', now: '2027-01-15T09:00:00.000Z' },
    });
    site.clock += (86_400 - 3_600) * 1000;
    expect(JSON.parse((await site.send({ cookies: jar })).body ?? '')).toMatchObject({ status: 'signed-out' });
  });

  it('takes nobody for signed in by a session cookie that comes twice', async () => {
    const { jar } = await signInByBearer();
    const session = jar.find((cookie) => cookie.startsWith('__Host-s3nator-session')) ?? '';
    const answer = await site.send({ cookies: [session, session] });
    expect(JSON.parse(answer.body ?? '')).toMatchObject({ status: 'signed-out' });
  });

  it("takes nobody for signed in by another site's session", async () => {
    const { jar } = await signInByBearer();
    const other = await startTestSite({
      overrides: {
        session: {
          hosts: ['other.example.com'],
          trustedKeys: new Map([[signingPair.fingerprint, signingPair.publicKey]]),
          maximumSeconds: 86_400,
        },
      },
    });
    const answer = await other.send({ cookies: jar });
    await other.close();
    expect(JSON.parse(answer.body ?? '')).toMatchObject({ status: 'signed-out' });
  });

  it('loads what a sign-in needs, once', async () => {
    await site.send();
    expect(site.keySetFetches).toBe(1);
    expect(site.aws.requests.toSorted()).toEqual([
      `${accessConfigKey} 200`,
      `${accessLiveKey} 200`,
      `${privateKeyObject(signingPair.fingerprint)} 200`,
    ]);
    await site.send();
    await signInByBearer();
    expect([site.keySetFetches, site.aws.requests.length]).toEqual([1, 3]);
  });

  it('answers while nothing can be loaded', async () => {
    site.keySet = undefined;
    for (const key of [accessConfigKey, accessLiveKey]) site.aws.faults.set(key, 'stalled');
    site.aws.faults.set(privateKeyObject(signingPair.fingerprint), 'failing');
    expect((await site.send()).statusCode).toBe(200);
  });
});

describe('what a page makes ready', () => {
  async function warmed(lapsed: boolean) {
    const asked: string[] = [];
    const waits: unknown[] = [];
    const warm = (name: string) => async (): Promise<void> => void asked.push(name);
    const never = (name: string) => (): Promise<never> => {
      asked.push(name);
      return new Promise(() => {});
    };
    const cookies = lapsed ? (await signInByBearer()).jar : [];
    const other = await startTestSite({
      overrides: {
        accessDocuments: { current: never('rules') },
        signingKey: never('key'),
        identityPool: { identityIdOf: never('identity'), warm: warm('pool') },
        pseudonyms: { of: never('person'), warm: warm('pseudonyms') },
      },
    });
    other.clock += lapsed ? 3_600_000 : 0;
    const spy = vi.spyOn(globalThis, 'setTimeout').mockImplementation(((done: (value: unknown) => void, ms: number) => {
      waits.push(ms);
      setImmediate(done, false);
    }) as never);
    try {
      expect((await other.send({ cookies })).statusCode).toBe(200);
    } finally {
      spy.mockRestore();
      await other.close();
    }
    return { asked: asked.sort(), waits, keySetFetches: other.keySetFetches };
  }

  it('for a sign-in is everything but people, for 400 ms at most', async () => {
    const { asked, waits, keySetFetches } = await warmed(false);
    expect([asked, waits, keySetFetches]).toEqual([['key', 'pool', 'pseudonyms', 'rules'], [400], 1]);
  });

  it('for a renewal is what a renewal asks, for 400 ms at most', async () => {
    const { asked, waits, keySetFetches } = await warmed(true);
    expect([asked, waits, keySetFetches]).toEqual([['key', 'pseudonyms', 'rules'], [400], 0]);
  });
});

describe('POST /auth/session', () => {
  it('signs in by Bearer', async () => {
    const { answer } = await signInByBearer();
    const cookies = cookiesOf(answer);
    const attributes = 'Path=/; Secure; HttpOnly; SameSite=Lax';
    const policy = `{"Statement":[{"Resource":"https://${host}/*","Condition":{"DateLessThan":{"AWS:EpochTime":${startSeconds + 3600}}}}]}`;
    const encodedPolicy = Buffer.from(policy)
      .toString('base64')
      .replaceAll('+', '-')
      .replaceAll('=', '_')
      .replaceAll('/', '~');
    expect({ ...answer, body: JSON.parse(answer.body ?? '') }).toEqual({
      statusCode: 201,
      headers: { ...securityHeaders, 'Content-Type': 'application/json' },
      cookies: [
        `CloudFront-Policy=${encodedPolicy}; ${attributes}`,
        `CloudFront-Signature=${cookies['CloudFront-Signature']?.value}; ${attributes}`,
        `CloudFront-Key-Pair-Id=K2JCJMDEHXQW5F; ${attributes}`,
        `CloudFront-Hash-Algorithm=SHA256; ${attributes}`,
        `__Host-s3nator-session=${cookies['__Host-s3nator-session']?.value}; ${attributes}`,
        expiredLogin,
      ],
      body: signedInBody,
    });
    const signature = fromCloudFrontBase64(cookies['CloudFront-Signature']?.value);
    expect(verify('sha256', Buffer.from(policy), signingPair.publicKey, signature)).toBe(true);
  });

  it.each([
    ['P-256', 'SHA256'],
    ['P-256', 'SHA1'],
    ['RSA-2048', 'SHA256'],
    ['RSA-2048', 'SHA1'],
  ] as const)('signs with %s and %s, and names the hash only if it is not SHA-1', async (kind, hash) => {
    const pair = makeSigningPair(kind);
    const other = await startTestSite({ pair, hash });
    const answer = await other.send(bearer(other.token()));
    const cookies = cookiesOf(answer);
    const body = JSON.parse(
      (await other.send({ cookies: [`__Host-s3nator-session=${cookies['__Host-s3nator-session']?.value}`] })).body ??
        '',
    );
    await other.close();
    const publicKey = createPublicKey({ key: Buffer.from(pair.spki, 'base64'), format: 'der', type: 'spki' });
    const policy = fromCloudFrontBase64(cookies['CloudFront-Policy']?.value);
    const signature = fromCloudFrontBase64(cookies['CloudFront-Signature']?.value);
    expect(verify(hash.toLowerCase(), policy, publicKey, signature)).toBe(true);
    expect(cookies['CloudFront-Hash-Algorithm']).toEqual(
      hash === 'SHA256'
        ? { value: 'SHA256', attributes: 'Path=/; Secure; HttpOnly; SameSite=Lax' }
        : { value: '', attributes: 'Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0' },
    );
    expect(body).toMatchObject({ status: 'signed-in' });
  });

  it('signs in by JSON with the nonce of this browser', async () => {
    const { cookie, nonce } = await beginSignIn();
    const answer = await site.send(
      json({ idToken: site.token({ nonce }) }, { cookies: [cookie], headers: { origin: `https://${host}` } }),
    );
    expect(answer.statusCode).toBe(201);
  });

  it('reads a body in base64', async () => {
    const { cookie, nonce } = await beginSignIn();
    const body = Buffer.from(JSON.stringify({ idToken: site.token({ nonce }) })).toString('base64');
    const answer = await site.send({ ...json(body, { cookies: [cookie] }), isBase64Encoded: true });
    expect(answer.statusCode).toBe(201);
  });

  it.each([false, true])('reads a body of 16 KiB, and of no byte more, in base64: %s', async (isBase64Encoded) => {
    const statusOf = async (bytes: number) => {
      const text = JSON.stringify({ idToken: '' }).replace('""', `"${'x'.repeat(bytes - 14)}"`);
      expect(Buffer.byteLength(text)).toBe(bytes);
      const body = isBase64Encoded ? Buffer.from(text).toString('base64') : text;
      return (await site.send({ ...json(body), isBase64Encoded })).statusCode;
    };
    expect([await statusOf(16_384), await statusOf(16_385)]).toEqual([401, 413]);
  });

  it('signs in by the form post and leads to the return path', async () => {
    const { cookie, nonce } = await beginSignIn();
    const fields = { credential: site.token({ nonce }), g_csrf_token: 'c', state: '/docs/?x=1#part' };
    const answer = await site.send(form(fields, [cookie, 'g_csrf_token=c']));
    expect({ ...answer, cookies: Object.keys(cookiesOf(answer)) }).toEqual({
      statusCode: 303,
      headers: { ...securityHeaders, Location: '/docs/?x=1#part' },
      cookies: [
        'CloudFront-Policy',
        'CloudFront-Signature',
        'CloudFront-Key-Pair-Id',
        'CloudFront-Hash-Algorithm',
        '__Host-s3nator-session',
        '__Host-s3nator-login',
      ],
    });
  });

  it('keeps the way back of a form post that is refused, where the address has room for it', async () => {
    const { cookie } = await beginSignIn();
    const locationFor = async (state: string, csrf = 'c') => {
      const fields = { credential: 'not.a.token', g_csrf_token: csrf, state };
      return (await site.send(form(fields, [cookie, 'g_csrf_token=c']))).headers['Location'];
    };
    const code = '#error=invalid_token';
    expect(await locationFor('/docs/?x=1#part')).toBe(`/public/login.html?return-to=%2Fdocs%2F%3Fx%3D1%23part${code}`);
    expect(await locationFor('/docs/', 'another')).toBe(
      '/public/login.html?return-to=%2Fdocs%2F#error=invalid_request',
    );
    for (const state of ['/', '', '//evil.example', 'https://evil.example/', `/${'%20'.repeat(1500)}`]) {
      expect(await locationFor(state)).toBe(`/public/login.html${code}`);
    }
  });

  it('takes an empty POST for no form, although API Gateway says it is one', async () => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    for (const body of [undefined, '']) {
      const answer = await site.send({ method: 'POST', headers, ...(body !== undefined && { body }) });
      expect([answer.statusCode, codeOf(answer)]).toEqual([422, 'invalid_request']);
    }
  });

  it('takes the form post from a page that hides its origin', async () => {
    const { cookie, nonce } = await beginSignIn();
    const fields = { credential: site.token({ nonce }), g_csrf_token: 'c' };
    const answer = await site.send(form(fields, [cookie, 'g_csrf_token=c'], { origin: 'null' }));
    expect([answer.statusCode, answer.headers['Location']]).toEqual([303, '/']);
  });

  it('lets the cookies outlive the browser only if the config says so', async () => {
    const other = await startTestSite({ overrides: { persistent: true } });
    const answer = await other.send(bearer(other.token()));
    await other.close();
    const ages = Object.fromEntries(
      Object.entries(cookiesOf(answer)).map(([name, { attributes }]) => [name, /Max-Age=(\d+)/.exec(attributes)?.[1]]),
    );
    expect(ages).toEqual({
      'CloudFront-Policy': '3600',
      'CloudFront-Signature': '3600',
      'CloudFront-Key-Pair-Id': '3600',
      'CloudFront-Hash-Algorithm': '3600',
      '__Host-s3nator-session': '86400',
      '__Host-s3nator-login': '0',
    });
  });

  it('ends the cookies no later than the session, and no later than the rule', async () => {
    const short = await startTestSite({ maximumSeconds: 600 });
    const answer = await short.send(bearer(short.token()));
    await short.close();
    expect(JSON.parse(answer.body ?? '')).toMatchObject({ expiresAt: '2027-01-15T08:10:00.000Z' });

    const rules = [{ who: { hostedDomains: ['example.com'] }, path: '/a/*', until: '2027-01-15T08:05:00Z' }];
    site.aws.put(accessLiveKey, JSON.stringify({ ...emptyAccessDocument, rules }));
    expect(JSON.parse((await site.send(bearer(site.token()))).body ?? '')).toMatchObject({
      path: '/a/*',
      expiresAt: '2027-01-15T08:05:00.000Z',
    });
  });

  it('writes one audit line that names who, by which rule, to what, until when', async () => {
    await site.send(bearer(site.token()));
    expect(site.lines).toEqual([
      {
        level: 'info',
        event: 'granted',
        site: 'docs',
        stage: 'prod',
        schema: 1,
        time: '2027-01-15T08:00:00.000Z',
        requestId: 'request-1',
        who: { iss: 'https://accounts.google.com', sub: '1001', email: 'alice@example.com', hd: 'example.com' },
        rule: 'config.rules[0]',
        path: '/*',
        key: signingPair.fingerprint,
        signedInAt: '2027-01-15T08:00:00.000Z',
        until: '2027-01-15T09:00:00.000Z',
        sid: expect.stringMatching(/^[A-Za-z0-9_-]{22}$/),
        documents: { config: 'v2', live: 'v3' },
      },
    ]);
  });

  it('names the account that it does not admit, on the wire and in one audit line', async () => {
    const claims = { email: 'Mallory@evil.example', hd: 'evil.example', sub: '666' };
    const answer = await site.send(bearer(site.token(claims)));
    expect({ ...answer, body: JSON.parse(answer.body ?? '') }).toEqual({
      statusCode: 401,
      headers: { ...problemHeaders, 'WWW-Authenticate': 'Bearer error="access_denied"' },
      body: {
        type: 'about:blank',
        title: 'This account has no access',
        status: 401,
        code: 'access_denied',
        requestId: 'request-1',
        account: 'mallory@evil.example',
      },
    });
    expect(site.lines).toEqual([
      {
        level: 'info',
        event: 'denied',
        site: 'docs',
        stage: 'prod',
        schema: 1,
        time: '2027-01-15T08:00:00.000Z',
        requestId: 'request-1',
        action: 'sign-in',
        who: { iss: 'https://accounts.google.com', sub: '666', email: 'mallory@evil.example', hd: 'evil.example' },
        why: 'no-rule',
        documents: { config: 'v2', live: 'v3' },
      },
    ]);
  });

  it('fails a sign-in whose session would be too large, and names the claim in the log', async () => {
    const other = await startTestSite({ overrides: { claimNames: ['groups'] } });
    const answer = await other.send(
      bearer(other.token({ groups: Array.from({ length: 400 }, (_, n) => `group-${n}`) })),
    );
    await other.close();
    expect([answer.statusCode, codeOf(answer), answer.cookies]).toEqual([500, 'server_error', undefined]);
    expect(other.lines).toMatchObject([{ level: 'error', reason: 'session-too-large', claim: 'claims.groups' }]);
  });

  it.each([
    ['the signing key is missing', () => site.aws.faults.set(privateKeyObject(signingPair.fingerprint), 'missing')],
    ['the signing key is forbidden', () => site.aws.faults.set(privateKeyObject(signingPair.fingerprint), 'forbidden')],
    [
      'the signing key is another one',
      () => site.aws.put(privateKeyObject(signingPair.fingerprint), makeSigningPair().pem),
    ],
    ['the signing key is unreadable', () => site.aws.put(privateKeyObject(signingPair.fingerprint), 'no key')],
    ['config.json is missing', () => site.aws.faults.set(accessConfigKey, 'missing')],
    ['live.json is forbidden', () => site.aws.faults.set(accessLiveKey, 'forbidden')],
    [
      'the key set is not to be had',
      () => {
        site.keySet = undefined;
      },
    ],
  ])('is temporarily unavailable while %s, and recovers', async (_name, breakIt) => {
    breakIt();
    const answer = await site.send(bearer(site.token()));
    expect({ ...answer, body: JSON.parse(answer.body ?? '') }).toEqual({
      statusCode: 503,
      headers: { ...problemHeaders, 'Retry-After': '5' },
      body: {
        type: 'about:blank',
        title: 'Temporarily unavailable',
        status: 503,
        code: 'temporarily_unavailable',
        requestId: 'request-1',
      },
    });
    expect(linesOf('refused')).toMatchObject([{ level: 'error', code: 'temporarily_unavailable' }]);
    site.aws.faults.clear();
    site.aws.put(privateKeyObject(signingPair.fingerprint), signingPair.pem);
    site.keySet ??= keySetOf(googleKey);
    // As long as Retry-After says.
    site.clock += 5_000;
    expect((await site.send(bearer(site.token()))).statusCode).toBe(201);
  });
});

describe('the identity pool', () => {
  let pooled: TestSite;
  beforeEach(async () => {
    pooled = await startTestSite({ identityPool: true });
  });
  afterEach(() => pooled.close());

  it('gives the session an identity ID', async () => {
    expect((await pooled.send(bearer(pooled.token()))).statusCode).toBe(201);
    expect(pooled.lines).toMatchObject([{ event: 'granted', identityId: 'eu-west-1:identity-1' }]);
    expect(pooled.aws.identityCalls).toEqual([
      { IdentityPoolId: 'eu-west-1:pool', Logins: { 'accounts.google.com': pooled.token() } },
    ]);
  });

  it.each([
    [1, { identityId: 'eu-west-1:identity-1' }],
    [2, { event: 'identity-pool-unavailable' }],
  ])('is asked once more over a new connection, where %i are dead since a freeze', async (dead, line) => {
    pooled.aws.deadConnections = dead;
    expect((await pooled.send(bearer(pooled.token()))).statusCode).toBe(201);
    expect(pooled.aws.identityCalls).toHaveLength(2);
    expect(pooled.lines[0]).toMatchObject(line);
  });

  it('is made ready, but not asked, before anyone signs in', async () => {
    expect((await pooled.send()).statusCode).toBe(200);
    expect(pooled.aws.identityCalls).toEqual([]);
  });

  it('is not asked about someone who is not admitted', async () => {
    await pooled.send(bearer(pooled.token({ hd: 'evil.example' })));
    expect(pooled.aws.identityCalls).toEqual([]);
  });

  it('refuses a token that Cognito does not accept', async () => {
    pooled.aws.identity = { error: 'NotAuthorizedException' };
    const answer = await pooled.send(bearer(pooled.token()));
    expect([answer.statusCode, codeOf(answer), answer.cookies]).toEqual([401, 'invalid_token', undefined]);
  });

  it.each([
    ['busy', { error: 'TooManyRequestsException' }, 'TooManyRequestsException'],
    ['in conflict', { error: 'ResourceConflictException' }, 'ResourceConflictException'],
    ['down', { error: 'InternalErrorException' }, 'InternalErrorException'],
    ['slow', 'stalled', 'AbortError'],
    ['silent', 'empty', 'no identity ID'],
  ] as const)('does not hold up a sign-in when it is %s', async (_name, identity, cause) => {
    pooled.aws.identity = identity;
    const began = performance.now();
    expect((await pooled.send(bearer(pooled.token()))).statusCode).toBe(201);
    expect(performance.now() - began).toBeLessThan(2000);
    expect(pooled.aws.identityCalls).toHaveLength(1);
    expect(pooled.lines).toMatchObject([
      { level: 'warn', event: 'identity-pool-unavailable', cause },
      { event: 'granted' },
    ]);
    expect(pooled.lines[1]).not.toHaveProperty('identityId');
  });
});

describe('DELETE /auth/session', () => {
  const expired = (name: string): string => `${name}=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0`;
  const signedOut = {
    statusCode: 204,
    headers: { ...securityHeaders, 'Clear-Site-Data': '"cache"' },
    cookies: [
      expired('CloudFront-Policy'),
      expired('CloudFront-Signature'),
      expired('CloudFront-Key-Pair-Id'),
      expired('CloudFront-Hash-Algorithm'),
      expired('__Host-s3nator-session'),
      expiredLogin,
    ],
  };

  it('expires every cookie with the attributes it was set with', async () => {
    const { jar } = await signInByBearer();
    expect(await site.send({ method: 'DELETE', cookies: jar, headers: { origin: `https://${host}` } })).toEqual(
      signedOut,
    );
    expect(linesOf('signed-out')).toMatchObject([{ who: { sub: '1001', email: 'alice@example.com' } }]);
  });

  it('signs out whoever has no session, or one that does not verify', async () => {
    expect(await site.send({ method: 'DELETE', cookies: ['__Host-s3nator-session=x.y'] })).toEqual(signedOut);
  });

  it('refuses a page of another origin: forced sign-out', async () => {
    const answer = await site.send({ method: 'DELETE', headers: { origin: 'https://evil.example' } });
    expect([answer.statusCode, codeOf(answer), answer.cookies]).toEqual([400, 'invalid_request', undefined]);
  });
});

describe('everything else under /auth/', () => {
  it.each(['/auth/', '/auth/session/', '/auth/session/renewal/', '/auth/../auth/session', '/auth/SESSION', '/', ''])(
    'answers 400 at %j, never 403 or 404',
    async (path) => {
      const answer = await site.send({ path });
      expect({ ...answer, body: JSON.parse(answer.body ?? '') }).toEqual({
        statusCode: 400,
        headers: problemHeaders,
        body: {
          type: 'about:blank',
          title: 'The request is not valid',
          status: 400,
          code: 'invalid_request',
          requestId: 'request-1',
          detail: 'the paths are /auth/session, /auth/session/renewal and /auth/access-requests',
        },
      });
    },
  );

  it.each(['PUT', 'PATCH', 'HEAD', 'OPTIONS', 'TRACE', '__proto__', ''])('answers 405 to %j', async (method) => {
    const answer = await site.send({ method });
    expect([answer.statusCode, codeOf(answer), answer.headers['Allow']]).toEqual([
      405,
      'invalid_request',
      'GET, POST, DELETE',
    ]);
  });

  it.each(['GET', 'DELETE', 'PUT', 'HEAD', 'OPTIONS'])('answers 405 to %j of the renewal', async (method) => {
    const answer = await site.send({ method, path: '/auth/session/renewal' });
    expect([answer.statusCode, codeOf(answer), answer.headers['Allow']]).toEqual([405, 'invalid_request', 'POST']);
  });
});

describe('other origins', () => {
  const cors = {
    'Access-Control-Allow-Origin': 'https://app.example.com',
    'Access-Control-Allow-Credentials': 'true',
    Vary: 'Origin',
  };

  it('may read the answer if the config allows them, errors included', async () => {
    const headers = { origin: 'https://app.example.com' };
    expect((await site.send({ headers })).headers).toMatchObject(cors);
    expect((await site.send({ method: 'POST', headers })).headers).toMatchObject(cors);
  });

  it.each([
    ['/auth/session', 'GET, POST, DELETE'],
    ['/auth/session/renewal', 'POST'],
  ])('are told what they may send to %s', async (path, methods) => {
    const headers = { origin: 'https://app.example.com', 'access-control-request-method': 'POST' };
    expect(await site.send({ method: 'OPTIONS', path, headers })).toEqual({
      statusCode: 204,
      headers: {
        ...securityHeaders,
        ...cors,
        'Access-Control-Allow-Methods': methods,
        'Access-Control-Allow-Headers': 'authorization, content-type',
        'Access-Control-Max-Age': '600',
      },
    });
  });

  it.each(['https://evil.example', 'https://app.example.com.evil.example', 'https://APP.example.com', 'null'])(
    'get no permission if they are %s',
    async (origin) => {
      for (const method of ['GET', 'OPTIONS']) {
        const { headers } = await site.send({ method, headers: { origin } });
        expect(Object.keys(headers).filter((name) => /^(access-control|vary)/i.test(name))).toEqual([]);
      }
    },
  );
});

describe('a fault of our own', () => {
  it('is a problem document with the request ID, and says nothing else', async () => {
    const other = await startTestSite({
      overrides: { signingKey: () => Promise.reject(new Error('secret-thing')) },
    });
    const answer = await other.send(bearer(other.token()));
    await other.close();
    expect({ ...answer, body: JSON.parse(answer.body ?? '') }).toEqual({
      statusCode: 500,
      headers: problemHeaders,
      body: {
        type: 'about:blank',
        title: 'Something went wrong here',
        status: 500,
        code: 'server_error',
        requestId: 'request-1',
      },
    });
    expect(other.lines).toMatchObject([{ level: 'error', reason: 'unexpected', error: 'Error' }]);
    expect(JSON.stringify(other.lines)).not.toContain('secret-thing');
  });

  it.each([400, 404, 415, 500])('is one although what was thrown says %i', async (statusCode) => {
    const other = await startTestSite({
      overrides: { signingKey: () => Promise.reject(Object.assign(new Error('x'), { statusCode })) },
    });
    const answer = await other.send(bearer(other.token()));
    await other.close();
    expect([answer.statusCode, codeOf(answer)]).toEqual([500, 'server_error']);
  });

  it('is answered even when the log cannot be written', async () => {
    const other = await startTestSite({
      overrides: {
        log: () => {
          throw new Error('stdout is closed');
        },
      },
    });
    const answer = await other.send(bearer('x'));
    await other.close();
    expect([answer.statusCode, codeOf(answer)]).toEqual([500, 'server_error']);
  });

  it.each([undefined, null, {}, { version: '2.0' }, { version: '1.0', httpMethod: 'GET', path: '/auth/session' }])(
    'does not throw at an event that is none: %j',
    async (event) => {
      const answer = await site.handler(event as unknown as GatewayEvent, {});
      expect(answer.headers['Content-Type']).toBe('application/problem+json');
      expect(JSON.parse(answer.body ?? '')).toMatchObject({ requestId: 'unknown' });
    },
  );

  it('has up to a quarter of a second less than Lambda gives', async () => {
    const limits: unknown[] = [];
    const spy = vi.spyOn(timers, 'setTimeout').mockImplementation(((_done: () => void, ms: number) => {
      limits.push(ms);
    }) as never);
    syncBuiltinESMExports();
    try {
      await site.handler(makeEvent({ method: 'DELETE' }), { getRemainingTimeInMillis: () => 2_000 });
    } finally {
      spy.mockRestore();
      syncBuiltinESMExports();
    }
    expect(limits).toEqual([1_750]);
  });

  it('gives up before Lambda does', async () => {
    const other = await startTestSite({ overrides: { accessDocuments: { current: () => new Promise(() => {}) } } });
    const event: GatewayEvent = {
      version: '2.0',
      headers: { authorization: `Bearer ${other.token()}` },
      requestContext: { requestId: 'request-1', http: { method: 'POST', path: '/auth/session' } },
    };
    const answer = await other.handler(event, { getRemainingTimeInMillis: () => 300 });
    await other.close();
    expect([answer.statusCode, codeOf(answer)]).toEqual([503, 'temporarily_unavailable']);
  });
});

describe('the policy', () => {
  it('holds one statement without whitespace and whole seconds', () => {
    expect(policyStatement({ host: 'h.example', path: '/a/*', expiresAt: 12.9 })).toBe(
      '{"Statement":[{"Resource":"https://h.example/a/*","Condition":{"DateLessThan":{"AWS:EpochTime":12}}}]}',
    );
  });
});
