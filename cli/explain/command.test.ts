import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { compileAccessRules } from '../../api/decide/access-decision.ts';
import { identify } from '../../api/decide/identity.ts';
import { refuse } from '../../api/shared/refusal.ts';
import { makeGoogleKey, makeIdToken } from '../../api/testing/stub-google.ts';
import { trustedGoogle } from '../../api/verify/trusted-issuers.ts';
import { type AccessDocument, emptyAccessDocument, parseAccessDocument } from '../../contract/access-rules.ts';
import { googleIssuer } from '../../contract/layout.ts';
import { noticeSeconds, noticeText } from '../access/document/confirm-write.ts';
import { configKey, empty, type LocalSite, liveKey, startLocalSite, startMs } from '../access/testing/local-site.ts';
import { explainCommand, sinceText } from './command.ts';
import { verdicts } from './verdicts.ts';

let site: LocalSite;
beforeEach(async () => {
  site = await startLocalSite();
});
afterEach(() => site.close());

/** `allowed`, `denied` or `depends`, and what was printed. */
async function explain(...args: string[]): Promise<[answer: string, text: string]> {
  site.printed = '';
  const allowed = await explainCommand({ root: site.root, args, terminal: site.terminal });
  return [allowed === undefined ? 'depends' : allowed ? 'allowed' : 'denied', site.printed];
}
const local = (...args: string[]) => explain(...args, '--local-site');
const rule = (who: object, path = '/*', more: object = {}) => ({ who, path, ...more });
const put = (...rules: object[]) => site.put(liveKey, { ...empty, rules });

