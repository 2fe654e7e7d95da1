import { describe, expect, it } from 'vitest';
import { type AccessDocument, parseAccessDocument } from '../../../contract/access-rules.ts';
import { parseConfig } from '../../../contract/config.ts';
import { ruleWarnings, warningContext } from './warnings.ts';

const documentOf = (rules: readonly unknown[], blocked: readonly unknown[] = []): AccessDocument => {
  const parsed = parseAccessDocument(JSON.stringify({ version: 1, blocked, rules }));
  if (parsed.document === undefined) throw new Error(parsed.problems[0].text);
  return parsed.document;
};
const now = Date.parse('2027-01-15T08:00:00Z');
function siteOf(providers: readonly object[]) {
  const session = { cookieSeconds: 3600, maximumSeconds: 86_400, claims: ['groups'] };
  const access = { blocked: [], rules: [] };
  const site = { region: 'eu-west-1', content: null, providers, identityPool: null, session, access };
  const { config } = parseConfig({ sites: { docs: site } });
  if (config?.sites['docs'] === undefined) throw new Error('the config is wrong');
  return { config: config.sites['docs'], userPool: null };
}
const googleProvider = { kind: 'google', clientId: '1.apps.googleusercontent.com' };
const idp = {
  kind: 'oidc',
  issuer: 'https://idp.example',
  audiences: ['docs'],
  trustedDomains: ['example.com', 'idp.example'],
};
const warningsOf = (
  live: readonly unknown[],
  config: readonly unknown[] = [],
  blocked: readonly unknown[] = [],
  providers: readonly object[] = [googleProvider, idp],
  blockedByConfig: readonly unknown[] = [],
) =>
  Object.fromEntries(
    ruleWarnings(
      { live: documentOf(live, blocked), config: documentOf(config, blockedByConfig) },
      warningContext(siteOf(providers), now),
    ),
  );

const google = 'https://accounts.google.com';
const domain = { who: { hostedDomains: ['example.com'] } };
const alice = (path = '/*', more: object = {}) => ({ who: { emails: ['alice@example.com'], ...more }, path });

describe('a rule that never matches', () => {
  it.each<[string, object, RegExp]>([
    ['has ended', { ...domain, until: '2027-01-15T08:00:00Z' }, /^ended at 2027-01-15T08:00:00Z, and opens nothing$/],
    [
      'asks for a claim that no session keeps',
      { who: { claims: { role: ['x'] } } },
      /^never matches the claim role: session\.claims/,
    ],
    [
      'names the domain of Gmail',
      { who: { hostedDomains: ['gmail.com'] } },
      /^never matches gmail\.com: such accounts belong to no domain/,
    ],
    [
      'names the other domain of Gmail',
      { who: { hostedDomains: ['googlemail.com'] } },
      /^never matches googlemail\.com: such accounts/,
    ],
    [
      'names a service account as a person',
      { who: { emails: ['x@p.iam.gserviceaccount.com'] } },
      /only serviceAccounts admits/,
    ],
    [
      'names a person as a service account',
      { who: { serviceAccounts: ['bob@gmail.com'] } },
      /not the address of a service account/,
    ],
    ['names an address that is not ASCII', { who: { emails: ['ä@gmail.com'] } }, /no token can have such an address/],
    [
      'names an account of another issuer',
      { who: { subjects: [{ issuer: 'https://other.example', subject: '1' }] } },
      /^never matches 1 of https:\/\/other\.example: no provider of this site has/,
    ],
    [
      'asks for an issuer that the site has not',
      { who: { anyone: true, issuer: 'cognitoUserPool' } },
      /^never matches cognitoUserPool: no provider/,
    ],
    ['names nobody', { who: { emails: [] } }, /^names nobody$/],
  ])('%s', (_name, rule, warning) => {
    expect(warningsOf([rule])).toEqual({ 1: [expect.stringMatching(warning)] });
  });

  it('names people who are blocked, by either document', () => {
    const blocked = ['alice@example.com'];
    const warning = { 1: ['alice@example.com: blocked, which comes before every rule'] };
    expect(warningsOf([alice()], [], blocked)).toEqual(warning);
    expect(warningsOf([alice()], [], [], undefined, blocked)).toEqual(warning);
  });
});

