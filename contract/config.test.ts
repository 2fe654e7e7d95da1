import { describe, expect, it } from 'vitest';
import shipped from '../s3nator.config.ts';
import { type ConfigOptions, localSite, parseConfig, type SiteConfig, stateKey } from './config.ts';

const site: ConfigOptions['sites'][string] = {
  region: 'eu-west-1',
  content: null,
  providers: [{ kind: 'google', clientId: '1.apps.googleusercontent.com' }],
  identityPool: null,
  session: { cookieSeconds: 3600, maximumSeconds: 86_400 },
  access: { blocked: [], rules: [] },
};

const problemsOf = (change: object): readonly string[] => {
  const result = parseConfig({ sites: { docs: { ...site, ...change } } });
  return result.config === undefined ? result.problems : [];
};

const parsed = (change: object = {}): SiteConfig => {
  const result = parseConfig({ sites: { docs: { ...site, ...change } } });
  const docs = result.config?.sites['docs'];
  if (docs === undefined) throw new Error('the fixture is not a config');
  return docs;
};

describe('parseConfig', () => {
  it('accepts the config that a fresh clone ships with', () => {
    expect(parseConfig(shipped).config).toBeDefined();
  });

  it('fills in the defaults', () => {
    expect(parsed()).toMatchObject({
      stage: 'prod',
      openPaths: [],
      signing: { store: 's3', key: 'P-256', hash: 'SHA256' },
      session: { persistent: false, claims: [] },
      pages: { login: '/public/login.html', notFound: '/public/not-found.html' },
      domain: null,
      throttle: { requestsPerSecond: 20, burst: 40 },
    });
  });

  it('names the field, what was given and what is allowed', () => {
    expect(problemsOf({ session: { cookieSeconds: 10, maximumSeconds: 86_400 } })).toEqual([
      'sites.docs.session.cookieSeconds: got 10; allowed: a whole number of seconds from 60 to 604800',
    ]);
  });

  it('names the field, not the whole site, when two fields do not fit together', () => {
    expect(problemsOf({ session: { cookieSeconds: 3600, maximumSeconds: 60 } })).toEqual([
      'sites.docs.session.maximumSeconds: got 60; allowed: at least cookieSeconds',
    ]);
    expect(problemsOf({ pages: { login: '/docs/login.html' } })).toEqual([
      'sites.docs.pages.login: got "/docs/login.html"; allowed: a page on an open path, such as /public/login.html',
    ]);
  });

  it('shows what is no data, and the beginning of what is long', () => {
    expect(problemsOf({ region: () => 'x' })).toEqual([expect.stringMatching(/^sites\.docs\.region: got \(\) => /)]);
    const [problem = ''] = problemsOf({ region: 'x'.repeat(500) });
    expect(problem).toContain('xxx...;');
    expect(problem.length).toBeLessThan(200);
  });

  it('refuses rules that the API would not read: more than 4 MiB', () => {
    const emails = Array.from({ length: 130_000 }, (_, n) => `person-number-${n}@gmail.com`);
    expect(problemsOf({ access: { blocked: [], rules: [{ who: { emails } }] } })).toEqual([
      expect.stringMatching(/^sites\.docs\.access: got .{1,80}; allowed: rules that fit into 4 MiB of JSON/),
    ]);
  });

  it('names every wrong field at once', () => {
    expect(problemsOf({ region: 'Europe', logDays: 31 })).toHaveLength(2);
  });

  it('names a field that it does not know', () => {
    expect(problemsOf({ openPath: ['/x'] })).toEqual(['sites.docs.openPath: not a field that s3nator knows']);
  });

  it('names a required field that is missing', () => {
    const { access: _, ...rest } = site;
    const result = parseConfig({ sites: { docs: rest } });
    expect(result.config === undefined && result.problems[0]).toMatch(/^sites\.docs\.access: got nothing; allowed: /);
  });

  it('admits an error page on an open path of your own', () => {
    expect(problemsOf({ openPaths: ['/404.html'], pages: { notFound: '/404.html' } })).toEqual([]);
  });

  it.each([
    ['no sites', {}],
    ['an empty list of sites', { sites: {} }],
    ['a site name that AWS would refuse', { sites: { 'My Site': site } }],
    ['nothing', undefined],
    ['a text', 'config'],
  ])('refuses %s', (_, options) => {
    expect(parseConfig(options).config).toBeUndefined();
  });

  it.each([
    ['an open path that opens the whole site', { openPaths: ['/*'] }],
    ['an open path that opens the whole site by ?', { openPaths: ['/?*'] }],
    ['a bare wildcard', { openPaths: ['*'] }],
    ['an open path inside the API', { openPaths: ['/auth/x'] }],
    ['a session shorter than its cookies', { session: { cookieSeconds: 3600, maximumSeconds: 60 } }],
    ['an http origin', { allowedOrigins: ['http://app.example.com'] }],
    ['an origin with a path', { allowedOrigins: ['https://app.example.com/'] }],
    ['the origin *', { allowedOrigins: ['*'] }],
    [
      'an http key set',
      { providers: [{ kind: 'google', clientId: '1.apps.googleusercontent.com', keySetUrl: 'http://keys.example/' }] },
    ],
    ['no provider', { providers: [] }],
    ['two providers', { providers: [site.providers[0], site.providers[0]] }],
    ['identityPool: false', { identityPool: false }],
    ['a P-384 key', { signing: { store: 's3', key: 'P-384' } }],
    [
      'a certificate in another Region',
      {
        domain: {
          name: 'docs.example.com',
          hostedZone: null,
          certificateArn: 'arn:aws:acm:eu-west-1:111122223333:certificate/x',
        },
      },
    ],
    ['a domain with neither zone nor certificate', { domain: { name: 'docs.example.com', hostedZone: null } }],
    ['a domain outside its zone', { domain: { name: 'docs.example.org', hostedZone: 'example.com' } }],
    ['a login page behind the login', { pages: { login: '/docs/login.html' } }],
    ['a not-found page behind the login', { pages: { notFound: '/404.html' } }],
    ['a login page that is not a page', { pages: { login: '/login' } }],
    ['a login page that leaves its open folder', { pages: { login: '/public/../x.html' } }],
    ['a not-found page that goes through its own folder', { pages: { notFound: '/public/./x.html' } }],
    ['a page behind two slashes', { pages: { notFound: '/public//x.html' } }],
    ['a tag of our own', { tags: { stage: 'other' } }],
    ["a tag of AWS's own", { tags: { 'AWS:team': 'x' } }],
    ['a tag that AWS would refuse', { tags: { 'cost{center}': 'x' } }],
    ['a tag that is too long', { tags: { team: 'x'.repeat(257) } }],
    ['more tags than an S3 object takes', { tags: Object.fromEntries([...'abcdefgh'].map((name) => [name, ''])) }],
    ['state in no bucket', { state: { bucket: 'Not A Bucket', region: 'eu-west-1' } }],
    ['state at no key', { state: { bucket: 'states', region: 'eu-west-1', key: '/docs' } }],
    ['deletionProtection: null', { deletionProtection: null }],
    [
      'a rule on a claim that the session does not keep',
      { access: { blocked: [], rules: [{ who: { claims: { groups: ['staff'] } } }] } },
    ],
    ['an alarm that goes nowhere in particular', { alarms: {} }],
    ['alarms: false', { alarms: false }],
    ['an alarm for a telephone', { alarms: { notify: '+44 20 7946 0000' } }],
    ['an alarm for two addresses', { alarms: { notify: 'a@example.com, b@example.com' } }],
    ['an alarm for a queue', { alarms: { notify: 'arn:aws:sqs:eu-west-1:111122223333:ops' } }],
    ['an alarm for another Region', { alarms: { notify: 'arn:aws:sns:us-east-1:111122223333:ops' } }],
    ['an alarm at no denial', { alarms: { notify: null, denials: 0 } }],
    ['alarms without metrics', { alarms: { notify: null }, audit: { metrics: false } }],
    ['a dashboard without metrics', { dashboard: true, audit: { metrics: false } }],
    ['an audit field that does not exist', { audit: { pseudonymise: true } }],
    ['a rule that names nobody', { access: { blocked: [], rules: [{ who: {} }] } }],
  ])('refuses %s', (_, change) => {
    expect(problemsOf(change)).not.toEqual([]);
  });
});