describe('explain', () => {
  it('says that another document decides where npm start runs the site, and how to ask about that one', async () => {
    const asked = ['alice@example.com', '/x'];
    const hint = '! npm start runs this site with its own live rules. To use those: ';
    expect((await explain(...asked))[1]).toContain(`${hint}npm run explain -- alice@example.com /x --local-site\n`);
    expect((await local(...asked))[1]).not.toContain(hint);
    await site.endpoint.close();
    expect((await explain(...asked))[1]).not.toContain(hint);
  });

  it('names the site, the versions, the account, the rule and the Resource', async () => {
    site.putPage('/docs/guide.html');
    const [answer, text] = await local('alice@example.com', '/docs/guide.html', '--hd', 'example.com');
    expect(answer).toBe('allowed');
    expect(text).toMatch(
      /^LOCAL site docs.*\nby config\.json of version \S{8} and live\.json of version \S{8}, in force since \S+ \S+Z\n/,
    );
    expect(text).toContain('alice@example.com, a Google account of example.com, address verified');
    expect(text).toContain('ALLOWED: by rule 1 (config.rules[0])');
    expect(text).toContain('Resource of the cookie: https://localhost:8080/*, for 1 hour');
  });

  it('says since when what it answers by is in force, or that a sign-in may be decided otherwise until then', () => {
    expect(sinceText(startMs, startMs)).toBe('in force since 2027-01-15 08:00:00Z');
    expect(sinceText(startMs + noticeSeconds({ isLocal: false }) * 1000, startMs)).toBe(
      'in force from 2027-01-15 08:01:00Z at the latest; until then, the previous documents may decide a sign-in',
    );
    expect([noticeText({ isLocal: false }), noticeText({ isLocal: true })]).toEqual(['within 60 seconds', 'now']);
    expect(noticeSeconds({ isLocal: true })).toBe(0);
  });

  it.each<[string, readonly object[], readonly string[], string, string]>([
    ['nobody named it', [], ['bob@gmail.com', '/x'], 'denied', 'no rule admits this account'],
    [
      'another path',
      [rule({ emails: ['alice@example.com'] }, '/docs/*')],
      ['alice@example.com', '/x'],
      'denied',
      'decides, and opens /docs/* only',
    ],
    [
      'a wider rule later',
      [rule({ emails: ['alice@example.com'] }, '/docs/*')],
      ['alice@example.com', '/x'],
      'denied',
      'would match, but an earlier rule decides',
    ],
    [
      'the folder without its slash',
      [rule({ anyone: true }, '/docs/*')],
      ['bob@gmail.com', '/docs'],
      'denied',
      '/docs/* does not cover /docs, without the slash',
    ],
    [
      'a query on an exact path',
      [rule({ anyone: true }, '/a.html')],
      ['bob@gmail.com', '/a.html?x=1'],
      'denied',
      '/a.html does not cover an address with a query',
    ],
    [
      'another address of a page',
      [rule({ anyone: true }, '/a.html')],
      ['bob@gmail.com', '/a'],
      'denied',
      '/a.html does not cover /a, another address of that page; /a* covers both',
    ],
    [
      'an exact path',
      [rule({ anyone: true }, '/a.html')],
      ['bob@gmail.com', '/a.html'],
      'allowed',
      'by rule 1 (live.rules[0])',
    ],
    ['an open path', [], ['bob@gmail.com', '/public/a.html'], 'allowed', 'everyone may, because the path is open'],
    ['a path of openPaths', [], ['bob@gmail.com', '/robots.txt'], 'allowed', 'the path is open'],
    [
      'a whole address of the site',
      [],
      ['alice@example.com', 'http://localhost:8080/a%20b.html#c', '--hd', 'example.com'],
      'allowed',
      '/a%20b.html',
    ],
    [
      'a rule that has ended',
      [rule({ anyone: true }, '/*', { until: '2027-01-01T00:00:00Z' })],
      ['bob@gmail.com', '/x'],
      'denied',
      'ended at 2027-01-01T00:00:00Z',
    ],
    [
      'a rule that ends soon',
      [rule({ anyone: true }, '/*', { until: '2027-01-15T08:30:00Z' })],
      ['bob@gmail.com', '/x'],
      'allowed',
      'for 30 minutes',
    ],
    [
      'an unmanaged address',
      [rule({ emails: ['bob@other.example'] })],
      ['bob@other.example', '/x', '--hd', 'none'],
      'denied',
      'trustUnmanaged would admit it',
    ],
    [
      'an account outside of the domain',
      [],
      ['bob@example.com', '/x', '--hd', 'none'],
      'denied',
      'the account belongs to no Workspace domain (its hd claim), whatever its address ends with',
    ],
    [
      'an account of another domain',
      [],
      ['bob@example.com', '/x', '--hd', 'evil.example'],
      'denied',
      'the account belongs to evil.example',
    ],
    [
      'a claim it does not have',
      [rule({ anyone: true, claims: { groups: ['staff'] } })],
      ['bob@gmail.com', '/x', '--claim', 'groups=guest'],
      'denied',
      'the claim groups is "guest"',
    ],
    [
      'a claim it has',
      [rule({ claims: { groups: ['staff'] } })],
      ['bob@gmail.com', '/x', '--claim', 'groups=guest', '--claim', 'groups=staff'],
      'allowed',
      'by rule 1',
    ],
    [
      'a claim that is not kept',
      [],
      ['bob@gmail.com', '/x', '--claim', 'role=staff'],
      'denied',
      'the claim role is ignored: session.claims',
    ],
    [
      'a service account where people are meant',
      [rule({ anyone: true })],
      ['x@p.iam.gserviceaccount.com', '/x'],
      'denied',
      'it is a service account, which only serviceAccounts admits',
    ],
    [
      'an account by its sub',
      [rule({ subjects: [{ issuer: googleIssuer, subject: '77' }] })],
      ['--subject', googleIssuer, '77', '/x'],
      'allowed',
      'by rule 1',
    ],
    [
      'an account whose sub is not said',
      [rule({ subjects: [{ issuer: googleIssuer, subject: '77' }] })],
      ['bob@gmail.com', '/x'],
      'denied',
      'names an account by its `sub`: add --subject to compare',
    ],
  ])('%s', async (_name, rules, args, answer, text) => {
    put(...rules);
    const explained = await local(...args);
    expect(explained).toEqual([answer, expect.stringContaining(text)]);
  });

  it('gives both answers about an address of which it cannot know whether Google is the authority', async () => {
    put(rule({ emails: ['anna@partner.example'] }));
    const [answer, text] = await local('anna@partner.example', '/x');
    expect(answer).toBe('depends');
    const [workspace = '', none = '', ...more] = text.split('\nif ').slice(1);
    expect(more).toEqual([]);
    expect(workspace).toMatch(
      /^the account belongs to the Google Workspace of partner\.example .*\nALLOWED: by rule 1/s,
    );
    expect(none).toMatch(
      /^it does not, .*Google is not the authority for this address.*\nNOT ALLOWED: a rule names this address/s,
    );
    expect(none).toContain('trustUnmanaged would admit it');
    expect(text).toContain('IT DEPENDS');
    expect(await local('anna@partner.example', '/x', '--hd', 'partner.example')).toEqual([
      'allowed',
      expect.anything(),
    ]);
    expect(await local('anna@partner.example', '/x', '--hd', 'none')).toEqual(['denied', expect.anything()]);
  });

  it('gives one answer where both are the same', async () => {
    put(rule({ emails: ['anna@partner.example'], trustUnmanaged: true }));
    const [answer, text] = await local('anna@partner.example', '/x');
    expect(answer).toBe('allowed');
    expect(text.match(/ALLOWED/g)).toHaveLength(1);
    expect(text).toContain('(assumed; the answer would be the same otherwise)');
    const open = await local('anna@other.example', '/public/a.html');
    expect([open[0], open[1].match(/ALLOWED/g)]).toEqual(['allowed', ['ALLOWED']]);
  });

  it('says who is blocked', async () => {
    site.put(configKey, { ...empty, blocked: ['eve@example.com'], rules: [rule({ anyone: true })] });
    expect(await local('Eve@Example.com', '/x')).toEqual([
      'denied',
      expect.stringContaining('blocked, which comes before every rule'),
    ]);
  });

  it('shows forty rules at most: of more, those that could have to do with the account', async () => {
    const others = Array.from({ length: 40 }, (_, count) => rule({ emails: [`p${count}@gmail.com`] }));
    site.put(configKey, empty);
    put(...others);
    expect((await local('bob@gmail.com', '/x'))[1].match(/: names others/g)).toHaveLength(40);
    put(...others, rule({ emails: ['bob@gmail.com'] }));
    const [, text] = await local('bob@gmail.com', '/x');
    expect(text).toContain('  and 40 rules that name others\n');
    expect(text).toContain('rule 41 live  bob@gmail.com → /*: decides');
    expect(text).not.toContain(': names others');
  });

  it('doubts no rule that comes after the one that decides', async () => {
    const ended = (name: string) => rule({ emails: [`${name}@gmail.com`] }, '/*', { until: '2027-01-01T00:00:00Z' });
    put(ended('before'), rule({ emails: ['bob@gmail.com'] }), ended('after'));
    const [, text] = await local('bob@gmail.com', '/x');
    expect(text).toContain('! rule 1 ended at');
    expect(text).not.toContain('! rule 3');
    expect((await local('carol@gmail.com', '/x'))[1]).toContain('! rule 3 ended at');
  });

  it('says that a sign-out is in force, and says nothing where there is none', async () => {
    const document = { ...empty, rules: [rule({ anyone: true })] };
    site.put(liveKey, {
      ...document,
      signedOutBefore: { people: [{ who: 'bob@gmail.com', before: '2027-01-01T00:00:00Z' }] },
    });
    expect((await local('bob@gmail.com', '/x'))[1]).toContain('A sign-out is in force');
    expect((await local('carol@gmail.com', '/x'))[1]).not.toContain('sign-out');
  });

  it('says what a cookie of the config opens, at the domain of the config', async () => {
    const asked = ['alice@example.com', '/x', '--hd', 'example.com'];
    expect((await explain(...asked))[1]).toContain('cookie: https://YOUR-SITE.cloudfront.net/*,');
    await site.close();
    site = await startLocalSite({ domain: { name: 'docs.example.com', aliases: [], hostedZone: 'example.com' } });
    expect((await explain(...asked))[1]).toContain('cookie: https://docs.example.com/*,');
  });

  it('ends with 0 when allowed, 1 when not, 2 when it depends or cannot be told', () => {
    const main = fileURLToPath(new URL('../main.ts', import.meta.url));
    const rules = [rule({ emails: ['anna@partner.example'] })];
    writeFileSync(join(site.root, 'live.json'), JSON.stringify({ ...empty, rules }));
    const code = (...args: string[]) =>
      spawnSync(process.execPath, [main, 'explain', ...args, '--file', 'live.json'], { cwd: site.root }).status;
    expect([
      code('anna@partner.example', '/x', '--hd', 'partner.example'),
      code('bob@gmail.com', '/x'),
      code('anna@partner.example', '/x'),
      code('anna', '/x'),
    ]).toEqual([0, 1, 2, 2]);
  });

  it('warns about what the page uses and the cookie does not open', async () => {
    put(rule({ anyone: true }, '/docs/*'));
    const assets =
      '<script src=/app.js></script><link rel="stylesheet" href="../site.css?v=1"><img src=\'a.png\'>' +
      '<img src="/pic?a=1&amp;b=2"><script src="/public/x.js"></script>';
    site.putPage('/docs/guide.html', `${assets}<a href="/other.html">x</a><img src="https://elsewhere.example/b.png">`);
    const [answer, text] = await local('bob@gmail.com', '/docs/guide.html');
    expect(answer).toBe('allowed');
    expect(text).toContain(
      'the page uses files that this cookie does not open: /app.js, /site.css?v=1, /pic?a=1&b=2. Fix',
    );
  });

  it('says so when the site has no such file', async () => {
    expect((await local('alice@example.com', '/finance/report.html'))[1]).toContain('the site has no such file yet');
  });

  it('explains by what is in force when the newest document is malformed, and cannot tell without one', async () => {
    put(rule({ emails: ['bob@gmail.com'] }));
    site.put(liveKey, '{');
    expect(await local('bob@gmail.com', '/x')).toEqual(['allowed', expect.stringContaining('its earlier version')]);
    site.bucket.remove(liveKey);
    await expect(local('alice@example.com', '/x')).rejects.toThrow('nobody can sign in');
  });

  it('counts how long the documents are in force from the later of the two', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    onTestFinished(() => void vi.useRealTimers());
    const since = async (key: string, written: number): Promise<string | undefined> => {
      vi.setSystemTime(written);
      site.put(key, empty);
      site.clock = startMs + 600_000;
      return /in force since (.+)/.exec((await local('bob@gmail.com', '/x'))[1])?.[1];
    };
    expect(await since(liveKey, startMs + 60_000)).toBe('2027-01-15 08:01:00Z');
    expect(await since(configKey, startMs + 120_000)).toBe('2027-01-15 08:02:00Z');
  });

  it('follows who is blocked by the config, even without a document', async () => {
    await site.close();
    const rules = [rule({ anyone: true })];
    site = await startLocalSite({ access: { blocked: ['eve@gmail.com'], rules } });
    expect(await explain('eve@gmail.com', '/x')).toEqual(['denied', expect.stringContaining('blocked')]);
    expect((await explain('bob@gmail.com', '/x'))[0]).toBe('allowed');
  });

  it('explains the config alone, or with a file in the place of the live document', async () => {
    expect(await explain('alice@example.com', '/x', '--hd', 'example.com')).toEqual([
      'allowed',
      expect.stringContaining('by s3nator.config.ts alone, without the live rules'),
    ]);
    const file = join(site.root, 'try.json');
    writeFileSync(file, JSON.stringify({ ...empty, blocked: ['alice@example.com'] }));
    expect((await explain('alice@example.com', '/x', '--file', file))[0]).toBe('denied');
    writeFileSync(file, '{"version":1,\n"blocked":[],\n"rules":[{}]}');
    await expect(explain('alice@example.com', '/x', '--file', file)).rejects.toThrow('line 3: rules.0.who: missing');
  });

  it.each<[string, string[], RegExp]>([
    ['nothing', [], /^explain: got nothing; allowed: an address and a path\.$/],
    ['no path', ['alice@example.com'], /^explain: got alice@example.com; allowed: an address and a path\.$/],
    ['a relative path', ['alice@example.com', 'docs'], /path: got docs; allowed: a path of the site/],
    ['another protocol', ['alice@example.com', 'file:///x'], /path: got file/],
    ['an address without a protocol', ['alice@example.com', '//evil.example/x'], /path: got \/\/evil\.example\/x/],
    ['half an address', ['alice', '/x'], /person: got alice/],
    ['two grounds', ['alice@example.com', '/x', '--live', '--local-site'], /one of --live, --local-site and --file/],
    ['a token and a domain', ['/x', '--token', 'f', '--hd', 'none'], /the account comes from --token/],
    [
      'a file that is not there',
      ['alice@example.com', '/x', '--file', '/no/f'],
      /--file: \/no\/f cannot be read \(ENOENT\)/,
    ],
    ['a token that is not there', ['/x', '--token', '/no/f'], /--token: \/no\/f cannot be read \(ENOENT\)/],
    ['a token and an issuer', ['/x', '--token', 'f', '--issuer', 'google'], /the account comes from --token/],
    ['a token and a provider', ['/x', '--token', 'f', '--via', 'Okta'], /the account comes from --token/],
    ['a token and a claim', ['/x', '--token', 'f', '--claim', 'a=b'], /the account comes from --token/],
    [
      'a token and an account',
      ['/x', '--token', 'f', '--subject', googleIssuer, '1'],
      /the account comes from --token/,
    ],
    ['a file and the deployed site', ['alice@example.com', '/x', '--live', '--file', 'f'], /one of --live/],
    [
      'a token and an address',
      ['alice@example.com', '/x', '--token', 'f'],
      /^explain: got alice@example.com \/x; allowed: a path\.$/,
    ],
  ])('refuses %s', async (_name, args, message) => {
    await expect(explain(...args)).rejects.toThrow(message);
  });
});

