import { createPublicKey, verify } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { emptyAccessDocument } from '../contract/access-rules.ts';
import { accessConfigKey, accessLiveKey, privateKeyObject } from '../contract/layout.ts';
import {
  beginSignIn,
  expiredLogin,
  linesOf,
  problemHeaders,
  securityHeaders,
  signedInBody,
  signInByBearer,
} from './testing/session-answers.ts';
import { keySetOf } from './testing/stub-google.ts';
import {
  bearer,
  codeOf,
  cookiesOf,
  form,
  googleKey,
  host,
  json,
  makeSigningPair,
  signingPair,
  site,
  startSeconds,
  startTestSite,
  useTestSite,
} from './testing/test-site.ts';

useTestSite();

const fromCloudFrontBase64 = (value = ''): Buffer =>
  Buffer.from(value.replaceAll('-', '+').replaceAll('_', '=').replaceAll('~', '/'), 'base64');

describe('POST /auth/session', () => {
  it('signs in by Bearer', async () => {
    const { answer } = await signInByBearer(site);
    const cookies = cookiesOf(answer);
    const attributes = 'Path=/; Secure; HttpOnly; SameSite=Lax';
    const end = `{"DateLessThan":{"AWS:EpochTime":${startSeconds + 3600}}}`;
    const policy = `{"Statement":[{"Resource":"https://${host}/*","Condition":${end}}]}`;
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
    const { cookie, nonce } = await beginSignIn(site);
    const answer = await site.send(
      json({ idToken: site.token({ nonce }) }, { cookies: [cookie], headers: { origin: `https://${host}` } }),
    );
    expect(answer.statusCode).toBe(201);
  });

  it('reads a body in base64', async () => {
    const { cookie, nonce } = await beginSignIn(site);
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
    const { cookie, nonce } = await beginSignIn(site);
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

  it.each([
    'select_by=btn',
    'clientId=x&client_id=y',
    'select_by=btn&select_by=user',
    'new%5Bfield%5D=',
    '__proto__=x',
  ])("ignores the form post's other fields, which Google may change: %s", async (others) => {
    const { cookie, nonce } = await beginSignIn(site);
    const fields = new URLSearchParams({ credential: site.token({ nonce }), g_csrf_token: 'c', state: '/docs/' });
    for (const body of [`${others}&${fields}`, `${fields}&${others}`]) {
      const answer = await site.send(form(body, [cookie, 'g_csrf_token=c']));
      expect([answer.statusCode, answer.headers['Location']]).toEqual([303, '/docs/']);
    }
  });

  it('keeps the way back of a form post that is refused, where the address has room for it', async () => {
    const { cookie } = await beginSignIn(site);
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

  it('does not treat an empty POST as a form, although API Gateway marks it as one', async () => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    for (const body of [undefined, '']) {
      const answer = await site.send({ method: 'POST', headers, ...(body !== undefined && { body }) });
      expect([answer.statusCode, codeOf(answer)]).toEqual([422, 'invalid_request']);
    }
  });

  it('treats an empty text as no body: Bearer signs in, and JSON lacks the ID token', async () => {
    expect((await site.send({ ...bearer(site.token()), body: '' })).statusCode).toBe(201);
    const answer = await site.send(json(''));
    expect(JSON.parse(answer.body ?? '')).toMatchObject({ status: 422, detail: expect.stringContaining('idToken') });
  });

  it('accepts the form post from a page that hides its origin', async () => {
    const { cookie, nonce } = await beginSignIn(site);
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
      'the signing key is a different one',
      () => site.aws.put(privateKeyObject(signingPair.fingerprint), makeSigningPair().pem),
    ],
    ['the signing key is unreadable', () => site.aws.put(privateKeyObject(signingPair.fingerprint), 'no key')],
    ['config.json is missing', () => site.aws.faults.set(accessConfigKey, 'missing')],
    ['live.json is forbidden', () => site.aws.faults.set(accessLiveKey, 'forbidden')],
    [
      'the key set cannot be fetched',
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
    expect(linesOf(site, 'refused')).toMatchObject([{ level: 'error', code: 'temporarily_unavailable' }]);
    site.aws.faults.clear();
    site.aws.put(privateKeyObject(signingPair.fingerprint), signingPair.pem);
    site.keySet ??= keySetOf(googleKey);
    // As long as Retry-After says.
    site.clock += 5_000;
    expect((await site.send(bearer(site.token()))).statusCode).toBe(201);
  });
});
