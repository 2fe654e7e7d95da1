import { verify } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { emptyAccessDocument } from '../../contract/access-rules.ts';
import { accessConfigKey, accessLiveKey, privateKeyObject } from '../../contract/layout.ts';
import { decodeSession, parseTrustedKeys, type SessionStatement } from '../issue/session-statement.ts';
import type { GatewayAnswer } from '../receive/gateway.ts';
import type { Claims } from '../testing/stub-google.ts';
import {
  bearer,
  codeOf,
  cookiesOf,
  host,
  makeSigningPair,
  type RequestOptions,
  signingPair,
  startSeconds,
  startTestSite,
  type TestSite,
} from '../testing/test-site.ts';

let site: TestSite;
beforeEach(async () => {
  site = await startTestSite();
});
afterEach(() => site.close());

const hour = 3_600;
const path = '/auth/session/renewal';

/** Cookies that a browser keeps of that answer. */
const jarOf = (answer: GatewayAnswer): string[] =>
  Object.entries(cookiesOf(answer)).flatMap(([name, { value }]) => (value ? [`${name}=${value}`] : []));

async function signIn(claims: Claims = {}, at = site): Promise<string[]> {
  const answer = await at.send(bearer(at.token(claims)));
  expect(answer.statusCode).toBe(201);
  return jarOf(answer);
}

const renew = (cookies: readonly string[], headers: Record<string, string> = {}, at = site): Promise<GatewayAnswer> =>
  at.send({ method: 'POST', path, cookies, headers } satisfies RequestOptions);

const bodyOf = (answer: GatewayAnswer): Record<string, unknown> => JSON.parse(answer.body ?? '');
const wait = (seconds: number): void => {
  site.clock += seconds * 1000;
};
const putRules = (...rules: readonly object[]): void => {
  site.aws.put(accessConfigKey, JSON.stringify({ ...emptyAccessDocument, rules }));
};
const putLive = (live: object): void => {
  site.aws.put(accessLiveKey, JSON.stringify({ ...emptyAccessDocument, ...live }));
};
const linesOf = (event: string): Record<string, unknown>[] => site.lines.filter((line) => line['event'] === event);
const trustedKeys = parseTrustedKeys({ [signingPair.fingerprint]: signingPair.spki });

function statementOf(jar: readonly string[], keys = trustedKeys): SessionStatement | undefined {
  const value = jar.find((cookie) => cookie.startsWith('__Host-s3nator-session='))?.replace(/^[^=]+=/, '') ?? '';
  return decodeSession(value, keys, `https://${host}`);
}

const policyOf = (answer: GatewayAnswer): unknown => {
  const value = cookiesOf(answer)['CloudFront-Policy']?.value ?? '';
  return JSON.parse(
    Buffer.from(value.replaceAll('-', '+').replaceAll('_', '=').replaceAll('~', '/'), 'base64').toString(),
  );
};
const policyFor = (resource: string, until: number) => ({
  Statement: [{ Resource: resource, Condition: { DateLessThan: { 'AWS:EpochTime': until } } }],
});

const endedCookies = [
  'CloudFront-Policy',
  'CloudFront-Signature',
  'CloudFront-Key-Pair-Id',
  'CloudFront-Hash-Algorithm',
  '__Host-s3nator-session',
].map((name) => `${name}=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0`);