describe('explain, for accounts of other issuers', () => {
  const issuer = 'https://idp.example';
  beforeEach(async () => {
    await site.close();
    const google = { kind: 'google', clientId: 'site.apps.googleusercontent.com' };
    const oidc = { kind: 'oidc', issuer, audiences: ['site'], trustedDomains: ['example.com'] };
    site = await startLocalSite({ providers: [google, oidc] });
  });

  it.each<[string, object, readonly string[], string, string]>([
    [
      'a domain that the issuer is trusted for',
      rule({ hostedDomains: ['example.com'] }),
      ['alice@example.com', '/x'],
      'allowed',
      `an account of ${issuer}, which is trusted for example.com`,
    ],
    [
      'a domain that it is not trusted for',
      rule({ hostedDomains: ['other.example'] }),
      ['bob@other.example', '/x'],
      'denied',
      `${issuer} is not trusted for other.example (trustedDomains of the config)`,
    ],
    [
      'an address that it is not trusted for',
      rule({ emails: ['bob@other.example'] }),
      ['bob@other.example', '/x'],
      'denied',
      'is not trusted for the domain of this address',
    ],
    [
      'a rule that names no issuer and nobody',
      rule({ anyone: true }),
      ['bob@other.example', '/x'],
      'denied',
      `names no issuer, so it does not match accounts of ${issuer}`,
    ],
    [
      'a rule for another issuer',
      rule({ anyone: true, issuer: 'google' }),
      ['bob@other.example', '/x'],
      'denied',
      'matches only accounts of google',
    ],
    ['a rule for this issuer', rule({ anyone: true, issuer }), ['bob@other.example', '/x'], 'allowed', 'by rule 1'],
  ])('%s', async (_name, live, args, answer, text) => {
    site.put(configKey, empty);
    put(live);
    expect(await local(...args, '--issuer', issuer)).toEqual([answer, expect.stringContaining(text)]);
  });

  it('names the issuers of the site, and that only Google has hosted domains', async () => {
    await expect(local('bob@other.example', '/x', '--issuer', 'https://evil.example')).rejects.toThrow(
      `issuer: got https://evil.example; allowed: ${googleIssuer}, ${issuer}`,
    );
    await expect(local('bob@other.example', '/x', '--issuer', issuer, '--hd', 'none')).rejects.toThrow(
      "--hd: only Google's accounts",
    );
  });
});

