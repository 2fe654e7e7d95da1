import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type AccessDocument,
  type AccessRule,
  emptyAccessDocument,
  parseAccessDocument,
} from '../contract/access-rules.ts';
import { compileAccessRules } from './decide/access-decision.ts';
import { type Identity, identify } from './decide/identity.ts';
import { readCookies } from './receive/cookie-jar.ts';
import { google, host, startTestSite, type TestSite } from './testing/test-site.ts';
import type { TrustedIssuer } from './verify/trusted-issuers.ts';

describe('readCookies', () => {
  it('gives a value only to a name that comes once with a value of RFC 6265, however the header is cut', () => {
    const name = fc.constantFrom('a', 'b', '__Host-s', 'A', '__proto__');
    const pair = fc.tuple(name, fc.string({ unit: fc.constantFrom('x', 'y', '=', '"', '%') }));
    fc.assert(
      fc.property(
        fc.array(pair, { maxLength: 8 }),
        fc.array(fc.boolean(), { minLength: 8, maxLength: 8 }),
        (pairs, cuts) => {
          const entries: string[] = [];
          for (const [at, [key, value]] of pairs.entries()) {
            const text = `${key}=${value}`;
            const last = entries.pop();
            if (last === undefined) entries.push(text);
            else if (cuts[at]) entries.push(last, text);
            else entries.push(`${last}; ${text}`);
          }
          const once = pairs.filter(([key]) => pairs.filter(([other]) => other === key).length === 1);
          const expected = once.filter(([, value]) => !value.includes('"'));
          expect([...readCookies(entries)].sort()).toEqual(expected.sort());
        },
      ),
    );
  });
});

describe('the body of a sign-in', () => {
  let site: TestSite;
  beforeAll(async () => {
    site = await startTestSite();
  });
  afterAll(() => site.close());

  /** What the design says of a JSON body, read naively. */
  function expectedReason(text: string): string {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      return 'body-malformed';
    }
    if (/"__proto__"/.test(JSON.stringify(value))) return 'body-malformed';
    if (value === '') return 'id-token-missing';
    if (typeof value === 'string') return 'content-type-unsupported';
    const fields = typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : [];
    const [field, ...more] = fields;
    const isToken = field?.[0] === 'idToken' && typeof field[1] === 'string' && field[1] !== '';
    return isToken && more.length === 0 ? 'id-token-malformed' : 'id-token-missing';
  }

  it('is an object with one text, idToken, or is refused with the right reason', async () => {
    const value = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null), fc.array(fc.string()));
    const fields = fc.dictionary(fc.constantFrom('idToken', 'credential', '__proto__', 'toString', 'length'), value);
    const texts = fc.oneof(
      fc.json(),
      fc.json().map((text) => text.slice(1)),
      fields.map((one) => JSON.stringify(one)),
      fc.string({ minLength: 1 }).map((idToken) => JSON.stringify({ idToken })),
      fc.string({ minLength: 1 }),
    );
    await fc.assert(
      fc.asyncProperty(texts, async (body) => {
        fc.pre(body !== '');
        site.lines.length = 0;
        const headers = { 'content-type': 'application/json', origin: `https://${host}` };
        await site.send({ method: 'POST', headers, body });
        expect([body, site.lines[0]?.['reason']]).toEqual([body, expectedReason(body)]);
      }),
    );
  });
});

