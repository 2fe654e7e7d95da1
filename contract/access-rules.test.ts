import { describe, expect, it } from 'vitest';
import { emptyAccessDocument, parseAccessDocument } from './access-rules.ts';

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

  it('reads until when people are signed out, and where editors find the schema', () => {
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

  it('says so when it is no document at all', () => {
    expect(parse(7)).toEqual({
      document: undefined,
      problems: [{ path: [], text: expect.stringMatching(/^document: allowed: /) }],
    });
  });

  it('answers text that is not JSON', () => {
    expect(parseAccessDocument('{')).toEqual({ document: undefined, problems: [{ path: [], text: 'not JSON' }] });
  });
});