describe('explain, for accounts of a user pool', () => {
  const saml = { kind: 'saml', name: 'Okta', metadata: 'https://example.okta.com/metadata' };
  const google = { kind: 'google', clientId: 'c', secret: 's3nator/google' };
  async function startPool(pool: object): Promise<void> {
    await site.close();
    const trustedDomains = { Okta: ['example.com'] };
    site = await startLocalSite({
      providers: [{ kind: 'cognitoUserPool', trustedDomains, ...pool }],
      state: { bucket: 'states', region: 'eu-west-1' },
    });
    site.put(configKey, empty);
    put(rule({ hostedDomains: ['example.com'] }));
  }
  const provision = { domainPrefix: 'docs', passwords: { selfSignUp: true }, federated: [saml, google] };

  it('says on whose word the address is believed, and that the others have no say over it', async () => {
    await startPool({ provision });
    const [answer, text] = await local('alice@example.com', '/x');
    expect(answer).toBe('depends');
    expect(text).toMatch(
      new RegExp(
        'if Okta signs the account in \\(--via Okta\\)\n' +
          '.* by Okta, which is trusted for example\\.com, .*\n.*\n\nALLOWED: by rule 1',
      ),
    );
    expect(text).toMatch(
      new RegExp(
        'if Cognito signs .*\nif Google signs .*\n' +
          '.* by Cognito, which is trusted for no domain of this address.*\n.*\n\nNOT ALLOWED: a rule names',
      ),
    );
  });

  it.each<[string, string]>([
    ['Okta', 'allowed'],
    ['Google', 'denied'],
    ['Cognito', 'denied'],
  ])('answers for --via %s alone', async (name, expected) => {
    await startPool({ provision });
    const [answer, text] = await local('alice@example.com', '/x', '--via', name);
    expect([answer, text]).toEqual([expected, expect.stringContaining(`by ${name}, which is trusted for`)]);
  });

  it('knows of a pool that was there before whom the config names, and that there may be others', async () => {
    const existing = { userPoolId: 'eu-west-1_AbC123', clientId: '1client', domain: 'sign-in.example.com' };
    await startPool({ existing });
    const [answer, text] = await local('alice@example.com', '/x');
    expect([answer, text]).toEqual(['depends', expect.stringContaining('if another provider of the pool does')]);
    expect(await local('alice@example.com', '/x', '--via', 'Other')).toEqual(['denied', expect.anything()]);
  });

  it('refuses a name that the pool has not, and one for an account of somebody else', async () => {
    await startPool({ provision });
    await expect(local('alice@example.com', '/x', '--via', 'okta')).rejects.toThrow(
      '--via: got okta; allowed: Cognito, Okta, Google',
    );
    await site.close();
    site = await startLocalSite();
    await expect(local('alice@example.com', '/x', '--via', 'Okta')).rejects.toThrow(
      '--via: only accounts of a user pool',
    );
  });
});

