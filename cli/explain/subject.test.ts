import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { accept, refuse } from '../../api/shared/refusal.ts';
import { type Claims, makeGoogleKey, makeIdToken } from '../../api/testing/stub-google.ts';
import { trustedGoogle } from '../../api/verify/trusted-issuers.ts';
import { parseConfig, type SiteConfig } from '../../contract/config.ts';
import { googleIssuer } from '../../contract/layout.ts';
import { describedSubjects, issuersOf, type Subject, tokenSubject } from './subject.ts';

const now = Date.parse('2027-01-15T08:00:00Z');
const clientId = '1-a.apps.googleusercontent.com';
const google = { kind: 'google', clientId };

function configOf(...providers: readonly object[]): SiteConfig {
  const session = { cookieSeconds: 3600, maximumSeconds: 86_400, claims: ['groups'] };
  const docs = { region: 'eu-west-1', content: null, identityPool: null, session, access: { blocked: [], rules: [] } };
  const parsed = parseConfig({ sites: { docs: { ...docs, providers } } });
  const site = parsed.config?.sites['docs'];
  if (site === undefined) throw new Error(JSON.stringify(parsed));
  return site;
}

const folder = mkdtempSync(join(tmpdir(), 's3nator-subject-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('tokenSubject', () => {
  const key = makeGoogleKey('google-1');
  const stranger = { ...makeGoogleKey('google-1') };
  const config = configOf(google);
  const claims = {
    iss: googleIssuer,
    aud: clientId,
    sub: '1001',
    email: 'alice@example.com',
    email_verified: true,
    hd: 'example.com',
    iat: now / 1000 - 5,
    exp: now / 1000 + 3595,
  };
  /** The account of a token, where Google publishes the key `google-1`. */
  async function subjectOf(more: Claims = {}, by = key, online = true): Promise<Subject> {
    const find = async (kid: string) => (kid === key.kid ? accept(key.publicKey) : refuse('key-unknown'));
    const file = join(folder, 'token');
    writeFileSync(file, makeIdToken(by, { ...claims, ...more }));
    return tokenSubject(file, [trustedGoogle([clientId], { find, warm: async () => {} })], config, now, online);
  }

  it('says that the signature was checked', async () => {
    expect(await subjectOf()).toMatchObject({
      refused: undefined,
      lines: [
        'ID token of alice@example.com, a Google account of example.com, address verified, until 2027-01-15 08:59:55Z',
        'signature, audience and times verified',
      ],
    });
  });

  it.each([
    ['a forged signature', stranger, /^signature-/],
    ['a key that Google does not publish', { ...key, kid: 'google-2' }, /^key-unknown/],
  ])('refuses a token with %s, and does not say that anything was verified', async (_name, by, reason) => {
    const { refused, lines } = await subjectOf({}, by);
    expect(refused).toMatch(reason);
    expect(lines[1]).toBe('NOT verified');
  });

  it('asks nobody for keys unless a site is named, and says how to have the signature checked', async () => {
    const { refused, lines } = await subjectOf({}, stranger, false);
    expect([refused, lines[1]]).toEqual([undefined, 'signature NOT checked: --live and --local-site check it']);
  });

  it('checks everything but the signature without a key', async () => {
    expect((await subjectOf({ aud: 'another' }, key, false)).refused).toMatch(/^audience-refused/);
    expect((await subjectOf({ exp: now / 1000 - 600 }, key, false)).refused).toMatch(/^expired/);
  });

  it.each([1e300, -1e300, 'tomorrow', null, undefined])('survives a token that ends at %j', async (exp) => {
    const { refused, lines } = await subjectOf({ exp });
    if (exp !== 1e300) expect(refused).toBeDefined();
    expect(lines[0]).not.toContain(', until ');
  });

  it('shows a hostile token in visible form, whatever is wrong with it', async () => {
    const hostile = '\u202e\u001b[2J@evil.example';
    for (const more of [{ email: hostile }, { email: undefined, sub: hostile }, { aud: hostile }, { iss: hostile }]) {
      const { refused = '', lines } = await subjectOf(more);
      expect([...lines, refused].join('\n')).not.toMatch(/[\u202e\u001b]/);
      expect([...lines, refused].join('\n')).toMatch(/\\u202e/);
    }
  });
});