describe('parseConfig, of accounts that are named by issuer', () => {
  const google = 'https://accounts.google.com';
  const slash = `${google}/`;

  it('takes the issuer of a provider of the site', () => {
    const person = { issuer: google, subject: '1' };
    expect(problemsOf({ access: { blocked: [person], rules: [{ who: { subjects: [person] } }] } })).toEqual([]);
  });

  it.each([slash, 'https://account.google.com', 'https://example.com'])('refuses %s, which blocks nobody', (issuer) => {
    expect(problemsOf({ access: { blocked: ['x@example.com', { issuer, subject: '1' }], rules: [] } })).toEqual([
      `sites.docs.access.blocked.1.issuer: got "${issuer}"; allowed: the issuer of a provider of this site (${google}), because of any other nobody comes`,
    ]);
  });

  it('refuses it in a rule, too, which would admit nobody', () => {
    const rules = [{ who: { anyone: true } }, { who: { subjects: [{ issuer: slash, subject: '1' }] } }];
    expect(problemsOf({ access: { blocked: [], rules } })).toEqual([
      expect.stringMatching(/^sites\.docs\.access\.rules\.1\.who\.subjects\.0\.issuer: got /),
    ]);
  });
});

describe('parseConfig, of several sites', () => {
  const problemsOfSites = (docs: object, wiki: object): readonly string[] => {
    const result = parseConfig({ sites: { docs: { ...site, ...docs }, wiki: { ...site, ...wiki } } });
    return result.config === undefined ? result.problems : [];
  };
  const domain = (name: string, ...aliases: string[]) => ({ domain: { name, aliases, hostedZone: 'example.com' } });
  const state = { bucket: 'states', region: 'eu-west-1' };

  it('refuses one host for two sites', () => {
    expect(problemsOfSites(domain('a.example.com'), domain('b.example.com', 'a.example.com'))).toEqual([
      'sites.wiki.domain.aliases.0: got "a.example.com"; allowed: another than that of sites.docs.domain.name',
    ]);
  });

  it('refuses one host twice', () => {
    expect(problemsOfSites(domain('a.example.com', 'a.example.com'), {})).toHaveLength(1);
  });

  it('refuses one state for two sites', () => {
    const same = { state: { ...state, key: 'one.tfstate' } };
    expect(problemsOfSites(same, same)).toEqual([
      'sites.wiki.state.key: got "one.tfstate"; allowed: another than that of sites.docs.state.key',
    ]);
  });

  it('keeps sites and stages apart in one bucket for state', () => {
    expect(problemsOfSites({ state }, { state })).toEqual([]);
    const keys = ['prod', 'test'].map((stage) => stateKey('docs', { ...parsed({ state }), stage }));
    expect(keys).toEqual(['s3nator/docs-prod.tfstate', 's3nator/docs-test.tfstate']);
  });
});

