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
  ])('that believes addresses on the word of %s is said to admit people who have left', (name, called) => {
    const fix = name === 'Google' ? "kind: 'google'" : 'admit these accounts by subject$';
    expect(warningsOf([google, pool({ [name]: ['example.com'] })])).toEqual([
      expect.stringMatching(
        new RegExp(
          `^sites\\.docs\\.providers\\.1\\.trustedDomains\\.${name}: addresses of example\\.com are believed on the word of ${called}: .*people who have left included.*Fix: leave ${name} out, .*${fix}`,
        ),
      ),
    ]);
  });

  it('that believes self sign-up is said to, and one whose operators make the accounts is not', () => {
    expect(warningsOf([pool({ Cognito: ['example.com'] }, true)])).toEqual([
      expect.stringContaining(
        'trustedDomains.Cognito: addresses of example.com are believed on the word of self sign-up:',
      ),
    ]);
    expect(warningsOf([pool({ Cognito: ['example.com'] })])).toEqual([]);
  });

  it('that believes the own accounts of a pool that was there before is told what it cannot know', () => {
    expect(warningsOf([{ kind: 'cognitoUserPool', existing, trustedDomains: { Cognito: ['example.com'] } }])).toEqual([
      expect.stringContaining('self sign-up, if the pool lets people sign up themselves'),
    ]);
  });

  it('that believes a company, or nobody, is fine', () => {
    expect(warningsOf([google, pool({ Okta: ['example.com'], Google: [] }, true), ci])).toEqual([]);
  });
});

describe('a rule of the config', () => {
  const anna = { emails: ['anna@partner.example'] };
  const rules = (...who: object[]) => who.map((one) => ({ who: one }));
  const one = (text: string) => [expect.stringContaining(text)];

  it('for an address that only Google knows whether it may vouch for is said to be so', () => {
    expect(warningsOf([google], rules(anna))).toEqual(
      one('sites.docs.access.rules.0: matches anna@partner.example only if Google Workspace runs the domain'),
    );
  });

  it.each<[string, object, readonly object[]]>([
    ['of Gmail', { emails: ['bob@gmail.com'] }, [google]],
    ['of a domain that another rule takes for a Workspace', { ...anna, hostedDomains: ['partner.example'] }, [google]],
    [
      'of a provider that is trusted for it',
      { emails: ['job@ci.example'], issuer: 'https://ci.example' },
      [google, ci],
    ],
    ['of a service account', { serviceAccounts: ['x@p.iam.gserviceaccount.com'] }, [google]],
  ])('for an address %s is fine', (_, who, providers) => {
    expect(warningsOf(providers, rules(who))).toEqual([]);
  });

  it('for an address that nobody vouches for never matches, and is said to', () => {
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
  ])('that believes %s about an address is said to admit people who have left', (_, who, providers) => {
    expect(warningsOf(providers, rules(who))).toEqual(
      one('believes whoever signs in with anna@partner.example (trustUnmanaged): anyone who could'),
    );
  });

  it('for accounts of the pool that the stack makes counts by the kind and by the issuer, which no config has', () => {
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

  it('that believes a machine issuer about an address is fine', () => {
    const who = { ...anna, trustUnmanaged: true, issuer: 'https://ci.example' };
    expect(warningsOf([google, ci], rules(who))).toEqual([]);
  });

  it('that compares the claim email is said to ask nobody who vouches for it', () => {
    expect(warningsOf([google], rules({ claims: { email: ['alice@example.com'] } }))).toEqual(
      one('compares the claim email whoever vouches for it, verified or not'),
    );
  });

  it('is told of a rule that opens more than it looks like, and of an address without a dot', () => {
    const open = { who: { hostedDomains: ['example.com'], emails: ['x@y'] }, path: '/docs*' };
    expect(warningsOf([google], [open])).toEqual(
      expect.arrayContaining([
        'sites.docs.access.rules.0: names x@y, whose domain has no dot: few providers have such addresses',
        'sites.docs.access.rules.0: opens every address that begins with /docs, such as /docs-secret/page.html; the folder alone is /docs/*',
      ]),
    );
    expect(warningsOf([google], rules({ hostedDomains: ['example.com'] }))).toEqual([]);
  });

  it('shows three addresses of many', () => {
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
  it('is a line each, and nothing where there is nothing to say', () => {
    expect([warningText([]), warningText(['a', 'b'])]).toEqual(['', 'Warning: a\nWarning: b\n']);
  });
});
