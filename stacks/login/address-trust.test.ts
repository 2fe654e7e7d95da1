import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../contract/config.ts';
import { trustWarnings, warningText } from './address-trust.ts';

const google = { kind: 'google', clientId: '1.apps.googleusercontent.com' };
const existing = { userPoolId: 'eu-west-1_AbC123', clientId: '1client', domain: 'sign-in.example.com' };
const federated = [
  { kind: 'saml', name: 'Okta', metadata: 'https://example.okta.com/metadata' },
  { kind: 'google', clientId: 'c', secret: 'google' },
  { kind: 'apple', servicesId: 's', teamId: 'ABCDE12345', keyId: 'ABCDE12345', secret: 'apple' },
];
const pool = (trustedDomains: object, selfSignUp = false) => ({
  kind: 'cognitoUserPool',
  provision: { domainPrefix: 'docs', passwords: { selfSignUp }, federated },
  trustedDomains,
});
const ci = { kind: 'oidc', issuer: 'https://ci.example', audiences: ['docs'], trustedDomains: ['ci.example'] };

function warningsOf(providers: readonly object[], rules: readonly object[] = []): readonly string[] {
  const site = {
    region: 'eu-west-1',
    content: null,
    providers,
    identityPool: null,
    session: { cookieSeconds: 3600, maximumSeconds: 86_400, claims: ['email'] },
    access: { blocked: [], rules },
    state: { bucket: 'states', region: 'eu-west-1' },
  };
  const parsed = parseConfig({ sites: { docs: site } });
  if (parsed.config === undefined) throw new Error(parsed.problems.join('\n'));
  return trustWarnings(parsed.config);
}

describe('a config', () => {
  it.each([
    ['Google', 'Google'],
    ['SignInWithApple', 'Apple'],
  ])('gets a warning if it trusts addresses from %s, because that admits people who have left', (name, called) => {
    const fix = name === 'Google' ? "kind: 'google'" : 'admit these accounts by subject$';
    expect(warningsOf([google, pool({ [name]: ['example.com'] })])).toEqual([
      expect.stringMatching(
        new RegExp(
          `^sites\\.docs\\.providers\\.1\\.trustedDomains\\.${name}: ` +
            `trusts ${called} about addresses of example\\.com: .*including people who have left\\. ` +
            `Fix: leave ${name} out, .*${fix}`,
        ),
      ),
    ]);
  });

  it('gets a warning if it trusts self sign-up, and none if its operators create the accounts', () => {
    expect(warningsOf([pool({ Cognito: ['example.com'] }, true)])).toEqual([
      expect.stringContaining('trustedDomains.Cognito: trusts self sign-up about addresses of example.com:'),
    ]);
    expect(warningsOf([pool({ Cognito: ['example.com'] })])).toEqual([]);
  });

  it('gets a warning about what it cannot know if it trusts the accounts of an existing pool', () => {
    expect(warningsOf([{ kind: 'cognitoUserPool', existing, trustedDomains: { Cognito: ['example.com'] } }])).toEqual([
      expect.stringContaining(
        'self sign-up about addresses of example.com, if the pool lets people sign up themselves',
      ),
    ]);
  });

  it('gets no warning if it trusts a company, or nobody', () => {
    expect(warningsOf([google, pool({ Okta: ['example.com'], Google: [] }, true), ci])).toEqual([]);
  });
});