describe('the decision', () => {
  const emails = ['alice@example.com', 'bob@gmail.com', 'eve@evil.example', 'bot@p.iam.gserviceaccount.com'];
  const domains = ['example.com', 'evil.example'];
  const issuer = 'https://accounts.google.com';
  const now = 1_800_000_000;
  const other = { algorithm: 'RS256' as const, audiences: [], keySet: google.keySet, identityLogin: null };
  const pool: TrustedIssuer = {
    ...other,
    kind: 'cognitoUserPool',
    issuer: 'https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbC123',
    trustedDomains: new Map([
      ['Okta', new Set(['example.com'])],
      ['Cognito', new Set(['evil.example'])],
    ]),
    isDefault: false,
  };
  const machine: TrustedIssuer = {
    ...other,
    kind: 'oidc',
    issuer: 'https://ci.example',
    trustedDomains: new Map([['https://ci.example', new Set(['evil.example'])]]),
    isDefault: false,
  };

  const okta = { providerName: 'Okta', providerType: 'SAML', userId: '1', primary: 'true' };
  const some = <T>(values: readonly T[]) =>
    fc.option(fc.uniqueArray(fc.constantFrom(...values), { maxLength: 2 }), { nil: undefined });
  const rule = fc
    .record({
      who: fc.record({
        hostedDomains: some(domains),
        emails: some(emails),
        subjects: some([
          { issuer, subject: '1' },
          { issuer, subject: '2' },
          { issuer: pool.issuer, subject: '1' },
        ]),
        serviceAccounts: some(emails),
        claims: fc.option(
          fc.record({ groups: fc.uniqueArray(fc.constantFrom('staff', 'guests', 1, true), { maxLength: 2 }) }),
          { nil: undefined },
        ),
        anyone: fc.option(fc.constant(true as const), { nil: undefined }),
        trustUnmanaged: fc.option(fc.constant(true as const), { nil: undefined }),
        issuer: fc.option(fc.constantFrom('google', 'cognitoUserPool', issuer, pool.issuer, machine.issuer), {
          nil: undefined,
        }),
      }),
      path: fc.constantFrom('/*', '/docs/*', '/a'),
      until: fc.constantFrom(undefined, '2020-01-01T00:00:00Z', '2099-01-01T00:00:00Z', '2027-01-15T08:00:00Z'),
    })
    .map((one) => JSON.parse(JSON.stringify(one)) as AccessRule)
    .filter(({ who }) => Object.keys(who).some((field) => field !== 'trustUnmanaged' && field !== 'issuer'));
  const document = fc.record({
    version: fc.constant(1 as const),
    blocked: fc.uniqueArray(fc.constantFrom(...emails, { issuer, subject: '2' }), { maxLength: 1 }),
    rules: fc.array(rule, { maxLength: 4 }),
  });
  const identity = fc
    .record({
      sub: fc.constantFrom('1', '2', '3'),
      email: fc.constantFrom(undefined, 'a@b@c', 'Alice@Example.com', ...emails),
      email_verified: fc.constantFrom(true, true, true, false, 'true', undefined),
      hd: fc.constantFrom(undefined, 'Example.com', ...domains, 7),
      groups: fc.constantFrom(undefined, 'staff', 'guests', 1, true, ['guests', 'staff'], [['staff']]),
      'cognito:username': fc.constantFrom('1', 'Okta_1'),
      identities: fc.constantFrom<unknown>(
        undefined,
        [],
        'Okta',
        [okta],
        [okta, { ...okta, providerName: 'Google', providerType: 'Google', primary: 'false' }],
        [{ ...okta, primary: 'false' }],
      ),
      from: fc.constantFrom(google, google, pool, machine, { ...pool, isDefault: true }),
    })
    .map(({ from, ...all }) => ({
      ...identify({ issuer: from, subject: all.sub, issuedAt: now, nonce: undefined, all }, ['groups']),
      all,
    }));

  type Someone = Identity & {
    readonly all: {
      readonly email?: string | undefined;
      readonly email_verified: unknown;
      readonly hd: unknown;
      readonly 'cognito:username': string;
      readonly identities: unknown;
    };
  };

  /** Rule by rule and field by field, as the config's documentation says it. */
  function naive(documents: { config: AccessDocument; live: AccessDocument }, who: Someone): string | undefined {
    const blocked = [...documents.config.blocked, ...documents.live.blocked];
    const isBlocked = blocked.some((one) =>
      typeof one === 'string' ? one === who.email : one.issuer === who.issuer && one.subject === who.subject,
    );
    if (isBlocked) return undefined;
    const { kind, isDefault } = who.trust;
    const ofGoogle = kind === 'google';
    const { email: address, email_verified: flag } = who.all;
    const isVerified = flag === true || (kind === 'cognitoUserPool' && flag === 'true');
    const believed = isVerified && address !== undefined && address !== 'a@b@c';
    const email = address?.toLowerCase() ?? '';
    const domain = email.split('@')[1] ?? '';
    const isRobot = ofGoogle && domain.endsWith('gserviceaccount.com');
    const workspace = typeof who.all.hd === 'string' ? who.all.hd.toLowerCase() : undefined;
    const { identities } = who.all;
    const isOwn =
      (identities === undefined || JSON.stringify(identities) === '[]') && who.all['cognito:username'] === '1';
    const isOkta = JSON.stringify(identities) === JSON.stringify([okta]);
    const ofPool = isOkta ? domain === 'example.com' : isOwn && domain === 'evil.example';
    const vouched = believed && (kind === 'oidc' ? domain === 'evil.example' : ofPool);
    const ownDomain = ofGoogle ? workspace : vouched ? domain : undefined;
    const named = ({ who: line }: AccessRule): boolean => {
      if (line.issuer !== undefined && line.issuer !== kind && line.issuer !== who.issuer) return false;
      const isNamed = (list: readonly string[] | undefined): boolean => believed && list?.includes(email) === true;
      if (isRobot) return isNamed(line.serviceAccounts);
      if (line.subjects?.some((one) => one.issuer === who.issuer && one.subject === who.subject)) return true;
      const lists = [line.hostedDomains, line.emails, line.subjects, line.serviceAccounts];
      const namesNobody = line.anyone || (line.claims !== undefined && lists.every((list) => list === undefined));
      if (namesNobody && (ofGoogle ? believed : isDefault || line.issuer !== undefined)) return true;
      if (!believed) return false;
      const isAuthority = ownDomain !== undefined || (ofGoogle && domain === 'gmail.com');
      const takesAny = line.trustUnmanaged && (ofGoogle || line.issuer !== undefined);
      if (isNamed(line.emails) && (isAuthority || takesAny)) return true;
      return ownDomain !== undefined && line.hostedDomains?.includes(ownDomain) === true;
    };
    const hasClaims = ({ who: line }: AccessRule): boolean =>
      Object.entries(line.claims ?? {}).every(([name, admitted]) =>
        [who.claims[name]].flat(1).some((value) => (admitted as readonly unknown[]).includes(value)),
      );
    const found = [...documents.live.rules, ...documents.config.rules].find(
      (one) => named(one) && hasClaims(one) && (one.until === undefined || now < Date.parse(one.until) / 1000),
    );
    return found?.path;
  }

  it('agrees with a naive interpreter for random people', () => {
    let granted = 0;
    fc.assert(
      fc.property(document, document, identity, (config, live, who) => {
        const decision = compileAccessRules({ config, live }).decide(who, now);
        const path = decision.outcome === 'granted' ? decision.path : undefined;
        if (path !== undefined) granted += 1;
        expect(path).toBe(naive({ config, live }, who));
      }),
      { numRuns: 3_000 },
    );
    expect(granted).toBeGreaterThan(100);
  });

  it('is the same for a document before and after it is written as text', () => {
    fc.assert(
      fc.property(document, identity, (written, who) => {
        const read = parseAccessDocument(JSON.stringify(written)).document;
        expect(read).toBeDefined();
        const both = [written, read ?? emptyAccessDocument].map((live) =>
          compileAccessRules({ config: emptyAccessDocument, live }).decide(who, now),
        );
        expect(both[1]).toEqual(both[0]);
      }),
      { numRuns: 1_000 },
    );
  });
});