describe('POST /auth/session/renewal', () => {
  it('answers as a sign-in does, with new cookies for the same session', async () => {
    const jar = await signIn();
    wait(3_000);
    const answer = await renew(jar, { origin: `https://${host}` });
    expect([answer.statusCode, bodyOf(answer)]).toEqual([
      200,
      {
        status: 'signed-in',
        user: { email: 'alice@example.com', hostedDomain: 'example.com' },
        path: '/*',
        expiresAt: '2027-01-15T09:50:00.000Z',
        renewableUntil: '2027-01-16T08:00:00.000Z',
        cookieSeconds: 3600,
        returnOrigins: ['https://app.example.com'],
        hosts: [host, 'd111.cloudfront.net'],
        now: '2027-01-15T08:50:00.000Z',
      },
    ]);
    expect(Object.keys(cookiesOf(answer))).toEqual([
      'CloudFront-Policy',
      'CloudFront-Signature',
      'CloudFront-Key-Pair-Id',
      'CloudFront-Hash-Algorithm',
      '__Host-s3nator-session',
    ]);
    expect(policyOf(answer)).toEqual(policyFor(`https://${host}/*`, startSeconds + 3_000 + hour));
    expect(statementOf(jarOf(answer))).toStrictEqual({
      aud: `https://${host}`,
      kid: signingPair.fingerprint,
      sid: statementOf(jar)?.sid,
      iss: 'https://accounts.google.com',
      sub: '1001',
      email: 'alice@example.com',
      addressState: 'verified',
      hd: 'example.com',
      signedInAt: startSeconds,
      path: '/*',
      expiresAt: startSeconds + 3_000 + hour,
    });
  });

  it('renews a session whose cookies have ended', async () => {
    const jar = await signIn();
    wait(10 * hour);
    expect(bodyOf(await renew(jar))).toMatchObject({ status: 'signed-in', expiresAt: '2027-01-15T19:00:00.000Z' });
  });

  it('that is repeated within a minute gives the same policy and the same statement', async () => {
    const jar = await signIn();
    wait(3_000);
    const first = await renew(jar);
    wait(59);
    // With the cookies of before, as after an answer that was lost, and with those of the first renewal.
    for (const cookies of [jar, jarOf(first)]) {
      const again = await renew(cookies);
      expect(again.statusCode).toBe(200);
      expect(policyOf(again)).toEqual(policyOf(first));
      expect(statementOf(jarOf(again))).toEqual(statementOf(jarOf(first)));
      expect(bodyOf(again)).toEqual({ ...bodyOf(first), now: '2027-01-15T08:50:59.000Z' });
    }
    wait(1);
    expect(policyOf(await renew(jar))).toEqual(policyFor(`https://${host}/*`, startSeconds + 3_060 + hour));
  });

  it('counts its minutes from the sign-in, not from full minutes of the clock', async () => {
    wait(37);
    const jar = await signIn();
    const until = startSeconds + 37 + hour;
    wait(59);
    expect(policyOf(await renew(jar))).toEqual(policyFor(`https://${host}/*`, until));
    wait(1);
    expect(policyOf(await renew(jar))).toEqual(policyFor(`https://${host}/*`, until + 60));
    wait(120);
    expect(policyOf(await renew(jar))).toEqual(policyFor(`https://${host}/*`, until + 180));
  });

  it('of cookies that live for 20 seconds gives the same session for 2 seconds, and then later ones', async () => {
    await site.close();
    site = await startTestSite({ overrides: { cookieSeconds: 20 } });
    const jar = await signIn();
    wait(11);
    expect(policyOf(await renew(jar))).toEqual(policyFor(`https://${host}/*`, startSeconds + 30));
    wait(1);
    expect(policyOf(await renew(jar))).toEqual(policyFor(`https://${host}/*`, startSeconds + 32));
  });

  it("right after the sign-in does not shorten the sign-in's cookies", async () => {
    const jar = await signIn();
    wait(45);
    const answer = await renew(jar);
    expect(statementOf(jarOf(answer))).toEqual(statementOf(jar));
  });

  it('that is repeated within a minute is still decided again', async () => {
    const jar = await signIn();
    // The rules are read now, and again after a minute, which ends within a step of the renewals.
    wait(3_050);
    expect((await renew(jar)).statusCode).toBe(200);
    wait(11);
    const first = await renew(jar);
    putLive({ blocked: ['alice@example.com'] });
    wait(50);
    expect(codeOf(await renew(jar))).toBe('access_denied');
    expect(policyOf(first)).toEqual(policyFor(`https://${host}/*`, startSeconds + 3_060 + hour));
  });

  it('never moves the time of the sign-in, so the end of the session stays the same', async () => {
    let jar = await signIn();
    for (let renewals = 0; renewals < 47; renewals++) {
      wait(hour / 2);
      const answer = await renew(jar);
      expect(answer.statusCode).toBe(200);
      jar = jarOf(answer);
      expect(statementOf(jar)?.signedInAt).toBe(startSeconds);
    }
    // The last cookies end with the session.
    expect(statementOf(jar)?.expiresAt).toBe(startSeconds + 86_400);
    wait(hour / 2);
    expect([codeOf(await renew(jar)), site.clock / 1000]).toEqual(['session_expired', startSeconds + 86_400]);
  });

  it('decides again, and follows a new path and end', async () => {
    const jar = await signIn();
    wait(61);
    putRules({ who: { emails: ['alice@example.com'] }, path: '/docs/*', until: '2027-01-15T08:30:00Z' });
    const answer = await renew(jar);
    expect(bodyOf(answer)).toMatchObject({ path: '/docs/*', expiresAt: '2027-01-15T08:30:00.000Z' });
    expect(policyOf(answer)).toEqual(policyFor(`https://${host}/docs/*`, startSeconds + 1_800));
  });

  it.each<[string, Claims, object, boolean]>([
    ['by domain', {}, { hostedDomains: ['example.com'] }, true],
    ['by address', {}, { emails: ['alice@example.com'] }, true],
    ['by subject', {}, { subjects: [{ issuer: 'https://accounts.google.com', subject: '1001' }] }, true],
    ['by anyone', {}, { anyone: true }, true],
    ['by another address', {}, { emails: ['bob@example.com'] }, false],
    ['as a service account', {}, { serviceAccounts: ['alice@example.com'] }, false],
    ['by a claim that was not kept', {}, { claims: { department: ['sales'] } }, false],
    ['by a managed address', { email: 'alice@gmail.com', hd: undefined }, { emails: ['alice@gmail.com'] }, true],
    [
      'by an address elsewhere',
      { email: 'alice@mail.example', hd: undefined },
      { emails: ['alice@mail.example'] },
      false,
    ],
  ])('knows the person as the sign-in did: %s', async (_name, claims, who, admitted) => {
    putRules({ who: { anyone: true } });
    const jar = await signIn({ ...claims, department: 'sales' });
    wait(61);
    putRules({ who });
    expect((await renew(jar)).statusCode).toBe(admitted ? 200 : 401);
  });

  it.each([
    ['not verified', { email_verified: false }],
    ['malformed', { email: 'al@ice@example.com' }],
  ])('trusts an address that is %s no more than the sign-in did', async (_name, claims) => {
    const subjects = [{ issuer: 'https://accounts.google.com', subject: '1001' }];
    putRules({ who: { subjects } });
    const jar = await signIn(claims);
    wait(61);
    putRules({ who: { hostedDomains: ['example.com'], anyone: true } });
    expect(codeOf(await renew(jar))).toBe('access_denied');
  });

  it('applies rules on claims that the session keeps, until the config stops naming them', async () => {
    const keeping = await startTestSite({ overrides: { claimNames: ['department'] } });
    const forgetful = await startTestSite();
    const rules = [{ who: { claims: { department: ['sales'] } } }];
    for (const one of [keeping, forgetful]) {
      one.aws.put(accessConfigKey, JSON.stringify({ ...emptyAccessDocument, rules }));
    }
    const jar = await signIn({ department: 'sales' }, keeping);
    const answers = [await renew(jar, {}, keeping), await renew(jar, {}, forgetful)];
    await Promise.all([keeping.close(), forgetful.close()]);
    expect(answers.map((answer) => answer.statusCode)).toEqual([200, 401]);
    expect(statementOf(jarOf(answers[0] as GatewayAnswer))?.claims).toEqual({ department: 'sales' });
  });

  it('asks neither Google nor the identity pool, and keeps the identity ID', async () => {
    const pooled = await startTestSite({ identityPool: true });
    const jar = await signIn({}, pooled);
    const calls = pooled.aws.identityCalls.length;
    const fetches = pooled.keySetFetches;
    pooled.keySet = undefined;
    pooled.aws.identity = 'stalled';
    pooled.clock += hour * 2 * 1000;
    const lapsed = await pooled.send({ cookies: jar });
    const answer = await renew(jar, {}, pooled);
    await pooled.close();
    expect([lapsed.statusCode, bodyOf(lapsed)['status'], answer.statusCode]).toEqual([200, 'lapsed', 200]);
    expect([pooled.aws.identityCalls.length, pooled.keySetFetches]).toEqual([calls, fetches]);
    expect(statementOf(jarOf(answer))?.identityId).toBe('eu-west-1:identity-1');
  });

  it('moves the session to the current signing key', async () => {
    const next = makeSigningPair();
    const both = parseTrustedKeys({
      [signingPair.fingerprint]: signingPair.spki,
      [next.fingerprint]: next.spki,
    });
    const jar = await signIn();
    const rotated = await startTestSite({
      pair: next,
      overrides: { session: { hosts: [host, 'd111.cloudfront.net'], trustedKeys: both, maximumSeconds: 86_400 } },
    });
    const answer = await renew(jar, {}, rotated);
    await rotated.close();
    const moved = jarOf(answer);
    expect([statementOf(moved), statementOf(moved, both)?.kid]).toEqual([undefined, next.fingerprint]);
    const { 'CloudFront-Policy': policy, 'CloudFront-Signature': signature } = cookiesOf(answer);
    const bytes = (value = ''): Buffer =>
      Buffer.from(value.replaceAll('-', '+').replaceAll('_', '=').replaceAll('~', '/'), 'base64');
    expect(verify('sha256', bytes(policy?.value), next.publicKey, bytes(signature?.value))).toBe(true);
  });

  it('lets the cookies outlive the browser for the rest of the session, if the config says so', async () => {
    const persistent = await startTestSite({ overrides: { persistent: true } });
    const jar = await signIn({}, persistent);
    persistent.clock += 23.5 * hour * 1000;
    const answer = await renew(jar, {}, persistent);
    await persistent.close();
    const ages = Object.values(cookiesOf(answer)).map(({ attributes }) => /Max-Age=(\d+)/.exec(attributes)?.[1]);
    expect(ages).toEqual(['1800', '1800', '1800', '1800', '1800']);
  });

  it('keeps persistent cookies no longer than their policy, even if it is a moment old', async () => {
    const persistent = await startTestSite({ overrides: { persistent: true } });
    const jar = await signIn({}, persistent);
    persistent.clock += 630_000;
    const answer = await renew(jar, {}, persistent);
    await persistent.close();
    expect(policyOf(answer)).toEqual(policyFor(`https://${host}/*`, startSeconds + 600 + hour));
    const ages = Object.values(cookiesOf(answer)).map(({ attributes }) => /Max-Age=(\d+)/.exec(attributes)?.[1]);
    expect(ages).toEqual(['3570', '3570', '3570', '3570', '85770']);
  });

  it('follows a maximum that was shortened', async () => {
    const jar = await signIn();
    const shortened = await startTestSite({ maximumSeconds: 600 });
    shortened.clock += 600_000;
    const answer = await renew(jar, {}, shortened);
    await shortened.close();
    expect(codeOf(answer)).toBe('session_expired');
  });

  it('leaves one audit line', async () => {
    const jar = await signIn();
    wait(hour);
    await renew(jar);
    const [granted] = linesOf('granted');
    expect(linesOf('renewed')).toMatchObject([
      {
        level: 'info',
        requestId: 'request-1',
        who: { iss: 'https://accounts.google.com', sub: '1001', email: 'alice@example.com', hd: 'example.com' },
        sid: granted?.['sid'],
        rule: 'config.rules[0]',
        path: '/*',
        key: signingPair.fingerprint,
        signedInAt: '2027-01-15T08:00:00.000Z',
        until: '2027-01-15T10:00:00.000Z',
        documents: { config: 'v2', live: 'v3' },
      },
    ]);
    expect(Object.keys(linesOf('renewed')[0] ?? {})).toEqual(
      Object.keys(granted ?? {}).map((name) => (name === 'Granted' ? 'Renewed' : name)),
    );
  });
});