describe('an address that nobody is the authority for', () => {
  const existing = { userPoolId: 'eu-west-1_AbC123', clientId: '1client', domain: 'sign-in.example.com' };
  const pool = {
    kind: 'cognitoUserPool',
    existing,
    trustedDomains: { Okta: ['example.com'], Google: ['other.example'] },
  };

  it.each<[string, object, readonly object[]]>([
    ['where no provider is trusted for it', { emails: ['anna@partner.example'] }, [pool]],
    [
      'where the one that is trusted does not count',
      { emails: ['anna@idp.example'], issuer: 'cognitoUserPool' },
      [pool, idp],
    ],
    ['whose domain Google knows by another name', { emails: ['anna@googlemail.com'] }, [googleProvider]],
    [
      'of another provider, where the rule does not name whom it trusts',
      { emails: ['anna@partner.example'], trustUnmanaged: true },
      [pool],
    ],
  ])('never matches, and is said to: %s', (_, who, providers) => {
    expect(warningsOf([{ who }], [], [], providers)).toEqual({ 1: [expect.stringMatching(/^never matches anna@/)] });
  });

  it.each<[string, object, readonly object[]]>([
    ['of a provider in the pool that is trusted', { emails: ['anna@example.com'] }, [pool]],
    ['of Gmail', { emails: ['anna@gmail.com'] }, [googleProvider]],
    ['of a company that may have Workspace', { emails: ['anna@partner.example'] }, [googleProvider]],
    [
      'of anybody, where the rule says so',
      { emails: ['anna@partner.example'], trustUnmanaged: true },
      [googleProvider],
    ],
    [
      'of anybody in the pool, where the rule says so',
      { emails: ['anna@partner.example'], trustUnmanaged: true, issuer: 'cognitoUserPool' },
      [pool],
    ],
  ])('is not doubted: %s', (_, who, providers) => {
    expect(warningsOf([{ who }], [], [], providers)).toEqual({});
  });

  it('is no reason to doubt a domain, unless no provider is trusted for it', () => {
    expect(warningsOf([domain], [], [], [pool])).toEqual({});
    expect(warningsOf([{ who: { hostedDomains: ['partner.example'] } }], [], [], [pool])).toEqual({
      1: [expect.stringMatching(/^never matches accounts of partner\.example: /)],
    });
  });
});

describe('a claim', () => {
  it('that is a number too large for JSON is said to match nothing', () => {
    const big = JSON.parse('{ "who": { "claims": { "groups": [12345678901234567890, 7] } } }');
    expect(warningsOf([big])).toEqual({
      1: [expect.stringMatching(/^never matches the number 12345678901234567000: JSON/)],
    });
  });
});