describe('explain --token', () => {
  const key = makeGoogleKey('google-1');
  const claims = {
    iss: googleIssuer,
    aud: 'site.apps.googleusercontent.com',
    sub: '1001',
    email: 'alice@example.com',
    email_verified: true,
    hd: 'example.com',
    iat: startMs / 1000 - 5,
    exp: startMs / 1000 + 3595,
  };
  const write = (text: string): string => {
    const file = join(site.root, 'token');
    writeFileSync(file, `${text}\n`);
    return file;
  };

  it('decides by its claims, says that the signature was not checked, and never prints it', async () => {
    const token = makeIdToken(key, claims);
    const [, text] = await explain('/x', '--token', write(token));
    expect(text).toContain('ID token of alice@example.com, a Google account of example.com, address verified');
    expect(text).toContain('signature NOT checked');
    for (const part of token.split('.')) expect(text).not.toContain(part);
  });

  it('says so when the key set cannot be had', async () => {
    const [answer, text] = await local('/x', '--token', write(makeIdToken(key, claims)));
    expect([answer, text]).toEqual([
      'allowed',
      expect.stringContaining('signature NOT checked: the key set of the issuer cannot be fetched'),
    ]);
  });

  it.each<[string, object, string]>([
    ['expired', { exp: startMs / 1000 - 3600 }, 'the API refuses this ID token, expired'],
    ['for another client', { aud: 'other' }, 'audience-refused'],
    ['of another issuer', { iss: 'https://evil.example' }, 'issuer-refused'],
  ])('a token %s is not allowed, whatever the rules say', async (_name, changes, why) => {
    const [answer, text] = await local('/x', '--token', write(makeIdToken(key, { ...claims, ...changes })));
    expect([answer, text]).toEqual(['denied', expect.stringContaining(why)]);
  });

  it('says of a token with a nonce that only one browser can use it, and of no other', async () => {
    const [, bound] = await explain('/x', '--token', write(makeIdToken(key, { ...claims, nonce: 'n' })));
    expect(bound).toContain('it has a nonce: only the browser that started this sign-in can use it');
    expect((await explain('/x', '--token', write(makeIdToken(key, claims))))[1]).not.toContain('nonce');
  });

  it('says of an address that is not verified that only the account itself could be named', async () => {
    const token = makeIdToken(key, { ...claims, hd: undefined, email_verified: false });
    put(rule({ emails: ['alice@example.com'] }));
    expect(await local('/x', '--token', write(token))).toEqual([
      'denied',
      expect.stringContaining('the address is unverified, so only a rule on its `sub` could admit it'),
    ]);
  });

  it('takes no file of more than 16 KiB for a token', async () => {
    const token = makeIdToken(key, claims);
    const [head = '', body = ''] = token.split('.');
    const filled = (length: number): string => `${head}.${body}.`.padEnd(length - 1, 'x');
    expect(await explain('/x', '--token', write(filled(16_384)))).toEqual([expect.anything(), expect.anything()]);
    await expect(explain('/x', '--token', write(filled(16_385)))).rejects.toThrow('has no ID token');
  });

  it('refuses a file that holds none', async () => {
    for (const text of ['', 'abc', 'a.b', 'a.b.c', `${Buffer.from('7').toString('base64url')}.Nw.x`]) {
      await expect(explain('/x', '--token', write(text))).rejects.toThrow('has no ID token');
    }
  });
});