describe('a rule of the config', () => {
  const anna = { emails: ['anna@partner.example'] };
  const rules = (...who: object[]) => who.map((one) => ({ who: one }));
  const one = (text: string) => [expect.stringContaining(text)];

  it('gets a warning for an address that only Google knows whether it may vouch for', () => {
    expect(warningsOf([google], rules(anna))).toEqual(
      one('sites.docs.access.rules.0: matches anna@partner.example only if Google Workspace runs the domain'),
    );
  });

  it.each<[string, object, readonly object[]]>([
    ['of Gmail', { emails: ['bob@gmail.com'] }, [google]],
    ['in a domain that another rule calls a Workspace', { ...anna, hostedDomains: ['partner.example'] }, [google]],
    [
      'from a provider that is trusted for it',
      { emails: ['job@ci.example'], issuer: 'https://ci.example' },
      [google, ci],
    ],
    ['of a service account', { serviceAccounts: ['x@p.iam.gserviceaccount.com'] }, [google]],
  ])('gets no warning for an address %s', (_, who, providers) => {
    expect(warningsOf(providers, rules(who))).toEqual([]);
  });

  it('gets a warning that it never matches for an address that nobody vouches for', () => {
    expect(warningsOf([pool({ Okta: ['example.com'] })], rules(anna))).toEqual(
      one('sites.docs.access.rules.0: never matches anna@partner.example: no provider'),
    );
    expect(warningsOf([google, ci], rules({ hostedDomains: ['example.com'], issuer: 'https://ci.example' }))).toEqual(
      one('never matches accounts of example.com: no provider'),
    );
  });

  it.each<[string, object, readonly object[]]>([
    ['Google', { ...anna, trustUnmanaged: true }, [google]],
    ['anybody in a pool', { ...anna, trustUnmanaged: true, issuer: 'cognitoUserPool' }, [google, pool({})]],
  ])('gets a warning about people who have left if it trusts %s about an address', (_, who, providers) => {
    expect(warningsOf(providers, rules(who))).toEqual(
      one('accepts anyone who signs in with anna@partner.example (trustUnmanaged): anyone who could'),
    );
  });

  it('gets a warning only if strangers can get an account with a provider that counts for it', () => {
    const who = { ...anna, trustUnmanaged: true, issuer: 'cognitoUserPool' };
    const [saml, google_] = federated;
    const poolOf = (provision: object) => ({
      kind: 'cognitoUserPool',
      provision: { domainPrefix: 'docs', passwords: null, federated: [saml], ...provision },
    });
    const closed = [poolOf({}), poolOf({ passwords: { selfSignUp: false } })];
    const open = [
      poolOf({ passwords: { selfSignUp: true } }),
      poolOf({ federated: [saml, google_] }),
      { kind: 'cognitoUserPool', existing },
    ];
    for (const one of closed) expect(warningsOf([one], rules(who))).toEqual([]);
    for (const each of open)
      expect(warningsOf([each], rules(who))).toEqual(one('accepts anyone who signs in with anna'));
    // The rule is about the pool: anyone has an account with Google.
    expect(warningsOf([google, poolOf({})], rules(who))).toEqual([]);
  });

  it('says of an address of googlemail.com that it never matches, because Google vouches for gmail.com only', () => {
    expect(warningsOf([google], rules({ emails: ['bob@googlemail.com'] }))).toEqual(
      one('never matches bob@googlemail.com: no provider'),
    );
  });

  it('names each field of several sites, providers and rules by its place', () => {
    const [first, second] = warningsOf(
      [google, pool({ Okta: ['example.com'], Google: ['example.com'] })],
      rules({ hostedDomains: ['example.com'] }, anna),
    );
    expect([first, second]).toEqual([
      expect.stringMatching(/^sites\.docs\.providers\.1\.trustedDomains\.Google: /),
      expect.stringMatching(/^sites\.docs\.access\.rules\.1: matches anna/),
    ]);
  });

  it('counts for accounts of a new pool by kind and by issuer, though no config has the issuer', () => {
    const issuer = 'https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbC123';
    for (const of of ['cognitoUserPool', issuer]) {
      const who = { emails: ['anna@example.com'], issuer: of };
      expect(warningsOf([google, pool({ Okta: ['example.com'] })], rules(who))).toEqual([]);
    }
    const who = { emails: ['anna@example.com'], issuer: 'https://ci.example' };
    expect(warningsOf([google, pool({ Okta: ['example.com'] }), ci], rules(who))).toEqual(
      one('never matches anna@example.com'),
    );
  });

  it('gets no warning if it trusts a machine issuer about an address', () => {
    const who = { ...anna, trustUnmanaged: true, issuer: 'https://ci.example' };
    expect(warningsOf([google, ci], rules(who))).toEqual([]);
  });

  it('gets a warning if it compares the claim email, because nobody is asked who vouches for it', () => {
    expect(warningsOf([google], rules({ claims: { email: ['alice@example.com'] } }))).toEqual(
      one('compares the claim email, no matter who vouches for it, verified or not'),
    );
  });

  it('gets a warning if it opens more than it seems to, and for an address without a dot', () => {
    const open = { who: { hostedDomains: ['example.com'], emails: ['x@y'] }, path: '/docs*' };
    expect(warningsOf([google], [open])).toEqual(
      expect.arrayContaining([
        'sites.docs.access.rules.0: names x@y, whose domain has no dot: few providers have such addresses',
        'sites.docs.access.rules.0: opens every address that begins with /docs, such as /docs-secret/page.html; ' +
          'the folder alone is /docs/*',
      ]),
    );
    expect(warningsOf([google], rules({ hostedDomains: ['example.com'] }))).toEqual([]);
  });

  it('shows three of many addresses', () => {
    const emails = ['a', 'b', 'c', 'd', 'e'].map((name) => `${name}@partner.example`);
    const shownOf = (list: readonly string[]) => warningsOf([google], rules({ emails: list }))[0];
    expect(shownOf(emails)).toContain('a@partner.example, b@partner.example, c@partner.example and 2 more only');
    // One more is no longer than its address.
    expect(shownOf([...emails.slice(0, 4), ...emails.slice(0, 4)])).toContain(
      'matches a@partner.example, b@partner.example, c@partner.example, d@partner.example only',
    );
  });
});

describe('warningText', () => {
  it('is one line per warning, and empty without warnings', () => {
    expect([warningText([]), warningText(['a', 'b'])]).toEqual(['', 'Warning: a\nWarning: b\n']);
    expect(warningText(['a'], ['b'])).toBe('Warning: a\nNote: b\n');
    expect(warningText(['\u202ea'], ['b\nc'])).toBe('Warning: \\u202ea\nNote: b\\u000ac\n');
  });
});
