import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { emptyAccessDocument } from '../../contract/access-rules.ts';
import { type ConfigOptions, parseConfig } from '../../contract/config.ts';
import { localAccounts } from './local-accounts.ts';
import { welcomeText } from './welcome.ts';

type Site = ConfigOptions['sites'][string];

const now = Date.parse('2027-01-15T08:00:00Z');
const google = { kind: 'google', clientId: '123-abc.apps.googleusercontent.com' } as const;
const pool: Site['providers'][number] = {
  kind: 'cognitoUserPool',
  trustedDomains: { Cognito: ['example.com'] },
  provision: { domainPrefix: 'docs', passwords: { selfSignUp: false } },
};

function siteWith(rules: Site['access']['rules'], providers: Site['providers'] = [google]) {
  const site: Site = {
    region: 'eu-west-1',
    content: null,
    providers,
    identityPool: null,
    session: { cookieSeconds: 3600, maximumSeconds: 86_400 },
    access: { blocked: [], rules },
  };
  const { config } = parseConfig({ sites: { docs: site } });
  if (config?.sites['docs'] === undefined) throw new Error('the config is wrong');
  return config.sites['docs'];
}
const accounts = (...args: Parameters<typeof siteWith>) =>
  localAccounts(siteWith(...args), emptyAccessDocument, now).map(({ email, path = 'refused' }) => [email, path]);

describe('localAccounts', () => {
  it("says what the config's rules make of the sample accounts", () => {
    expect(accounts([{ who: { hostedDomains: ['example.com'] } }])).toEqual([
      ['alice@example.com', '/*'],
      ['mallory@evil.example', 'refused'],
      ['unverified@example.com', 'refused'],
    ]);
    expect(accounts([{ who: { anyone: true }, path: '/docs/*' }]).map(([, path]) => path)).toEqual([
      '/docs/*',
      '/docs/*',
      'refused',
    ]);
  });

  it.each([
    ['a domain', { hostedDomains: ['acme.example'] }, 'somebody@acme.example'],
    ['an address', { emails: ['bob@gmail.com'] }, 'bob@gmail.com'],
  ])('names an account that %s of the rules admits, where they admit none of the samples', (_, who, email) => {
    expect(accounts([{ who, path: '/docs/*' }])).toEqual([
      [email, '/docs/*'],
      ['alice@example.com', 'refused'],
      ['mallory@evil.example', 'refused'],
      ['unverified@example.com', 'refused'],
    ]);
  });

  it('does not list a person whose rule has ended as admitted', () => {
    const ended = { who: { hostedDomains: ['acme.example'] }, until: '2027-01-15T07:00:00Z' };
    expect(accounts([ended]).map(([, path]) => path)).toEqual(Array(3).fill('refused'));
  });

  it('lists people of the user pool if Google is not a provider', () => {
    expect(accounts([{ who: { hostedDomains: ['example.com'] } }], [pool])).toEqual([
      ['alice@example.com', '/*'],
      ['mallory@evil.example', 'refused'],
      ['unverified@example.com', 'refused'],
    ]);
  });
});

describe('welcomeText', () => {
  let content: string;
  beforeEach(() => {
    content = mkdtempSync(join(tmpdir(), 's3nator-welcome-'));
  });
  afterEach(() => rmSync(content, { recursive: true, force: true }));

  const welcome = (rules: Site['access']['rules'], folder: string | undefined = content, kept?: string) =>
    welcomeText({
      emulator: { origin: 'http://localhost:8080', googleClientId: google.clientId, poolClient: undefined },
      google: { origin: 'http://127.0.0.1:8081' },
      issuers: undefined,
      accounts: localAccounts(siteWith(rules), emptyAccessDocument, now),
      content: folder,
      kept,
    });

  it('says what is kept from the previous run, if anything', () => {
    expect(welcome([], content, '2 live rules, 1 blocked person')).toContain(
      '\n  Kept from before: 2 live rules, 1 blocked person   npm run access -- list --local-site\n',
    );
    expect(welcome([])).not.toContain('Kept');
  });

  it('asks with curl for a page that is there and that the account may see', () => {
    expect(welcome([{ who: { hostedDomains: ['example.com'] } }])).toContain('curl -b jar http://localhost:8080/\n');
    mkdirSync(join(content, 'docs'));
    writeFileSync(join(content, 'docs/guide.html'), '');
    expect(welcome([{ who: { hostedDomains: ['example.com'] } }])).toContain(':8080/docs/guide.html\n');
    expect(welcome([{ who: { hostedDomains: ['example.com'] }, path: '/wiki/*' }])).toContain(':8080/wiki/\n');
  });

  it('signs in with curl as a person whom the rules admit', () => {
    const text = welcome([{ who: { hostedDomains: ['acme.example'] }, path: '/docs/*' }]);
    expect(text).toContain("curl -s 'http://127.0.0.1:8081/token?email=somebody@acme.example'");
    expect(text).toMatch(/somebody@acme\.example +allowed .*; opens \/docs\/\*\n/);
    expect(text).toMatch(/alice@example\.com +refused /);
  });

  it('says that Safari keeps no Secure cookies here, and what to use', () => {
    expect(welcome([{ who: { hostedDomains: ['example.com'] } }])).toContain(
      'Safari keeps no Secure cookies on http://localhost: sign in with Chrome or Firefox.\n',
    );
  });
});
