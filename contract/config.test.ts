import { describe, expect, it } from 'vitest';
import shipped from '../s3nator.config.ts';
import { type ConfigOptions, parseConfig, type SiteConfig, stateKey } from './config.ts';

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

  it('says that keys in KMS do not support SHA-1, and lists the key stores', () => {
    const problems = (signing: object): unknown => parseConfig({ sites: { docs: { ...site, signing } } });
    expect(problems({ store: 'kms', hash: 'SHA1' })).toMatchObject({
      problems: ['sites.docs.signing.hash: got "SHA1"; allowed: \'SHA256\', because KMS signs nothing weaker'],
    });
    expect(problems({ store: 'vault' })).toMatchObject({
      problems: ["sites.docs.signing.store: got \"vault\"; allowed: 's3' or 'kms'"],
    });
  });

  it('fills in the defaults', () => {
    expect(parsed()).toMatchObject({
      stage: 'prod',
      openPaths: [],
      signing: { store: 's3', key: 'P-256', hash: 'SHA256' },
      session: { persistent: false, claims: [] },
      pages: { login: '/public/login.html', notFound: '/public/not-found.html' },
      domain: null,
      throttle: { requestsPerSecond: 20, burst: 40, renewals: { requestsPerSecond: 20, burst: 40 } },
    });
  });

  it('gives renewals the throttle of the other routes by default', () => {
    expect(parsed({ throttle: { requestsPerSecond: 5 } }).throttle.renewals).toEqual({
      requestsPerSecond: 5,
      burst: 40,
    });
    expect(parsed({ throttle: { renewals: { burst: 9 } } }).throttle).toEqual({
      requestsPerSecond: 20,
      burst: 40,
      renewals: { requestsPerSecond: 20, burst: 9 },
    });
    expect(problemsOf({ throttle: { renewals: { requestsPerSecond: 0 } } })).toEqual([
      'sites.docs.throttle.renewals.requestsPerSecond: got 0; ' +
        'allowed: a whole number of requests a second from 1 to 10000',
    ]);
  });

  it('names the field, what was given and what is allowed', () => {
    expect(problemsOf({ session: { cookieSeconds: 10, maximumSeconds: 86_400 } })).toEqual([
      'sites.docs.session.cookieSeconds: got 10; allowed: a whole number of seconds from 60 to 604800',
    ]);
  });

  it('keeps content types in the order in which they are written', () => {
    const contentTypes = { '/docs/*.ts': 'text/plain', '/*.ts': 'video/mp2t', '/a b/ü': 'text/html; charset=utf-8' };
    expect(Object.entries(parsed({ contentTypes }).contentTypes)).toEqual(Object.entries(contentTypes));
    expect(parsed().contentTypes).toEqual({});
  });

  it.each([
    ['a type without its second half', 'text'],
    ['capital letters', 'Text/Plain'],
    ['a header after a line break', 'text/plain\r\nSet-Cookie: a=b'],
    ['a line break at the end', 'text/plain\n'],
    ['a parameter that is a header', 'text/plain; charset=utf-8\nX: y'],
    ['a second value', 'text/plain, text/html'],
    ['a quoted parameter', 'text/plain; charset="utf-8"'],
    ['a reference of Terraform', 'text/${path.module}'],
    ['a directive of Terraform', 'text/%{if true}'],
    ['a wildcard', 'text/*'],
    ['a number', 1],
    ['a list', ['text/plain']],
  ])('refuses %s as a content type, and names the pattern', (_, type) => {
    expect(problemsOf({ contentTypes: { '/*.ts': type } })).toEqual([
      expect.stringMatching(
        /^sites\.docs\.contentTypes\.\/\*\.ts: got .*; allowed: a content type in lower case, such as 'text\/plain'/,
      ),
    ]);
  });

  it.each(['*.ts', 'docs/x', '', '/', '/a\nb', `/${'a'.repeat(255)}`])(
    'refuses %j as a pattern for content types',
    (pattern) => {
      expect(problemsOf({ contentTypes: { [pattern]: 'text/plain' } })).toEqual([
        expect.stringContaining(
          'allowed: a path pattern of files, such as /docs/*.ts, /*.ts for all files of one kind',
        ),
      ]);
    },
  );

  it('takes patterns of files that never change, a list without any, or null', () => {
    expect(parsed().immutable).toBeNull();
    expect(parsed({ immutable: [] }).immutable).toEqual([]);
    expect(parsed({ immutable: ['/static/*'] }).immutable).toEqual(['/static/*']);
    expect(problemsOf({ immutable: ['static/*'] })).toEqual([
      expect.stringMatching(/^sites\.docs\.immutable\.0: got "static\/\*"; allowed: a path pattern of files, such as /),
    ]);
    expect(problemsOf({ immutable: true })).toEqual([
      'sites.docs.immutable: got true; allowed: a list of path patterns, or null',
    ]);
    const many = Array.from({ length: 101 }, (_, n) => `/${n}`);
    expect(problemsOf({ immutable: many })).toEqual([expect.stringContaining('allowed: at most 100 patterns')]);
  });

  it('refuses content types that are not an object, and more than a hundred', () => {
    expect(problemsOf({ contentTypes: ['text/plain'] })).toHaveLength(1);
    const many = Object.fromEntries(Array.from({ length: 101 }, (_, n) => [`/${n}`, 'text/plain']));
    expect(problemsOf({ contentTypes: many })).toEqual([expect.stringContaining('allowed: at most 100 patterns')]);
  });

  it('names the field, not the whole site, if two fields contradict each other', () => {
    expect(problemsOf({ session: { cookieSeconds: 3600, maximumSeconds: 60 } })).toEqual([
      'sites.docs.session.maximumSeconds: got 60; allowed: at least cookieSeconds',
    ]);
    expect(problemsOf({ pages: { login: '/docs/login.html' } })).toEqual([
      'sites.docs.pages.login: got "/docs/login.html"; allowed: a page on an open path, such as /public/login.html',
    ]);
  });

  it('shows values that are not data, and the beginning of long ones', () => {
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
    expect(result.config === undefined && result.problems).toEqual(['sites.docs.access: missing']);
  });

  it('names a missing nested field, and says what is allowed for a wrong kind', () => {
    expect(problemsOf({ domain: { name: 'docs.example.com' }, session: 3600 })).toEqual([
      'sites.docs.session: got 3600; allowed: an object with fields, { … }',
      'sites.docs.domain.hostedZone: missing',
    ]);
  });

  it('accepts an error page on one of your open paths', () => {
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
    ['identityPool: false', { identityPool: false }],
    ['a P-384 key', { signing: { store: 's3', key: 'P-384' } }],
    ['SHA-1 with a key in KMS', { signing: { store: 'kms', hash: 'SHA1' } }],
    ['another store', { signing: { store: 'vault' } }],
    ['no store', { signing: { key: 'P-256' } }],
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
    ['a login page in a folder that begins like the open one', { pages: { login: '/publicity/login.html' } }],
    ['a not-found page in one', { pages: { notFound: '/publicity/404.html' } }],
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
    [
      'a web ACL that Terraform would evaluate',
      { webAclArn: 'arn:aws:wafv2:us-east-1:111122223333:global/webacl/${path.root}' },
    ],
    ['a mail that Terraform would evaluate', { alarms: { notify: '${file("/etc/passwd")}@evil.example' } }],
    ['a mail to an address with a line break', { alarms: { notify: 'ops@example.com\n' } }],
    ['a mail to an address that turns round', { alarms: { notify: 'ops\u202e@example.com' } }],
    ['requests for access from nobody', { accessRequests: { notify: null } }],
    ['requests for access from an empty list', { accessRequests: { mayAsk: { hostedDomains: [] }, notify: null } }],
    ['requests for access from a pattern', { accessRequests: { mayAsk: { hostedDomains: ['*'] }, notify: null } }],
    ['requests for access from addresses', { accessRequests: { mayAsk: { emails: ['a@example.com'] }, notify: null } }],
    ['requests for access that say nothing of notify', { accessRequests: { mayAsk: 'anyone' } }],
    ['no request for access at all', { accessRequests: { mayAsk: 'anyone', notify: null, maximumOpen: 0 } }],
    ['more requests than one list has', { accessRequests: { mayAsk: 'anyone', notify: null, maximumOpen: 1001 } }],
    [
      'requests that are told to another Region',
      { accessRequests: { mayAsk: 'anyone', notify: 'arn:aws:sns:us-east-1:111122223333:ops' } },
    ],
    ['an audit field that does not exist', { audit: { pseudonymise: true } }],
    ['a rule that names nobody', { access: { blocked: [], rules: [{ who: {} }] } }],
  ])('refuses %s', (_, change) => {
    expect(problemsOf(change)).not.toEqual([]);
  });
});