describe('rules in the wrong order', () => {
  it.each<[string, readonly object[], Record<number, readonly string[]>]>([
    [
      'the same people twice',
      [alice(), alice('/docs/*')],
      { 2: ['never consulted for alice@example.com: rule 1 comes first'] },
    ],
    [
      'a domain before one of its people',
      [domain, alice('/docs/*')],
      { 2: ['never consulted for alice@example.com: rule 1 comes first'] },
    ],
    [
      'a narrow path before a wide one',
      [alice('/docs/*'), alice()],
      { 2: ['never consulted for alice@example.com: rule 1 comes first, which gives /docs/*'] },
    ],
    [
      'one person before the domain',
      [alice('/docs/*'), domain],
      { 1: ['gives alice@example.com less than rule 2, which would give /*'] },
    ],
    [
      'anyone before all',
      [{ who: { anyone: true }, path: '/docs/*' }, domain, { who: { subjects: [{ issuer: google, subject: '1' }] } }],
      {
        2: ['never consulted for accounts of example.com: rule 1 comes first, which gives /docs/*'],
        3: [`never consulted for 1 of ${google}: rule 1 comes first, which gives /docs/*`],
      },
    ],
    [
      'some of the people, with less',
      [alice('/docs/*'), { who: { emails: ['alice@example.com', 'bob@gmail.com'] } }],
      { 2: ['not consulted for alice@example.com: rule 1 comes first, which gives /docs/*'] },
    ],
    [
      'some of the people, with more',
      [alice(), { who: { emails: ['alice@example.com', 'bob@gmail.com'] }, path: '/docs/*' }],
      {},
    ],
    [
      'for a time',
      [{ ...alice('/docs/*'), until: '2028-01-01T00:00:00Z' }, alice()],
      {
        2: [
          'never consulted for alice@example.com until 2028-01-01T00:00:00Z: rule 1 comes first, which gives /docs/*',
        ],
      },
    ],
    [
      'after one that has ended',
      [{ ...alice('/docs/*'), until: '2020-01-01T00:00:00Z' }, alice()],
      { 1: [expect.stringMatching(/^ended/)] as never },
    ],
    [
      'one that asks for a claim that no session keeps',
      [alice(), alice('/docs/*', { claims: { role: ['x'] } })],
      { 2: [expect.stringMatching(/^never matches the claim role/)] as never },
    ],
    ['after one that asks for a claim', [{ who: { anyone: true, claims: { groups: ['x'] } } }, domain], {}],
    [
      'an address that Google does not manage, after the managed',
      [alice('/docs/*'), alice('/*', { trustUnmanaged: true })],
      { 1: ['gives alice@example.com less than rule 2, which would give /*'] },
    ],
    ['anyone of another issuer', [{ who: { anyone: true, issuer: 'https://idp.example' } }, alice('/docs/*')], {}],
    [
      'anyone of Google, for one of its people',
      [{ who: { anyone: true, issuer: 'google' } }, alice('/docs/*', { issuer: google })],
      { 2: ['never consulted for alice@example.com: rule 1 comes first'] },
    ],
    [
      'anyone, who are of the first issuer',
      [{ who: { anyone: true } }, alice('/docs/*', { issuer: 'https://idp.example' })],
      {},
    ],
    ['other people', [domain, { who: { emails: ['bob@gmail.com'] }, path: '/docs/*' }], {}],
    [
      'a service account and anyone',
      [{ who: { anyone: true } }, { who: { serviceAccounts: ['x@p.iam.gserviceaccount.com'] } }],
      {},
    ],
  ])('%s', (_name, rules, expected) => {
    expect(warningsOf(rules)).toEqual(expected);
  });

  it.each<[string, readonly object[], Record<number, readonly string[]>]>([
    [
      'an address that Google manages, after every owner of it',
      [alice('/*', { trustUnmanaged: true }), alice()],
      { 2: ['never consulted for alice@example.com: rule 1 comes first'] },
    ],
    [
      'every owner of an address, after those whom Google manages',
      [alice(), alice('/*', { trustUnmanaged: true })],
      {},
    ],
    ['every owner of an address, after its domain', [domain, alice('/docs/*', { trustUnmanaged: true })], {}],
    [
      'the same account twice',
      [1, 2].map(() => ({ who: { subjects: [{ issuer: google, subject: '1' }] } })),
      { 2: [`never consulted for 1 of ${google}: rule 1 comes first`] },
    ],
    [
      'the same service account twice',
      [1, 2].map(() => ({ who: { serviceAccounts: ['x@p.iam.gserviceaccount.com'] } })),
      { 2: ['never consulted for x@p.iam.gserviceaccount.com: rule 1 comes first'] },
    ],
    [
      'claims alone, after anyone',
      [{ who: { anyone: true } }, { who: { claims: { groups: ['x'] } } }],
      { 2: ['never consulted for everyone with these claims: rule 1 comes first'] },
    ],
    [
      'after the first of two rules',
      [domain, alice('/docs/*'), alice('/docs/*')],
      {
        2: ['never consulted for alice@example.com: rule 1 comes first'],
        3: ['never consulted for alice@example.com: rule 1 comes first'],
      },
    ],
    [
      'after one that ends at this moment',
      [{ ...alice('/docs/*'), until: '2027-01-15T08:00:00Z' }, alice()],
      { 1: ['ended at 2027-01-15T08:00:00Z, and opens nothing'] },
    ],
    [
      'after one that ends a second later',
      [{ ...alice('/docs/*'), until: '2027-01-15T08:00:01Z' }, alice()],
      {
        2: [
          'never consulted for alice@example.com until 2027-01-15T08:00:01Z: rule 1 comes first, which gives /docs/*',
        ],
      },
    ],
    [
      'after two rules that each name some of the people',
      [alice(), { who: { emails: ['bob@gmail.com'] } }, { who: { emails: ['alice@example.com', 'bob@gmail.com'] } }],
      {
        3: [
          'never consulted for alice@example.com: rule 1 comes first',
          'never consulted for bob@gmail.com: rule 2 comes first',
        ],
      },
    ],
  ])('compares %s', (_name, rules, expected) => {
    expect(warningsOf(rules)).toEqual(expected);
  });

  it('come after what the rule itself never matches and who is blocked', () => {
    const both = { who: { emails: ['alice@example.com', 'x@p.iam.gserviceaccount.com'] } };
    expect(warningsOf([{ who: { anyone: true } }, both], [], ['alice@example.com'])).toEqual({
      2: [
        'never matches x@p.iam.gserviceaccount.com: only serviceAccounts admits a service account',
        'alice@example.com: blocked, which comes before every rule',
        'never consulted for alice@example.com, x@p.iam.gserviceaccount.com: rule 1 comes first',
      ],
    });
  });

  it('counts live rules before those of the config', () => {
    expect(warningsOf([alice('/docs/*')], [domain])).toEqual({
      1: ['gives alice@example.com less than rule 2, which would give /*'],
    });
  });
});

it('costs little for a document of 4 MiB', () => {
  const emails = Array.from({ length: 100_000 }, (_, n) => `person-${n}@example.com`);
  const many = Array.from({ length: 5_000 }, (_, n) => ({
    who: { emails: [`person-${n}@example.com`] },
    path: `/${n}/*`,
  }));
  const warnings = warningsOf([{ who: { emails }, path: '/docs/*' }, ...many, domain]);
  expect(warnings[2]).toEqual(['never consulted for person-0@example.com: rule 1 comes first, which gives /docs/*']);
  expect(warnings[1]?.[0]).toMatch(
    /^gives person-0@example.com, person-1@example.com, person-2@example.com and 99,997 more less/,
  );
});
