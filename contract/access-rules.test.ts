import { describe, expect, it } from 'vitest';
import {
  emptyAccessDocument,
  maximumDocumentBytes,
  parseAccessDocument,
  personProblem,
  ruleDoubts,
  unmatchable,
} from './access-rules.ts';

const parse = (document: unknown) => parseAccessDocument(JSON.stringify(document));
const withRule = (rule: unknown) => parse({ version: 1, blocked: [], rules: [rule] });

describe('parseAccessDocument', () => {
  it('reads a document, lower-cases addresses and domains, and fills in the path', () => {
    expect(
      parse({
        version: 1,
        blocked: ['Eve@Example.com', { issuer: 'https://accounts.google.com', subject: '1' }],
        rules: [{ who: { hostedDomains: ['Example.COM'] } }, { who: { anyone: true }, path: '/open/*' }],
      }),
    ).toEqual({
      document: {
        version: 1,
        blocked: ['eve@example.com', { issuer: 'https://accounts.google.com', subject: '1' }],
        rules: [
          { who: { hostedDomains: ['example.com'] }, path: '/*' },
          { who: { anyone: true }, path: '/open/*' },
        ],
      },
    });
  });

  it('reads the empty document', () => {
    expect(parse(emptyAccessDocument)).toEqual({ document: emptyAccessDocument });
  });

  it.each([
    ['an address suffix as a domain', { who: { hostedDomains: ['@example.com'] } }],
    ['a wildcard domain', { who: { hostedDomains: ['*.example.com'] } }],
    ['an address with two @', { who: { emails: ['a@evil.com@example.com'] } }],
    ['an address pattern', { who: { emails: ['@example.com'] } }],
    ['an address with a wildcard', { who: { emails: ['*@example.com'] } }],
    ['nobody', { who: {} }],
    ['nobody but trustUnmanaged', { who: { trustUnmanaged: true } }],
    ['a misspelt field', { who: { email: ['a@example.com'] } }],
    ['a relative path', { who: { anyone: true }, path: 'docs/*' }],
    ['a wildcard in the middle', { who: { anyone: true }, path: '/a*/b' }],
    ['a query', { who: { anyone: true }, path: '/a?x=1' }],
    ['a path that is not percent-encoded', { who: { anyone: true }, path: '/a b' }],
    ['a quote in the path', { who: { anyone: true }, path: '/"},' }],
    ['a date without a zone', { who: { anyone: true }, until: '2027-01-31' }],
    ['no claim at all', { who: { claims: {} } }],
    ['a claim called constructor', { who: { claims: { constructor: ['staff'] } } }],
    ['a claim called prototype beside another', { who: { claims: { groups: ['staff'], prototype: ['x'] } } }],
    ['a claim called __proto__', { who: { claims: JSON.parse('{"__proto__":["x"],"groups":["staff"]}') } }],
    ['claims that are a list', { who: { claims: [] } }],
    ['claims that are a text', { who: { claims: 'groups' } }],
    ['a day that does not exist', { who: { anyone: true }, until: '2027-02-30T00:00:00Z' }],
    ['a date in words', { who: { anyone: true }, until: 'Jan 31 2027' }],
    ['a date that does not exist', { who: { anyone: true }, until: '2027-13-41T00:00:00Z' }],
  ])('refuses a rule with %s', (_, rule) => {
    expect(withRule(rule).document).toBeUndefined();
  });

  it('refuses a wildcard among the blocked, which would block nobody', () => {
    expect(parse({ version: 1, blocked: ['*@example.com'], rules: [] }).document).toBeUndefined();
  });

  it('reads the sign-out times, and the address of the schema', () => {
    const signedOutBefore = {
      everyone: '2027-01-31T00:00:00Z',
      people: [{ who: 'Alice@Example.com', before: '2027-02-01T00:00:00+01:00' }],
    };
    expect(parse({ $schema: './schema.json', version: 1, blocked: [], rules: [], signedOutBefore }).document).toEqual({
      $schema: './schema.json',
      version: 1,
      blocked: [],
      rules: [],
      signedOutBefore: {
        ...signedOutBefore,
        people: [{ who: 'alice@example.com', before: '2027-02-01T00:00:00+01:00' }],
      },
    });
  });

  it.each([
    ['without a zone', { everyone: '2027-01-31T00:00:00' }],
    ['that does not exist', { everyone: '2027-02-30T00:00:00Z' }],
    ['for a pattern of people', { people: [{ who: '*@example.com', before: '2027-01-31T00:00:00Z' }] }],
    ['that is left out', { people: [{ who: 'alice@example.com' }] }],
    ['for a field it does not know', { domains: [] }],
    ['in a list', []],
  ])('refuses a sign-out time %s', (_, signedOutBefore) => {
    expect(parse({ version: 1, blocked: [], rules: [], signedOutBefore }).document).toBeUndefined();
  });

  it('refuses a newer version', () => {
    expect(parse({ version: 2, blocked: [], rules: [] }).document).toBeUndefined();
  });

  it('says which field is wrong', () => {
    expect(withRule({ who: { hostedDomains: ['@example.com'] } })).toEqual({
      document: undefined,
      problems: [
        {
          path: ['rules', 0, 'who', 'hostedDomains', 0],
          text: 'rules.0.who.hostedDomains.0: allowed: a domain without @ or *, such as example.com',
        },
      ],
    });
  });

  it('says everything that is wrong, and repeats no value', () => {
    const parsed = parse({
      version: 2,
      blocked: ['eve'],
      rules: [{ who: { email: ['alice@example.com'] } }, { path: '/a' }, 'bob'],
      signedOutBefore: { people: [{ who: 'bob@example.com', before: 'yesterday' }] },
      colour: 'red',
    });
    const problems = parsed.document === undefined ? parsed.problems.map(({ text }) => text) : [];
    expect(problems).toEqual([
      'version: allowed: 1',
      'blocked.0: allowed: one whole address with exactly one @, such as alice@example.com',
      'rules.0.who.email: not a field that s3nator knows',
      'rules.1.who: missing',
      'rules.2: allowed: { who, path, until }',
      'signedOutBefore.people.0.before: allowed: a time with its zone, such as 2027-01-31T00:00:00Z',
      'colour: not a field that s3nator knows',
    ]);
  });

  it('reports a text that is not a document at all', () => {
    expect(parse(7)).toEqual({
      document: undefined,
      problems: [{ path: [], text: expect.stringMatching(/^document: allowed: /) }],
    });
  });

  it('reports text that is not JSON', () => {
    expect(parseAccessDocument('{')).toEqual({ document: undefined, problems: [{ path: [], text: 'not JSON' }] });
  });
});