describe('localSite', () => {
  const local = {
    siteOrigin: 'http://localhost:8080',
    standInGoogle: 'http://127.0.0.1:8081',
    standInIssuers: 'http://127.0.0.1:8082',
  };

  it("replaces Google's addresses, the placeholder and the allowed origins, and nothing else", () => {
    const before = parsed({
      providers: [{ kind: 'google', clientId: 'YOUR_CLIENT_ID.apps.googleusercontent.com' }],
      allowedOrigins: ['https://app.example.com'],
    });
    expect(localSite(before, local)).toEqual({
      ...before,
      allowedOrigins: ['https://app.example.com', 'http://localhost:8080'],
      providers: [
        {
          kind: 'google',
          clientId: 'local.apps.googleusercontent.com',
          otherClientIds: [],
          scriptUrl: 'http://127.0.0.1:8081/gsi/client',
          keySetUrl: 'http://127.0.0.1:8081/oauth2/v3/certs',
        },
      ],
    });
  });

  it('keeps a client ID of your own', () => {
    expect(localSite(parsed(), local).providers[0]).toMatchObject({ clientId: '1.apps.googleusercontent.com' });
  });

  it('keeps the real Google when there is no stand-in', () => {
    expect(localSite(parsed(), { ...local, standInGoogle: null }).providers).toEqual(parsed().providers);
  });

  it('drops the custom domain, whose certificate does not exist on a laptop', () => {
    const domain = { name: 'docs.example.com', hostedZone: 'example.com' };
    expect(localSite(parsed({ domain }), local).domain).toBeNull();
  });
});