describe('describedSubjects', () => {
  const described = { hd: undefined, via: undefined, issuer: undefined, subject: undefined, claims: {} };
  const subjectsOf = (config: SiteConfig, more: Partial<Parameters<typeof describedSubjects>[0]>) =>
    describedSubjects(
      { ...described, email: undefined, ...more },
      issuersOf(config, null, () => now),
      config,
    );

  it.each(['bob@gmail.com', 'bob@googlemail.com', 'BOB@GMAIL.COM', 'x@p.iam.gserviceaccount.com'])(
    'assumes nothing about %s, which is never in a Workspace',
    (email) => {
      const subjects = subjectsOf(configOf(google), { email });
      expect(subjects.map(({ assumed }) => assumed)).toEqual([undefined]);
      expect(subjects[0]?.identity.hostedDomain).toBeUndefined();
    },
  );

  it.each(['bob@gmail.com.evil.example', 'bob@notgmail.com'])('takes %s for no address of Google', (email) => {
    expect(subjectsOf(configOf(google), { email })).toHaveLength(2);
  });

  const oidc = { kind: 'oidc', issuer: 'https://idp.example', audiences: ['site'], trustedDomains: ['example.com'] };
  const pool = {
    kind: 'cognitoUserPool',
    existing: { userPoolId: 'eu-west-1_AbC123', clientId: '1client', domain: 'sign-in.example.com' },
    trustedDomains: { Okta: ['example.com'] },
  };
  const poolIssuer = 'https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbC123';

  it('takes an account for one of Google, or else of the provider that unnamed rules are for', () => {
    const issuerOf = (config: SiteConfig, more: object = {}) =>
      subjectsOf(config, { email: 'a@example.com', ...more })[0]?.identity.issuer;
    expect(issuerOf(configOf(oidc, google))).toBe(googleIssuer);
    expect(issuerOf(configOf(oidc, pool))).toBe(poolIssuer);
    expect(issuerOf(configOf(pool))).toBe(poolIssuer);
    expect(issuerOf(configOf(google, pool), { issuer: 'cognitoUserPool' })).toBe(poolIssuer);
    expect(issuerOf(configOf(google, pool), { issuer: poolIssuer })).toBe(poolIssuer);
    expect(issuerOf(configOf(oidc, google), { issuer: 'google' })).toBe(googleIssuer);
  });

  it('takes the issuer from --subject', () => {
    const [one] = subjectsOf(configOf(google, oidc), { subject: { issuer: 'https://idp.example', subject: '7' } });
    expect([one?.identity.issuer, one?.identity.subject]).toEqual(['https://idp.example', '7']);
  });

  it("knows the pool that the stack made, and without it at least the pool's region", () => {
    const made = configOf({
      kind: 'cognitoUserPool',
      provision: { domainPrefix: 'docs', passwords: { selfSignUp: false } },
      trustedDomains: {},
    });
    const issuers = (ids: { id: string; clientId: string } | null) =>
      issuersOf(made, ids, () => now).map(({ issuer }) => issuer);
    expect(issuers({ id: 'eu-west-1_Made', clientId: 'c' })).toEqual([
      'https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Made',
    ]);
    expect(issuers(null)).toEqual(['https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_unknown']);
    // The config of an existing pool says which one it is, whatever else was found.
    expect(issuersOf(configOf(pool), { id: 'eu-west-1_Other', clientId: 'c' }, () => now)[0]?.issuer).toBe(poolIssuer);
  });

  it('keeps one claim as a value and several as a list, as tokens have them', () => {
    const claimsOf = (groups: readonly unknown[]) =>
      subjectsOf(configOf(google), { email: 'bob@gmail.com', claims: { groups } })[0]?.identity.claims;
    expect([claimsOf(['staff']), claimsOf(['staff', 'guest'])]).toEqual([
      { groups: 'staff' },
      { groups: ['staff', 'guest'] },
    ]);
  });
});