describe('a limit of a document', () => {
  it('is 4 MiB of JSON', () => {
    expect(maximumDocumentBytes).toBe(4_194_304);
  });

  const anyone = { who: { anyone: true } };
  const account = (change: object) => ({ who: { subjects: [{ issuer: 'https://x', subject: '1', ...change }] } });
  const claim = (name: string, value: unknown) => ({ who: { claims: { [name]: [value] } } });
  it.each<[string, object, object]>([
    ['1,024 characters of path', { path: `/${'a'.repeat(1023)}` }, { path: `/${'a'.repeat(1024)}` }],
    ['a path of one wildcard', { path: '/a*' }, { path: '/a**' }],
    ['whole escapes in a path', { path: '/%2f' }, { path: '/%2' }],
    ['hours up to 23', { until: '2027-01-31T23:59:59Z' }, { until: '2027-01-31T24:00:00Z' }],
    ['zones up to 23 hours', { until: '2027-01-31T00:00:00-23:59' }, { until: '2027-01-31T00:00:00-24:00' }],
    ['leap days', { until: '2028-02-29T00:00:00Z' }, { until: '2027-02-29T00:00:00Z' }],
    [
      'nine digits of a second',
      { until: '2027-01-31T00:00:00.123456789Z' },
      { until: '2027-01-31T00:00:00.1234567890Z' },
    ],
    ['255 characters of subject', account({ subject: 'x'.repeat(255) }), account({ subject: 'x'.repeat(256) })],
    ['one character of subject', account({ subject: 'x' }), account({ subject: '' })],
    ['an issuer over https', account({ issuer: 'https://x' }), account({ issuer: 'http://x' })],
    ['255 characters of claim', claim('c', 'x'.repeat(255)), claim('c', 'x'.repeat(256))],
    ['a claim with a name', claim('c', 'x'), claim('', 'x')],
    ['values of claims', claim('c', false), claim('c', null)],
    [
      'an issuer of a line',
      { who: { issuer: 'http://localhost', anyone: true } },
      { who: { issuer: 'localhost', anyone: true } },
    ],
    ['true for anyone', anyone, { who: { anyone: false } }],
    [
      'true for trustUnmanaged',
      { who: { anyone: true, trustUnmanaged: true } },
      { who: { anyone: true, trustUnmanaged: false } },
    ],
  ])('holds: %s', (_, good, bad) => {
    expect(withRule({ ...anyone, ...good }).document).toBeDefined();
    expect(withRule({ ...anyone, ...bad }).document).toBeUndefined();
  });
});