describe('parseConfig, for limits', () => {
  const requests = (change: object) => ({ accessRequests: { mayAsk: 'anyone', notify: null, ...change } });
  const session = (change: object) => ({ session: { ...site.session, ...change } });
  const times = (cookieSeconds: number, maximumSeconds: number) => session({ cookieSeconds, maximumSeconds });
  const state = (change: object) => ({ state: { bucket: 'states', region: 'eu-west-1', ...change } });
  const paths = (count: number) => ({ openPaths: Array.from({ length: count }, (_, at) => `/${at}.txt`) });
  const tags = (count: number) => ({
    tags: Object.fromEntries(Array.from({ length: count }, (_, at) => [`t${at}`, ''])),
  });
  const domain = (change: object) => ({ domain: { name: 'docs.example.com', hostedZone: 'example.com', ...change } });

  it.each<[string, object, object]>([
    ['cookieSeconds', times(60, 60), times(59, 60)],
    ['cookieSeconds', times(604_800, 604_800), times(604_801, 604_801)],
    ['cookieSeconds', session({ cookieSeconds: 61 }), session({ cookieSeconds: 60.5 })],
    ['maximumSeconds', times(60, 2_592_000), times(60, 2_592_001)],
    ['maximumSeconds', times(600, 600), times(600, 599)],
    ['claims.0', session({ claims: ['c'.repeat(100)] }), session({ claims: ['c'.repeat(101)] })],
    ['claims.0', session({ claims: ['custom:a/b.c'] }), session({ claims: ['a b'] })],
    ['requestsPerSecond', { throttle: { requestsPerSecond: 1 } }, { throttle: { requestsPerSecond: 0 } }],
    ['requestsPerSecond', { throttle: { requestsPerSecond: 10_000 } }, { throttle: { requestsPerSecond: 10_001 } }],
    ['burst', { throttle: { burst: 1 } }, { throttle: { burst: 0 } }],
    ['burst', { throttle: { burst: 5_000 } }, { throttle: { burst: 5_001 } }],
    ['renewals.burst', { throttle: { renewals: { burst: 1 } } }, { throttle: { renewals: { burst: 0 } } }],
    ['maximumOpen', requests({ maximumOpen: 1 }), requests({ maximumOpen: 0 })],
    ['maximumOpen', requests({ maximumOpen: 1_000 }), requests({ maximumOpen: 1_001 })],
    ['denials', { alarms: { notify: null, denials: 1 } }, { alarms: { notify: null, denials: 0 } }],
    ['denials', { alarms: { notify: null, denials: 100_000 } }, { alarms: { notify: null, denials: 100_001 } }],
    ['stage', { stage: 'a'.repeat(12) }, { stage: 'a'.repeat(13) }],
    ['stage', { stage: 'a1' }, { stage: '1a' }],
    ['content', { content: 'site' }, { content: '' }],
    ['openPaths', paths(70), paths(71)],
    ['tags', tags(7), tags(8)],
    ['tags', { tags: { ['t'.repeat(128)]: '' } }, { tags: { ['t'.repeat(129)]: '' } }],
    ['tags.t', { tags: { t: 'x'.repeat(256) } }, { tags: { t: 'x'.repeat(257) } }],
    ['tags', { tags: { awsome: '' } }, { tags: { 'aws:x': '' } }],
    ['bucket', state({ bucket: 'abc' }), state({ bucket: 'ab' })],
    ['bucket', state({ bucket: 'a'.repeat(63) }), state({ bucket: 'a'.repeat(64) })],
    ['state.key', state({ key: 'sites/docs.tfstate' }), state({ key: 'sites//docs.tfstate' })],
    ['hostedZone', domain({}), domain({ name: 'notexample.com' })],
    ['hostedZone', domain({ name: 'example.com' }), domain({ aliases: ['docs.example.org'] })],
    ['domain.name', domain({}), domain({ name: 'Docs.example.com' })],
    ['region', { region: 'us-gov-west-1' }, { region: 'eu-west-1a' }],
    ['logDays', { logDays: 3_653 }, { logDays: 0 }],
    [
      'accessLogs.bucket',
      { accessLogs: { bucket: 'logs.s3.eu-west-1.amazonaws.com' } },
      { accessLogs: { bucket: 'logs.s3.amazonaws.com.evil.example' } },
    ],
    [
      'webAclArn',
      { webAclArn: 'arn:aws:wafv2:us-east-1:111122223333:global/webacl/a/b' },
      { webAclArn: 'arn:aws:wafv2:eu-west-1:111122223333:regional/webacl/a/b' },
    ],
    [
      'accessRequests.notify',
      requests({ notify: 'arn:aws:sns:eu-west-1:111122223333:ops' }),
      requests({ notify: 'arn:aws:sns:eu-west-2:111122223333:ops' }),
    ],
    ['alarms.notify', { alarms: { notify: 'ops@example.com' } }, { alarms: { notify: 'ops{x}@example.com' } }],
    ['alarms.notify', { alarms: { notify: 'o&s@example.com' } }, { alarms: { notify: 'o%s@example.com' } }],
  ])('accepts the %s at the limit and refuses the next one', (field, good, bad) => {
    expect(problemsOf(good)).toEqual([]);
    const problems = problemsOf(bad);
    expect(problems).not.toEqual([]);
    for (const problem of problems) expect(problem).toContain(`.${field}`);
  });

  it('accepts a site name of 20 characters, and refuses 21', () => {
    const named = (name: string) => parseConfig({ sites: { [name]: site } }).config;
    expect([named('a'.repeat(20)) === undefined, named('a'.repeat(21)) === undefined]).toEqual([false, true]);
  });

  it('limits the rules to 1 KiB less than a document, for its other fields', () => {
    const access = (...texts: string[]) => ({ blocked: [], rules: [{ who: { claims: { c: texts } }, path: '/*' }] });
    const many = Array.from({ length: 15_763 }, () => 'x'.repeat(250));
    const withLast = (bytes: number) => {
      const missing = bytes - JSON.stringify(access(...many, ''), null, 2).length;
      return { ...session({ claims: ['c'] }), access: access(...many, 'x'.repeat(missing)) };
    };
    expect(problemsOf(withLast(4_193_279))).toEqual([]);
    expect(problemsOf(withLast(4_193_280))).toEqual([expect.stringContaining('rules that fit into 4 MiB')]);
  });
});

