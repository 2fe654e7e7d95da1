import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { emptyAccessDocument } from '../../contract/access-rules.ts';
import { type ConfigOptions, parseConfig } from '../../contract/config.ts';
import { defaultPaths } from '../../contract/layout.ts';
import { localAccounts } from './local-accounts.ts';
import { type Served, welcomeText } from './welcome.ts';

type Site = ConfigOptions['sites'][string];

const now = Date.parse('2027-01-15T08:00:00Z');
const google = { kind: 'google', clientId: '123-abc.apps.googleusercontent.com' } as const;
const pool: Site['providers'][number] = {
  kind: 'cognitoUserPool',
  trustedDomains: { Cognito: ['example.com'] },
  provision: { domainPrefix: 'docs', passwords: { selfSignUp: false } },
};

function siteWith(rules: Site['access']['rules'], providers: Site['providers'] = [google], claims: string[] = []) {
  const site: Site = {
    region: 'eu-west-1',
    content: null,
    providers,
    identityPool: null,
    session: { cookieSeconds: 3600, maximumSeconds: 86_400, claims },
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

  it('says of each account what it is', () => {
    const rules = [{ who: { emails: ['bob@gmail.com'] } }];
    expect(localAccounts(siteWith(rules), emptyAccessDocument, now).map(({ note }) => note)).toEqual([
      'to be typed in; named by a rule',
      'belongs to example.com',
      'belongs to another domain',
      'address not verified',
    ]);
  });

  it.each<[string, Site['access']['rules'], string]>([
    [
      'the first rule that names anybody',
      [
        { who: { subjects: [{ issuer: 'https://accounts.google.com', subject: '1' }] } },
        { who: { hostedDomains: ['acme.example', 'b.example'] } },
        { who: { emails: ['bob@gmail.com'] } },
      ],
      'somebody@acme.example',
    ],
    [
      'an address before a domain',
      [{ who: { hostedDomains: ['acme.example'], emails: ['bob@gmail.com', 'c@gmail.com'] } }],
      'bob@gmail.com',
    ],
  ])('names an account by %s', (_, rules, email) => {
    expect(accounts(rules)[0]).toEqual([email, '/*']);
    expect(accounts(rules)).toHaveLength(4);
  });

  it('names nobody whom the rules name and do not admit, and nobody where they name accounts only', () => {
    const who = { emails: ['bob@gmail.com'] };
    const blocked = {
      ...siteWith([{ who }]),
      access: { blocked: ['bob@gmail.com'], rules: siteWith([{ who }]).access.rules },
    };
    expect(localAccounts(blocked, emptyAccessDocument, now)).toHaveLength(3);
    const subjects = [{ issuer: 'https://accounts.google.com', subject: '1' }];
    expect(accounts([{ who: { subjects } }])).toHaveLength(3);
  });

  it('goes by the live rules, too, before those of the config', () => {
    const live = {
      ...emptyAccessDocument,
      blocked: ['alice@example.com'],
      rules: [{ who: { emails: ['mallory@evil.example'] }, path: '/live/*' }],
    };
    const config = siteWith([{ who: { anyone: true } }]);
    expect(localAccounts(config, live, now).map(({ path }) => path)).toEqual([undefined, '/live/*', undefined]);
  });

  it('admits a person until the second that a rule ends', () => {
    const site = siteWith([{ who: { hostedDomains: ['example.com'] }, until: '2027-01-15T08:00:00Z' }]);
    const admitted = (at: number): boolean => localAccounts(site, emptyAccessDocument, at)[0]?.path !== undefined;
    expect([admitted(now - 1), admitted(now)]).toEqual([true, false]);
  });

  it('goes by the claims that the session keeps', () => {
    const who = { anyone: true as const, claims: { name: ['Mallory Evil'] } };
    const site = siteWith([{ who }], [google], ['name']);
    expect(localAccounts(site, emptyAccessDocument, now).map(({ path }) => path)).toEqual([undefined, '/*', undefined]);
  });

  it('lists nobody where there is no provider', () => {
    const site = { ...siteWith([{ who: { anyone: true } }]), providers: [] };
    expect(localAccounts(site, emptyAccessDocument, now)).toEqual([]);
  });

  it("lists Google's people where Google is a provider, whichever comes first", () => {
    const rules = [{ who: { hostedDomains: ['evil.example'] } }];
    for (const providers of [
      [pool, google],
      [google, pool],
    ])
      expect(accounts(rules, providers)[1]).toEqual(['mallory@evil.example', '/*']);
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
      paths: defaultPaths,
      accounts: localAccounts(siteWith(rules), emptyAccessDocument, now),
      content: folder,
      kept,
      certificate: undefined,
    });

  const served = (changes: Partial<Served> = {}): string =>
    welcomeText({
      emulator: { origin: 'http://localhost:8080', googleClientId: google.clientId, poolClient: undefined },
      google: { origin: 'http://127.0.0.1:8081' },
      issuers: undefined,
      paths: defaultPaths,
      accounts: [
        { email: 'a@x.example', path: undefined, note: 'no' },
        { email: 'bob@x.example', path: '/*', note: 'yes' },
        { email: 'c@x.example', path: '/c/*', note: 'some' },
      ],
      content: undefined,
      kept: undefined,
      certificate: undefined,
      ...changes,
    });
  const end = [
    '',
    '  Safari keeps no Secure cookies on http://localhost: npm start -- --https, or sign in with Chrome or Firefox.',
    '',
    '  Edits take effect by themselves. Ctrl-C stops.',
    '',
    '',
  ];

  it('is the addresses, the accounts, the curl commands of one who may sign in, and how to stop', () => {
    expect(served({ kept: '1 live rule' }).split('\n')).toEqual([
      '',
      '  ● s3nator is serving your site',
      '',
      '  Site             http://localhost:8080/',
      '  Stand-in Google  http://127.0.0.1:8081/',
      '',
      '  Accounts to sign in with',
      '    a@x.example    refused   no',
      '    bob@x.example  allowed   yes',
      '    c@x.example    allowed   some; opens /c/*',
      '',
      '  The same with curl',
      "    ID_TOKEN=$(curl -s 'http://127.0.0.1:8081/token?email=bob@x.example')",
      '    curl -c jar -X POST http://localhost:8080/auth/session -H "Authorization: Bearer $ID_TOKEN"',
      '    curl -b jar http://localhost:8080/',
      '',
      '  Kept from before: 1 live rule   npm run access -- list --local-site',
      ...end,
    ]);
  });

  it('with the real Google has no accounts and no tokens, and says what Google must be told', () => {
    expect(served({ google: undefined }).split('\n')).toEqual([
      '',
      '  ● s3nator is serving your site',
      '',
      '  Site             http://localhost:8080/',
      '  Google           the real one, with the client ID of your config',
      '',
      '  In Google Cloud, http://localhost:8080 must be an authorized JavaScript origin of that client ID.',
      ...end,
    ]);
  });

  const poolClient = {} as Served['emulator']['poolClient'];
  const issuers = { origin: 'http://127.0.0.1:8082' };
  const hosted = '  Hosted sign-in   https://127.0.0.1:8082/   its certificate is its own: the browser warns once';
  const emulator = { origin: 'http://localhost:8080', googleClientId: undefined, poolClient };

  it.each<[string, Partial<Served>, string[], string]>([
    [
      'a pool beside Google',
      { emulator: { ...emulator, googleClientId: google.clientId }, issuers },
      ['  Stand-in Google  http://127.0.0.1:8081/', '  Other issuers    http://127.0.0.1:8082/', hosted],
      'http://127.0.0.1:8081/token?email=bob@x.example',
    ],
    [
      'a pool alone',
      { emulator, issuers },
      ['  Other issuers    http://127.0.0.1:8082/', hosted],
      'http://127.0.0.1:8082/token?issuer=user-pool&email=bob@x.example',
    ],
    [
      "a machine's issuer",
      { emulator: { ...emulator, googleClientId: google.clientId, poolClient: undefined }, issuers },
      ['  Stand-in Google  http://127.0.0.1:8081/', '  Other issuers    http://127.0.0.1:8082/'],
      'http://127.0.0.1:8081/token?email=bob@x.example',
    ],
  ])('names the stand-ins of %s, and asks the right one for a token', (_, changes, lines, token) => {
    const text = served(changes).split('\n');
    expect(text.slice(4, text.indexOf('', 4))).toEqual(lines);
    expect(text).toContain(`    ID_TOKEN=$(curl -s '${token}')`);
  });

  it('shows with curl how alice is refused where the rules admit nobody', () => {
    const text = served({ accounts: [{ email: 'bob@x.example', path: undefined, note: '' }] });
    expect(text).toContain("/token?email=alice@example.com')\n");
    expect(text).toContain('curl -b jar http://localhost:8080/\n');
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
      'Safari keeps no Secure cookies on http://localhost: npm start -- --https, or sign in with Chrome or Firefox.\n',
    );
  });

  it('with https says that the browser warns, where to accept the certificate, and how commands trust it', () => {
    const text = served({
      emulator: { origin: 'https://localhost:8080', googleClientId: google.clientId, poolClient: undefined },
      google: { origin: 'https://127.0.0.1:8081' },
      certificate: { file: '/my site/certificate.pem' },
    });
    expect(text).toContain(
      [
        '  The certificate is made on this machine, so a browser warns once. Open each address there, and accept it:',
        '    https://127.0.0.1:8081/   https://localhost:8080/',
        '  curl --cacert FILE, wget --ca-certificate=FILE, Python: SSL_CERT_FILE, Node: NODE_EXTRA_CA_CERTS. FILE is',
        "    '/my site/certificate.pem'",
        '',
      ].join('\n'),
    );
    expect(text).toContain("$(curl --cacert '/my site/certificate.pem' -s 'https://127.0.0.1:8081/token?");
    expect(text).toContain("curl --cacert '/my site/certificate.pem' -b jar https://localhost:8080/\n");
    expect(text).not.toContain('Safari');
  });
});