describe('unmatchable', () => {
  it('lists each name that no token can have, anywhere in a document', () => {
    const google = { issuer: 'https://accounts.google.com', subject: 'a@b.example' };
    const elsewhere = { issuer: 'https://x.example', subject: 'a@b.example' };
    const good = 'a@b.example';
    const { document } = parse({
      version: 1,
      blocked: [good, '<b>@b.example', elsewhere, google],
      rules: [
        { who: { anyone: true } },
        {
          who: {
            hostedDomains: ['b.example'],
            emails: [good, '<e>@b.example'],
            serviceAccounts: [good, '<s>@b.example'],
          },
        },
        { who: { subjects: [elsewhere, google] } },
      ],
      signedOutBefore: {
        people: [good, '<p>@b.example', google].map((who) => ({ who, before: '2027-01-31T00:00:00Z' })),
      },
    });
    if (document === undefined) throw new Error('not read');
    expect(unmatchable(document).map(({ path, name }) => [path.join('.'), name])).toEqual([
      ['blocked.1', '<b>@b.example'],
      ['blocked.3.subject', 'a@b.example'],
      ['rules.1.who.emails.1', '<e>@b.example'],
      ['rules.1.who.serviceAccounts.1', '<s>@b.example'],
      ['rules.2.who.subjects.1.subject', 'a@b.example'],
      ['signedOutBefore.people.1.who', '<p>@b.example'],
      ['signedOutBefore.people.2.who.subject', 'a@b.example'],
    ]);
    expect(personProblem(google)).toContain('the number of a Google account');
    expect([personProblem(elsewhere), personProblem(good)]).toEqual([undefined, undefined]);
  });
});

describe('parseAccessDocument, for the form of a path', () => {
  const problemOf = (path: string): string | undefined => {
    const read = parseAccessDocument(
      JSON.stringify({ version: 1, blocked: [], rules: [{ who: { anyone: true }, path }] }),
    );
    return read.document === undefined ? read.problems[0].text : read.document.rules[0]?.path;
  };

  it('keeps a path that earlier versions accepted as it is, because its form decides what it opens', () => {
    for (const path of ['/%c3%a9/*', '/%7Ea', '/a/../b', '/%2e']) expect(problemOf(path)).toBe(path);
  });

  it('refuses what was typed without encoding, and names the form that browsers send', () => {
    expect(problemOf('/équipe/a b*')).toBe('rules.0.path: allowed: /%C3%A9quipe/a%20b*, the form that browsers send');
    expect(problemOf('/équipe?x')).toMatch(/^rules\.0\.path: allowed: an absolute, percent-encoded path/);
  });
});

describe('ruleDoubts', () => {
  it.each<[string, object, string, readonly RegExp[]]>([
    ['nothing', { emails: ['a@b.example'] }, '/docs/*', []],
    ['an exact path', { anyone: true }, '/docs', []],
    ['the whole site', { anyone: true }, '/*', []],
    [
      'a path that begins more',
      { anyone: true },
      '/docs*',
      [/^opens every address that begins with \/docs, .*\/docs\/\*$/],
    ],
    [
      'a path in another form than the one that browsers send',
      { anyone: true },
      '/%c3%a9quipe/%7Ea/*',
      [/^names \/%c3%a9quipe\/%7Ea\/\*, but browsers send \/%C3%A9quipe\/~a\/\*, so it probably opens nothing$/],
    ],
    [
      'a path with segments of dots',
      { anyone: true },
      '/a/%2e%2e/b',
      [/^opens nothing: browsers take the segments of dots out of \/a\/%2e%2e\/b$/],
    ],
    [
      'a path in the form in which macOS writes names',
      { anyone: true },
      '/e%CC%81quipe/*',
      [/^names \/e%CC%81quipe\/\*, with letters in parts .*; most pages link to \/%C3%A9quipe\/\*$/],
    ],
    ['a path that is not UTF-8', { anyone: true }, '/%E9%2F%2A', []],
    [
      'machines and people, three at most',
      { emails: ['a@x', 'b@x'], serviceAccounts: ['c@x', 'd@x'] },
      '/*',
      [/a@x/, /b@x/, /c@x/],
    ],
  ])('is about %s', (_, who, path, doubts) => {
    expect(ruleDoubts({ who, path })).toEqual(doubts.map((doubt) => expect.stringMatching(doubt)));
  });
});