describe('a renewal that is refused', () => {
  const expired = async (answer: GatewayAnswer, cookies: readonly string[] | undefined, reason: string) => {
    expect([answer.statusCode, codeOf(answer), answer.headers['WWW-Authenticate'], answer.cookies]).toEqual([
      401,
      'session_expired',
      'Bearer error="session_expired"',
      cookies,
    ]);
    expect(linesOf('refused')).toMatchObject([{ reason }]);
    expect(linesOf('renewed')).toEqual([]);
  };

  it('without a session, and changes no cookie', async () => {
    await expired(await renew([]), undefined, 'session-missing');
  });

  it('with only the cookies of CloudFront', async () => {
    const jar = await signIn();
    await expired(await renew(jar.filter((cookie) => cookie.startsWith('CloudFront-'))), undefined, 'session-missing');
  });

  it("with another site's session", async () => {
    const elsewhere = await startTestSite({
      overrides: { session: { hosts: ['other.example.com'], trustedKeys, maximumSeconds: 86_400 } },
    });
    const jar = await signIn({}, elsewhere);
    await elsewhere.close();
    await expired(await renew(jar), undefined, 'session-missing');
  });

  it('with a session of a provider that the site no longer has: and ends the cookies', async () => {
    const jar = await signIn();
    const without = await startTestSite({ overrides: { issuers: new Map() } });
    const answer = await renew(jar, {}, without);
    await without.close();
    expect([answer.statusCode, codeOf(answer), answer.cookies]).toEqual([401, 'session_expired', endedCookies]);
    const { sid } = statementOf(jar) ?? {};
    expect(without.lines).toMatchObject([{ event: 'refused', reason: 'session-of-no-provider', sid }]);
  });

  it('with a session whose key is no longer trusted', async () => {
    const jar = await signIn();
    const rotated = await startTestSite({ pair: makeSigningPair() });
    const answer = await renew(jar, {}, rotated);
    await rotated.close();
    expect([codeOf(answer), answer.cookies]).toEqual(['session_expired', undefined]);
  });

  it.each([
    ['twice', (session: string) => [session, session]],
    ['with another signature', (session: string) => [`${session.slice(0, -8)}AAAAAAAA`]],
    ['with other words', (session: string) => [session.replace('=', '=x')]],
    ['with nothing in it', () => ['__Host-s3nator-session=']],
    ['as a policy', () => ['__Host-s3nator-session=eyJTdGF0ZW1lbnQiOltdfQ.AAAA']],
  ])('with a session cookie that comes %s', async (_name, change) => {
    const jar = await signIn();
    const session = jar.find((cookie) => cookie.startsWith('__Host-s3nator-session')) ?? '';
    await expired(await renew(change(session)), undefined, 'session-missing');
  });

  it('after the maximum: and ends the cookies', async () => {
    const jar = await signIn();
    wait(86_399);
    expect((await renew(jar)).statusCode).toBe(200);
    site.lines.length = 0;
    wait(1);
    await expired(await renew(jar), endedCookies, 'session-over');
  });

  it.each<[string, object, boolean]>([
    ['everyone', { everyone: '2027-01-15T08:30:00Z' }, true],
    ['this person', { people: [{ who: 'alice@example.com', before: '2027-01-15T08:30:00Z' }] }, true],
    ['another person', { people: [{ who: 'bob@example.com', before: '2027-01-15T08:30:00Z' }] }, false],
    ['everyone, before it began', { everyone: '2027-01-15T08:00:00Z' }, false],
  ])('when an operator signed out %s: and ends the cookies', async (_name, signedOutBefore, isOut) => {
    const jar = await signIn();
    wait(1_860);
    putLive({ signedOutBefore });
    const answer = await renew(jar);
    expect([answer.statusCode, codeOf(answer), answer.cookies]).toEqual(
      isOut ? [401, 'session_expired', endedCookies] : [200, undefined, expect.anything()],
    );
    expect(linesOf('denied').map(({ why, action }) => [why, action])).toEqual(
      isOut ? [['signed-out-by-operator', 'renewal']] : [],
    );
    expect(linesOf('refused')).toEqual([]);
    // Signing in again is all it takes.
    expect(statementOf(await signIn({ iat: site.clock / 1000 - 5, exp: site.clock / 1000 + 60 }))?.signedInAt).toBe(
      startSeconds + 1_860,
    );
  });

  it.each<[string, () => void, string]>([
    ['was removed from the rules', () => putRules({ who: { emails: ['bob@example.com'] } }), 'no-rule'],
    ['was blocked', () => putLive({ blocked: ['alice@example.com'] }), 'blocked'],
    [
      'was blocked and signed out',
      () => putLive({ blocked: ['alice@example.com'], signedOutBefore: { everyone: '2027-01-16T00:00:00Z' } }),
      'blocked',
    ],
    [
      'is named by a rule that has ended',
      () => putRules({ who: { hostedDomains: ['example.com'] }, until: '2027-01-15T08:01:01Z' }),
      'no-rule',
    ],
  ])('for someone who %s: names the account, and ends the cookies', async (_name, change, why) => {
    const jar = await signIn();
    wait(61);
    change();
    const answer = await renew(jar);
    expect([answer.statusCode, bodyOf(answer)['code'], bodyOf(answer)['account'], answer.cookies]).toEqual([
      401,
      'access_denied',
      'alice@example.com',
      endedCookies,
    ]);
    expect(linesOf('denied')).toMatchObject([
      { action: 'renewal', why, sid: linesOf('granted')[0]?.['sid'], who: { email: 'alice@example.com' } },
    ]);
    expect(linesOf('refused')).toEqual([]);
  });

  it('does not offer to ask for access, and looks the same to a blocked person', async () => {
    await site.close();
    site = await startTestSite({ accessRequests: { policy: { mayAsk: 'anyone', maximumOpen: 3 } } });
    const jar = await signIn();
    wait(61);
    putRules({ who: { emails: ['bob@example.com'] } });
    const removed = await renew(jar);
    expect(bodyOf(removed)).not.toHaveProperty('mayAsk');
    wait(61);
    putRules({ who: { hostedDomains: ['example.com'] } });
    putLive({ blocked: ['alice@example.com'] });
    expect(await renew(jar)).toEqual(removed);
    expect(linesOf('denied').map(({ why }) => why)).toEqual(['no-rule', 'blocked']);
  });

  it.each([
    ['the documents', () => site.aws.faults.set(accessLiveKey, 'forbidden')],
    ['the signing key', () => site.aws.faults.set(privateKeyObject(signingPair.fingerprint), 'failing')],
  ])('while %s cannot be read: for now, and the cookies stay', async (_name, breakIt) => {
    const [session = ''] = (await signIn()).filter((cookie) => cookie.startsWith('__Host-'));
    const cold = site;
    site = await startTestSite();
    breakIt();
    const answer = await renew([session]);
    site.aws.faults.clear();
    const healed = await renew([session]);
    await cold.close();
    expect([
      answer.statusCode,
      codeOf(answer),
      answer.headers['Retry-After'],
      answer.cookies,
      healed.statusCode,
    ]).toEqual([503, 'temporarily_unavailable', '5', undefined, 200]);
  });

  it.each(['https://evil.example', 'https://docs.example.com.evil.example', 'null', 'https://accounts.google.com'])(
    'from a page of %s',
    async (origin) => {
      const jar = await signIn();
      const headers = { origin, 'content-type': 'application/x-www-form-urlencoded' };
      const answer = await site.send({ method: 'POST', path, cookies: jar, headers, body: 'credential=x' });
      expect([answer.statusCode, codeOf(answer), answer.cookies]).toEqual([400, 'invalid_request', undefined]);
    },
  );

  it('with a body that is too large', async () => {
    const jar = await signIn();
    const answer = await site.send({ method: 'POST', path, cookies: jar, body: 'x'.repeat(20_000) });
    expect([answer.statusCode, answer.cookies]).toEqual([413, undefined]);
  });
});