describe('parseConfig, for open paths', () => {
  it('says why a pattern is refused, and where it is', () => {
    expect(problemsOf({ openPaths: ['/robots.txt', '/*e*'] })).toEqual([
      expect.stringMatching(
        /^sites\.docs\.openPaths\.1: got "\/\*e\*"; allowed: an exact path such as \/robots\.txt, a folder such as/,
      ),
    ]);
    expect(problemsOf({ openPaths: ['/a.txt', '/b.txt', '/a.txt'] })).toEqual([
      expect.stringContaining('allowed: each pattern once'),
    ]);
  });

  it('refuses /team with index rewriting, which would open nothing, and accepts it without', () => {
    expect(problemsOf({ openPaths: ['/x.txt', '/team'], indexRewriting: true })).toEqual([
      expect.stringMatching(
        /^sites\.docs\.openPaths\.1: got "\/team"; allowed: with indexRewriting .*add it to indexRewriting\.except$/,
      ),
    ]);
    expect(problemsOf({ openPaths: ['/team'] })).toEqual([]);
    expect(problemsOf({ openPaths: ['/team'], indexRewriting: { except: ['/team'] } })).toEqual([]);
  });
});

describe('parseConfig, for the function', () => {
  it('has none by default, and completes a short form', () => {
    expect(parsed()).toMatchObject({ indexRewriting: null, fallback: null });
    expect(parsed({ indexRewriting: false }).indexRewriting).toBeNull();
    expect(parsed({ indexRewriting: true }).indexRewriting).toEqual({ except: [] });
    expect(parsed({ fallback: '/app.html' }).fallback).toEqual({ page: '/app.html', except: [] });
    expect(parsed({ fallback: { page: '/a/b.html' } }).fallback).toEqual({ page: '/a/b.html', except: [] });
  });

  it.each([
    { indexRewriting: true },
    { indexRewriting: { except: ['/bin/*'] } },
    { fallback: '/app.html' },
    { fallback: { page: '/app.html', except: ['/docs/*'] } },
    {},
  ])('takes what it returned for %j', (change) => {
    const { indexRewriting, fallback } = parsed(change);
    expect(parsed({ indexRewriting, fallback })).toEqual(parsed(change));
  });

  it.each(['/', '/about', '/docs/', '/docs/*', '/équipe/a b', '/v1.2/*'])('accepts the exception %s', (one) => {
    expect(problemsOf({ fallback: { page: '/app.html', except: [one] }, indexRewriting: { except: [one] } })).toEqual(
      [],
    );
  });

  it.each(['', 'about', '/*', '/do*', '/*/x', '//', '//evil.example', '/a\nb', '/a?b'])(
    'refuses the exception %j',
    (one) => {
      expect(problemsOf({ indexRewriting: { except: [one] } })).toEqual([
        expect.stringMatching(
          /^sites\.docs\.indexRewriting\.except\.0: got .*; allowed: an address such as \/about, or/,
        ),
      ]);
    },
  );

  it.each(['app.html', '/app', '/public/app.html', '/auth/app.html', '/../app.html', '//app.html', '/a b.html', ''])(
    'refuses the fallback page %j',
    (page) => {
      expect(problemsOf({ fallback: page })).toEqual([
        expect.stringMatching(
          /^sites\.docs\.fallback: got .*; allowed: the absolute path of an \.html page of the content/,
        ),
      ]);
    },
  );

  it('names what is allowed for a value of another kind', () => {
    expect(problemsOf({ fallback: true, indexRewriting: 'yes' })).toEqual([
      expect.stringMatching(/^sites\.docs\.indexRewriting: got "yes"; allowed: true, false, or \{ except/),
      expect.stringMatching(/^sites\.docs\.fallback: got true; allowed: a page such as '\/app\.html', or \{ page/),
    ]);
  });
});

describe('parseConfig, for the paths of rules', () => {
  it.each([
    ['/équipe/*', '/%C3%A9quipe/*, the form that browsers send'],
    ['/a b.html', '/a%20b.html, the form that browsers send'],
    ['/%c3%a9quipe/*', '/%C3%A9quipe/*, the form that browsers send'],
    ['/%7euser/*', '/~user/*, the form that browsers send'],
    ['/a/%2e%2e/b', 'a path without segments of dots, which browsers take out'],
    ['/a/./*', 'a path without segments of dots, which browsers take out'],
    ['/100%/*', 'an absolute, percent-encoded path'],
  ])('refuses %s, and says what is allowed', (path, allowed) => {
    const rules = [{ who: { anyone: true } }, { who: { anyone: true }, path }];
    const [problem = '', ...others] = problemsOf({ access: { blocked: [], rules } });
    expect(others).toEqual([]);
    expect(problem).toContain(`sites.docs.access.rules.1.path: got ${JSON.stringify(path)}; allowed: ${allowed}`);
  });

  it('accepts what browsers send', () => {
    const rules = ['/%C3%A9quipe/*', '/a%2Fb', '/%2A', '/c++/*', '/~user/', '/.w*'].map((path) => ({
      who: { anyone: true },
      path,
    }));
    expect(problemsOf({ access: { blocked: [], rules } })).toEqual([]);
  });
});

describe('parseConfig, for origins', () => {
  it.each([
    'https://app.example.com',
    'https://app.example.com:8443',
    'https://intranet',
    'https://10.0.0.5',
    'https://[2001:db8::1]',
    'https://xn--bcher-kva.example',
    'http://localhost:3000',
    'http://[::1]:3000',
    'http://127.0.0.1',
  ])('accepts %s, which browsers send', (origin) => {
    expect(problemsOf({ allowedOrigins: [origin] })).toEqual([]);
  });

  it.each([
    ['https://*.example.com', 'each origin by itself, because a wildcard is compared as it is and matches none'],
    ['https://*', 'each origin by itself'],
    ['https://app.example.com/', 'https://app.example.com, as browsers write it'],
    ['https://app.example.com/page', 'https://app.example.com, as browsers write it'],
    ['https://App.Example.com', 'https://app.example.com, as browsers write it'],
    ['https://app.example.com:443', 'https://app.example.com, as browsers write it'],
    ['https://b\u00fccher.example', 'https://xn--bcher-kva.example, as browsers write it'],
    ['https://\u212aexample.com', 'https://kexample.com, as browsers write it'],
    ['https://user@app.example.com', 'https://app.example.com, as browsers write it'],
    ['https://app.example.com?x', 'https://app.example.com, as browsers write it'],
    [' https://app.example.com', 'https://app.example.com, as browsers write it'],
    ['https:app.example.com', 'https://app.example.com, as browsers write it'],
    ['https://app.example.com.', 'an https:// origin without path'],
    ['https://under_score.example.com', 'an https:// origin without path'],
    ['http://app.example.com', '(http only for localhost)'],
    ['http://localhost.example.com', '(http only for localhost)'],
    ['app.example.com', 'an https:// origin without path'],
    ['null', 'an https:// origin without path'],
    ['*', 'an https:// origin without path'],
    ['', 'an https:// origin without path'],
  ])('refuses %j, which no browser sends, and suggests what browsers do send', (origin, allowed) => {
    const problems = problemsOf({ allowedOrigins: ['https://good.example.com', origin] });
    expect(problems).toEqual([expect.stringContaining(allowed)]);
    expect(problems[0]).toMatch(/^sites\.docs\.allowedOrigins\.1: got /);
  });
});

describe('parseConfig, for addresses and domains that no token can have', () => {
  it('refuses them, names each, and suggests the intended one', () => {
    const rules = [
      { who: { emails: ['bob@example.com', 'al\u200bice@example.com'], hostedDomains: ['\u212aexample.com'] } },
    ];
    expect(problemsOf({ access: { blocked: ['<eve@example.com>'], rules } })).toEqual([
      'sites.docs.access.blocked.0: got "<eve@example.com>"; ' +
        'allowed: an address without < (U+003C). Did you mean eve@example.com?',
      'sites.docs.access.rules.0.who.hostedDomains.0: got "\u212aexample.com"; ' +
        'allowed: a domain in ASCII (xn--...), which \u212a (U+212A) is not',
      'sites.docs.access.rules.0.who.emails.1: got "al\\u200bice@example.com"; ' +
        'allowed: an address in ASCII, which U+200B is not: no other address of a token is believed. ' +
        'Did you mean alice@example.com?',
    ]);
  });

  it.each(['ops@example.com.', '<ops@example.com>', 'ops@example', 'op s@example.com', 'ops@\u212aexample.com'])(
    'refuses %j as an address for mail',
    (notify) => {
      expect(problemsOf({ accessRequests: { mayAsk: 'anyone', notify } })).toEqual([
        expect.stringContaining('accessRequests.notify: got'),
      ]);
    },
  );

  it('keeps the spelling of a mail address, because another spelling is another subscription', () => {
    const { accessRequests } = parsed({ accessRequests: { mayAsk: 'anyone', notify: 'Ops+docs@Example.com' } });
    expect(accessRequests?.notify).toBe('Ops+docs@Example.com');
  });
});

describe('parseConfig, for accounts that are named by issuer', () => {
  const google = 'https://accounts.google.com';
  const slash = `${google}/`;

  it('accepts the issuer of a provider of the site', () => {
    const person = { issuer: google, subject: '1' };
    expect(problemsOf({ access: { blocked: [person], rules: [{ who: { subjects: [person] } }] } })).toEqual([]);
  });

  it.each([slash, 'https://account.google.com', 'https://example.com'])('refuses %s, which blocks nobody', (issuer) => {
    expect(problemsOf({ access: { blocked: ['x@example.com', { issuer, subject: '1' }], rules: [] } })).toEqual([
      `sites.docs.access.blocked.1.issuer: got "${issuer}"; ` +
        `allowed: the issuer of a provider of this site (${google}); nobody signs in with any other`,
    ]);
  });

  it('also refuses it in a rule, which would admit nobody', () => {
    const rules = [{ who: { anyone: true } }, { who: { subjects: [{ issuer: slash, subject: '1' }] } }];
    expect(problemsOf({ access: { blocked: [], rules } })).toEqual([
      expect.stringMatching(/^sites\.docs\.access\.rules\.1\.who\.subjects\.0\.issuer: got /),
    ]);
  });
});

describe('parseConfig, for providers', () => {
  const google = { kind: 'google', clientId: '1.apps.googleusercontent.com' };
  const existing = { userPoolId: 'eu-west-1_AbC123', clientId: '1client', domain: 'sign-in.example.com' };
  const pool = { kind: 'cognitoUserPool', existing };
  const provision = { domainPrefix: 'docs', passwords: { selfSignUp: false } };
  const machine = { kind: 'oidc', issuer: 'https://ci.example', audiences: ['docs'] };
  const saml = { kind: 'saml', name: 'Okta', metadata: 'https://example.okta.com/metadata' };
  const poolIssuer = 'https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbC123';
  const of = (...providers: object[]) => problemsOf({ providers });
  const one = (text: string): unknown => [expect.stringContaining(text)];

  it('accepts one of each kind, and any number of machine issuers', () => {
    expect(of(google, pool, machine, { ...machine, issuer: 'https://ci.example/two' })).toEqual([]);
    expect(of(pool)).toEqual([]);
    expect(of({ kind: 'cognitoUserPool', provision })).toEqual([]);
  });

  it("accepts trusted domains by the names of a pool's providers, and by any name for an existing pool", () => {
    const federated = [saml, { kind: 'byHand', name: 'Google' }];
    const trustedDomains = { Okta: ['example.com'], Google: ['example.org'], Cognito: [] };
    expect(of({ kind: 'cognitoUserPool', provision: { ...provision, federated }, trustedDomains })).toEqual([]);
    // Which providers a pool has that was there before, no config knows.
    expect(of({ ...pool, trustedDomains: { 'Partner_AG.1': ['partner.example'] } })).toEqual([]);
  });

  it('fills in the defaults', () => {
    expect(parsed({ providers: [pool, machine] }).providers).toEqual([
      {
        kind: 'cognitoUserPool',
        existing,
        label: 'Sign in with your account',
        trustedDomains: {},
        logout: false,
        hostedSignIn: null,
        endpoint: null,
      },
      { ...machine, algorithm: 'RS256', keySetUrl: null, discoveryUrl: null, trustedDomains: [] },
    ]);
  });

  it('refuses two with the same issuer, and names both', () => {
    expect(of(google, machine, { ...machine, audiences: ['other'] })).toEqual(
      one('providers.2.issuer: got "https://ci.example"; allowed: another issuer than that of providers.1.issuer'),
    );
    expect(of(google, google)).toEqual(
      one('providers.1.kind: got "google"; allowed: another issuer than that of providers.0.kind'),
    );
    expect(of(pool, { kind: 'cognitoUserPool', provision })).toEqual(one('providers.1.kind: got "cognitoUserPool"'));
    expect(of(google, pool, { ...machine, issuer: poolIssuer })).toEqual(
      one(
        'providers.2.issuer: got "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbC123"; ' +
          'allowed: another issuer than that of providers.1.existing',
      ),
    );
  });

  it.each(['https://ci.example/', 'https://CI.example', 'https://ci.example:443'])(
    'refuses %s next to https://ci.example: one of the two is never the issuer',
    (issuer) => {
      expect(of(google, machine, { ...machine, issuer })).toEqual(one('providers.2.issuer: got'));
    },
  );

  it.each(['https://accounts.google.com', 'https://accounts.google.com/'])(
    "refuses %s as a machine's issuer, with or without Google",
    (issuer) => {
      expect(of(google, { ...machine, issuer })).toEqual(one('providers.1.issuer: got'));
      expect(of(pool, { ...machine, issuer })).toEqual(one("an issuer that is not Google's"));
    },
  );

  it.each<[string, readonly object[], string]>([
    ['nobody who signs in on a page', [machine], 'providers: got [{"kind":"oidc"'],
    ['a kind that it does not know', [{ kind: 'okta' }], 'providers.0.kind: got "okta"'],
    [
      "Google's issuer without its scheme",
      [google, { ...machine, issuer: 'accounts.google.com' }],
      'providers.1.issuer',
    ],
    ['an issuer without TLS', [google, { ...machine, issuer: 'http://ci.example' }], 'providers.1.issuer'],
    ['an issuer with a query', [google, { ...machine, issuer: 'https://ci.example?x' }], 'providers.1.issuer'],
    ['an issuer with a user name', [google, { ...machine, issuer: 'https://a@ci.example' }], 'providers.1.issuer'],
    ['a key set without TLS', [google, { ...machine, keySetUrl: 'http://ci.example/keys' }], 'providers.1.keySetUrl'],
    ['no audience', [google, { ...machine, audiences: [] }], 'providers.1.audiences'],
    ['HS256', [google, { ...machine, algorithm: 'HS256' }], 'providers.1.algorithm'],
    ['none', [google, { ...machine, algorithm: 'none' }], 'providers.1.algorithm'],
    [
      'a domain of a whole user pool, as one wrote it before, and shows the new form',
      [google, { ...pool, trustedDomains: ['example.com'] }],
      'providers.1.trustedDomains: got ["example.com"]; ' +
        "allowed: the domains of each provider in the pool by its name, such as { Okta: ['example.com'] }",
    ],
    [
      'a domain that is a pattern, of a provider in a pool',
      [{ ...pool, trustedDomains: { Okta: ['*.example'] } }],
      'trustedDomains.Okta.0',
    ],
    ['a provider in a pool without a name', [{ ...pool, trustedDomains: { '': ['example.com'] } }], 'trustedDomains'],
    [
      'a provider that could not be told from what every object has',
      [{ ...pool, trustedDomains: JSON.parse('{ "__proto__": ["example.com"] }') }],
      'providers.0.trustedDomains',
    ],
    [
      'a provider that the pool has not, by its exact name',
      [{ kind: 'cognitoUserPool', provision, trustedDomains: { cognito: ['example.com'] } }],
      'trustedDomains.cognito: got ["example.com"]; allowed: the name of a provider of this pool (Cognito)',
    ],
    ...['Google', 'signinwithapple', 'Cognito'].map((name): [string, readonly object[], string] => [
      `a provider of one's own that is called ${name}`,
      [{ kind: 'cognitoUserPool', provision: { ...provision, federated: [{ ...saml, name }] } }],
      'federated.0.name',
    ]),
    ...['google', 'Cognito'].map((name): [string, readonly object[], string] => [
      `a provider made by hand that is called ${name}`,
      [{ kind: 'cognitoUserPool', provision: { ...provision, federated: [{ kind: 'byHand', name }] } }],
      'federated.0.name',
    ]),
    ['a domain that is a pattern', [google, { ...machine, trustedDomains: ['*.example'] }], 'trustedDomains.0'],
    ['a user pool that is neither there nor to be made', [{ kind: 'cognitoUserPool' }], 'providers.0.existing'],
    ['a user pool that is both', [{ ...pool, provision }], 'providers.0.existing'],
    [
      'a prefix that Cognito refuses',
      [{ kind: 'cognitoUserPool', provision: { ...provision, domainPrefix: 'my-aws' } }],
      'domainPrefix',
    ],
    [
      'a user pool for nobody',
      [{ kind: 'cognitoUserPool', provision: { domainPrefix: 'x', passwords: null } }],
      'federated',
    ],
    [
      'two federated providers of one name',
      [
        {
          kind: 'cognitoUserPool',
          provision: {
            ...provision,
            federated: [
              { kind: 'byHand', name: 'Okta' },
              { kind: 'byHand', name: 'okta' },
            ],
          },
        },
      ],
      'federated: got',
    ],
    [
      'SAML metadata that is not metadata',
      [
        {
          kind: 'cognitoUserPool',
          provision: { ...provision, federated: [{ kind: 'saml', name: 'Okta', metadata: 'okta.xml' }] },
        },
      ],
      'metadata',
    ],
  ])('refuses %s', (_, providers, field) => {
    expect(of(...providers)).toEqual(one(field));
  });

  it.each<[string, object, string]>([
    [
      'a directive of the page policy in the address of a script',
      { ...google, scriptUrl: "https://accounts.google.com/gsi/client; script-src 'unsafe-inline' *" },
      'providers.0.scriptUrl',
    ],
    [
      'a script that is not Google’s',
      { ...google, scriptUrl: 'https://cdn.example/gsi/client' },
      'providers.0.scriptUrl',
    ],
    ['a script on this machine', { ...google, scriptUrl: 'http://localhost/gsi/client' }, 'providers.0.scriptUrl'],
    ['words for a switch', { ...google, redirectOnIos: 'no' }, 'providers.0.redirectOnIos'],
    ['a second source in it', { ...google, scriptUrl: 'https://accounts.google.com/x,*' }, 'providers.0.scriptUrl'],
    ['a blank before an address', { ...google, keySetUrl: ' https://x.example/' }, 'providers.0.keySetUrl'],
    ['a tab that URLs do not have', { ...google, keySetUrl: 'https://www.\tgoogleapis.com/' }, 'providers.0.keySetUrl'],
    ['a template in an address', { ...google, keySetUrl: 'https://x.example/${path.root}' }, 'providers.0.keySetUrl'],
    [
      'a directive in the host of a hosted sign-in',
      { ...pool, hostedSignIn: "a.example/; script-src 'unsafe-inline'" },
      'providers.0.hostedSignIn',
    ],
    [
      'a user name in it, which makes another host',
      { ...pool, hostedSignIn: 'a.example@evil.example' },
      'hostedSignIn',
    ],
    ['a path in it', { ...pool, hostedSignIn: 'evil.example/a.example' }, 'providers.0.hostedSignIn'],
    ['a label with markup that turns round', { ...pool, label: 'Sign \u202ein' }, 'providers.0.label'],
  ])('refuses %s', (_, provider, field) => {
    expect(of(provider)).toEqual(one(field));
  });

  const made = (change: object) => ({ kind: 'cognitoUserPool', provision: { ...provision, ...change } });
  const by = (federated: object) => made({ federated: [{ ...saml, ...federated }] });
  const byOidc = (change: object) => {
    const { metadata: _, ...named } = saml;
    const oidc = { ...named, kind: 'oidc', issuer: 'https://x.example', clientId: 'c', secret: 's', ...change };
    return made({ federated: [oidc] });
  };
  const many = (count: number) =>
    made({ federated: Array.from({ length: count }, (_, at) => ({ ...saml, name: `Okta${at}` })) });
  const passwords = (minimumLength: number) => made({ passwords: { selfSignUp: true, minimumLength } });
  const there = (change: object) => ({ ...pool, existing: { ...existing, ...change } });
  const believed = (name: string) => ({ ...pool, trustedDomains: { [name]: ['example.com'] } });

  it.each<[string, object, object]>([
    ['label', { ...pool, label: 'x'.repeat(60) }, { ...pool, label: 'x'.repeat(61) }],
    ['label', { ...pool, label: 'x' }, { ...pool, label: '' }],
    ['domainPrefix', made({ domainPrefix: 'a'.repeat(63) }), made({ domainPrefix: 'a'.repeat(64) })],
    ['domainPrefix', made({ domainPrefix: 'a-b' }), made({ domainPrefix: 'a-' })],
    ['domainPrefix', made({ domainPrefix: 'amazo' }), made({ domainPrefix: 'my-amazon' })],
    ['domainPrefix', made({ domainPrefix: 'cognit' }), made({ domainPrefix: 'cognito' })],
    ['minimumLength', passwords(8), passwords(7)],
    ['minimumLength', passwords(99), passwords(100)],
    ['federated', many(50), many(51)],
    ['federated.0.name', by({ name: 'abc' }), by({ name: 'ab' })],
    ['federated.0.name', by({ name: 'a'.repeat(32) }), by({ name: 'a'.repeat(33) })],
    ['federated.0.name', by({ name: 'a-b' }), by({ name: 'a_b' })],
    ['federated.0.metadata', by({ metadata: ' <EntityDescriptor/> ' }), by({ metadata: 'http://x.example/m' })],
    [
      'attributes.email',
      by({ attributes: { email: 'm'.repeat(250) } }),
      by({ attributes: { email: 'm'.repeat(251) } }),
    ],
    ['trustedDomains', believed('x'.repeat(32)), believed('x'.repeat(33))],
    ['userPoolId', there({ userPoolId: 'eu-west-1_A' }), there({ userPoolId: 'eu-west-1_' })],
    [
      'userPoolId',
      there({ userPoolId: `eu-west-1_${'A'.repeat(45)}` }),
      there({ userPoolId: `eu-west-1_${'A'.repeat(46)}` }),
    ],
    ['existing.clientId', there({ clientId: 'c'.repeat(128) }), there({ clientId: 'c'.repeat(129) })],
    ['existing.domain', there({ domain: 'a.example' }), there({ domain: 'https://a.example' })],
    ['hostedSignIn', { ...pool, hostedSignIn: 'a.example:65535' }, { ...pool, hostedSignIn: 'a.example:655350' }],
    ['clientId', google, { ...google, clientId: '1.apps.googleusercontent.com.evil.example' }],
    ['otherClientIds.0', { ...google, otherClientIds: ['robot.1'] }, { ...google, otherClientIds: ['a b'] }],
  ])('accept the %s at the limit and refuse the next one', (field, good, bad) => {
    expect(of(good)).toEqual([]);
    expect(of(bad)).toEqual(one(field));
  });

  it.each<[string, object, object]>([
    ['clientId', { clientId: 'c'.repeat(255) }, { clientId: 'c'.repeat(256) }],
    ['secret', { secret: 's'.repeat(512) }, { secret: 's'.repeat(513) }],
    ['scopes.0', { scopes: ['s'.repeat(100)] }, { scopes: ['s'.repeat(101)] }],
    ['issuer', { issuer: 'https://x.example/a' }, { issuer: 'http://x.example' }],
  ])('accept the %s of a federated provider at the limit and refuse the next one', (field, good, bad) => {
    const state = { bucket: 'states', region: 'eu-west-1' };
    expect(problemsOf({ providers: [byOidc(good)], state })).toEqual([]);
    expect(problemsOf({ providers: [byOidc(bad)], state })).toEqual(one(`federated.0.${field}`));
  });

  const secret = 's3nator/docs/google';
  const federated = [{ kind: 'google', clientId: 'g', secret }];

  it('accepts the name of a client secret only if the state is in a bucket', () => {
    const providers = [{ kind: 'cognitoUserPool', provision: { ...provision, federated } }];
    expect(problemsOf({ providers, state: { bucket: 'states', region: 'eu-west-1' } })).toEqual([]);
    expect(of(...providers)).toEqual(one('sites.docs.state: got null; allowed: a bucket, because Terraform writes'));
  });

  it('does not accept the secret itself', () => {
    const bad = [{ kind: 'google', clientId: 'g', secret: 'GOCSPX a secret' }];
    const providers = [{ kind: 'cognitoUserPool', provision: { ...provision, federated: bad } }];
    expect(of(...providers)[0]).toContain('never the secret itself');
  });

  const ruled = (providers: object[], who: object) =>
    problemsOf({ providers, access: { blocked: [], rules: [{ who }] } });

  it.each([
    ['Google by its kind', { issuer: 'google', anyone: true }],
    ['the user pool by its kind', { issuer: 'cognitoUserPool', anyone: true }],
    ['an issuer', { issuer: 'https://ci.example', subjects: [{ issuer: 'https://ci.example', subject: 'x' }] }],
    ['the issuer of a pool that is there', { subjects: [{ issuer: poolIssuer, subject: 'x' }] }],
  ])('accepts a rule that names %s', (_, who) => {
    expect(ruled([google, pool, machine], who)).toEqual([]);
  });

  it('accepts the issuer of a pool that will be created, in this Region only', () => {
    expect(ruled([made({})], { subjects: [{ issuer: poolIssuer, subject: 'x' }] })).toEqual([]);
    const elsewhere = poolIssuer.replaceAll('eu-west-1', 'us-east-1');
    expect(ruled([made({})], { subjects: [{ issuer: elsewhere, subject: 'x' }] })).toHaveLength(1);
    // One that is there has an ID that the config knows.
    expect(ruled([google, pool], { subjects: [{ issuer: `${poolIssuer}d`, subject: 'x' }] })).toHaveLength(1);
  });

  it.each([
    ['a kind that is no provider', { issuer: 'cognitoUserPool', anyone: true }, 'who.issuer: got "cognitoUserPool"'],
    ['a stranger', { issuer: 'https://evil.example', anyone: true }, 'who.issuer: got "https://evil.example"'],
    ['an issuer and nobody', { issuer: 'google' }, 'who: got'],
  ])('refuses a rule that names %s', (_, who, field) => {
    expect(ruled([google], who)).toEqual(one(field));
  });

  it('refuses a domain that no provider could name', () => {
    expect(ruled([pool], { hostedDomains: ['example.com'] })).toEqual(one('hostedDomains.0: got "example.com"'));
    const trusting = { ...pool, trustedDomains: { Okta: ['example.com'] } };
    expect(ruled([trusting], { hostedDomains: ['example.com'] })).toEqual([]);
  });
});

describe('parseConfig, for several sites', () => {
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

  it('separates sites and stages in one bucket for state', () => {
    expect(problemsOfSites({ state }, { state })).toEqual([]);
    const keys = ['prod', 'test'].map((stage) => stateKey('docs', { ...parsed({ state }), stage }));
    expect(keys).toEqual(['s3nator/docs-prod.tfstate', 's3nator/docs-test.tfstate']);
  });
});