describe('verdicts', () => {
  const trusted = trustedGoogle([], { find: async () => refuse('key-set-unavailable'), warm: async () => {} });
  const parse = (rules: readonly unknown[]): AccessDocument =>
    parseAccessDocument(JSON.stringify({ ...emptyAccessDocument, rules })).document ?? emptyAccessDocument;
  const email = fc.constantFrom(
    'alice@example.com',
    'bob@gmail.com',
    'x@p.iam.gserviceaccount.com',
    'carol@other.example',
  );
  const who = fc.record(
    {
      hostedDomains: fc.subarray(['example.com', 'other.example']),
      emails: fc.array(email, { maxLength: 2 }),
      serviceAccounts: fc.array(email, { maxLength: 1 }),
      subjects: fc.subarray([{ issuer: googleIssuer, subject: '1' }]),
      claims: fc.record({ groups: fc.subarray(['staff', 'guest']) }),
      anyone: fc.constant(true),
      trustUnmanaged: fc.constant(true),
    },
    { requiredKeys: [] },
  );
  const rules = fc.array(
    fc.record(
      {
        who,
        path: fc.constantFrom('/*', '/docs/*'),
        until: fc.constantFrom('2027-01-01T00:00:00Z', '2028-01-01T00:00:00Z'),
      },
      { requiredKeys: ['who', 'path'] },
    ),
    { maxLength: 5 },
  );
  const account = fc.record({
    sub: fc.constantFrom('1', '2'),
    email: fc.option(email, { nil: undefined }),
    email_verified: fc.boolean(),
    hd: fc.constantFrom(undefined, 'example.com', 'other.example'),
    groups: fc.constantFrom(undefined, 'staff', ['guest']),
  });

  it('name as the first match the rule that decides, and give every other one a reason', () => {
    const seconds = startMs / 1000;
    fc.assert(
      fc.property(rules, rules, account, (live, config, all) => {
        const documents = { live: parse(live), config: parse(config) };
        const identity = identify({ issuer: trusted, subject: all.sub, issuedAt: 0, nonce: undefined, all }, [
          'groups',
        ]);
        const decision = compileAccessRules(documents).decide(identity, seconds);
        const each = verdicts(documents, identity, seconds);
        const first = each.find(({ matches }) => matches)?.ordered.label;
        expect(first).toBe(decision.outcome === 'granted' ? decision.rule : undefined);
        for (const { matches, why } of each) expect(why === '').toBe(matches);
      }),
    );
  });
});
