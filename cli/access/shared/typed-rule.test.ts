import { describe, expect, it } from 'vitest';
import { addressProblem, domainProblem } from '../../../contract/address.ts';
import { googleIssuer } from '../../../contract/layout.ts';
import {
  claimsOf,
  parseAccessArguments,
  personOf,
  prepared,
  ruleOf,
  spellingNotes,
  storedPersonOf,
  subjectOf,
  typedPeople,
  untilNotes,
} from './typed-rule.ts';
import { allowedUntil, untilOf } from './until.ts';

const issuer = 'https://idp.example';
const hostile = 'a\u202eb';

describe('prepared', () => {
  it.each([
    [
      ['add-rule', '--email', 'a@b.example', '--yes'],
      ['add-rule', '--email', 'a@b.example', '--yes'],
    ],
    [
      ['--subject', issuer, '7', 'x'],
      [`--subject=${issuer}\n7`, 'x'],
    ],
    [['--subject', issuer, '-7'], [`--subject=${issuer}\n-7`]],
    [
      ['restore', '-abc', '--yes'],
      ['restore', '--yes', '--', '-abc'],
    ],
    [
      ['--Upper', '--a=b', '--', '-'],
      ['--a=b', '--', '--', '--Upper', '-'],
    ],
  ])('keeps options, joins --subject, and puts words with a dash behind them: %j', (args, words) => {
    expect(prepared(args)).toEqual(words);
  });

  it.each([[['--subject']], [['--subject', issuer]], [['--subject', issuer, '--yes']]])(
    'refuses %j, because --subject takes two words',
    (args) => {
      expect(() => prepared(args)).toThrow(new Error('--subject: allowed: two words, the issuer and the `sub`'));
    },
  );

  it('gives both words back', () => {
    const { values, words } = parseAccessArguments(['show', '-x', '--subject', issuer, '7']);
    expect([values.subject?.map(subjectOf), words]).toEqual([[{ issuer, subject: '7' }], ['show', '-x']]);
  });
});

describe('claimsOf', () => {
  it.each<[string[], Record<string, string[]>]>([
    [['groups=staff'], { groups: ['staff'] }],
    [['groups=staff', 'groups=it', 'groups=staff', 'role=x'], { groups: ['staff', 'it'], role: ['x'] }],
    [['a=b=c'], { a: ['b=c'] }],
    [['a='], { a: [''] }],
    [['a="b c"'], { a: ['b c'] }],
    [['a=7', 'a=true', 'a=[1]', 'a="x'], { a: ['7', 'true', '[1]', '"x'] }],
  ])('reads %j', (words, claims) => {
    expect(claimsOf(words)).toEqual(claims);
  });

  it.each(['groups', '=staff', ''])('refuses %j', (word) => {
    expect(() => claimsOf([word])).toThrow(new Error(`--claim: got ${word}; allowed: NAME=VALUE`));
  });
});

describe('ruleOf', () => {
  it('has each option in its field, and the path /* by default', () => {
    expect(
      ruleOf({
        domain: ['example.com'],
        email: ['a@b.example'],
        subject: [`${issuer}\n7`],
        'service-account': ['x@p.iam.gserviceaccount.com'],
        claim: ['groups=staff'],
        issuer,
        'trust-unmanaged': true,
        path: '/docs/*',
        until: '2099-01-31T00:00:00Z',
      }),
    ).toEqual({
      who: {
        hostedDomains: ['example.com'],
        emails: ['a@b.example'],
        subjects: [{ issuer, subject: '7' }],
        serviceAccounts: ['x@p.iam.gserviceaccount.com'],
        claims: { groups: ['staff'] },
        issuer,
        trustUnmanaged: true,
      },
      path: '/docs/*',
      until: '2099-01-31T00:00:00Z',
    });
    expect(ruleOf({ anyone: true })).toEqual({ who: { anyone: true }, path: '/*' });
  });

  it.each([{}, { issuer }, { 'trust-unmanaged': true }, { path: '/docs/*' }])(
    'refuses %j, which names nobody',
    (words) => {
      expect(() => ruleOf(words)).toThrow(
        new Error('Who? Name at least one of --domain, --email, --subject, --service-account, --claim, --anyone'),
      );
    },
  );

  it.each<[string, Parameters<typeof ruleOf>[0], RegExp]>([
    ['--domain', { domain: ['exa mple'] }, /^--domain: got exa mple; allowed: (?!$)/],
    ['--email', { email: ['alice'] }, /^--email: got alice; allowed: (?!$)/],
    ['--service-account', { 'service-account': ['x'] }, /^--service-account: got x; allowed: (?!$)/],
    ['--path', { anyone: true, path: 'docs' }, /^--path: got docs; allowed: (?!$)/],
    ['--until', { anyone: true, until: 'tomorrow' }, /^--until: got tomorrow; allowed: a time with its zone, such as/],
    ['--subject', { subject: ['x\n7'] }, /^--subject: got .*; allowed: (?!$)/],
    [
      '--issuer',
      { anyone: true, issuer: 'okta' },
      /^--issuer: got okta; allowed: 'google', 'cognitoUserPool' or the https/,
    ],
    ['--email', { email: [hostile] }, /^--email: got a\\u202eb; allowed: /],
  ])('names the option that is wrong: %s', (_, words, message) => {
    expect(() => ruleOf(words)).toThrow(message);
  });

  it.each<[Parameters<typeof ruleOf>[0], string]>([
    [{ domain: ['exa mple'] }, `--domain: got exa mple; allowed: ${domainProblem('exa mple')}`],
    [{ email: ['alice'] }, `--email: got alice; allowed: ${addressProblem('alice')}`],
    [{ 'service-account': ['x'] }, `--service-account: got x; allowed: ${addressProblem('x')}`],
    [{ anyone: true, until: 'tomorrow' }, `--until: got tomorrow; allowed: ${allowedUntil}`],
  ])('says more about a wrong value than the schema of stored documents: %j', (words, message) => {
    expect(() => ruleOf(words)).toThrow(new Error(message));
  });

  it('refuses a name that no token can have, unless it may be in a stored rule', () => {
    const words = { subject: [`${googleIssuer}\nabc`] };
    expect(() => ruleOf(words)).toThrow(/^--subject: got abc; allowed: /);
    expect(ruleOf(words, { stored: true }).who).toEqual({ subjects: [{ issuer: googleIssuer, subject: 'abc' }] });
  });

  it('starts a span now if it is given no time', () => {
    expect(Date.parse(ruleOf({ anyone: true, until: '12h' }).until ?? '')).toBeGreaterThan(Date.now());
  });

  it('says each wrong option once, in a line of its own', () => {
    expect(() => ruleOf({ email: ['alice', 'alice'], path: 'docs' })).toThrow(/^--email: [^\n]*\n--path: [^\n]*$/);
  });

  it('starts a span at the time that it is given', () => {
    const now = new Date('2099-01-01T00:00:00Z');
    expect(ruleOf({ anyone: true, until: '12h' }, { now }).until).toBe('2099-01-01T12:00:00Z');
  });
});

describe('a person', () => {
  it.each([
    [['alice@example.com'], 'alice@example.com'],
    [[issuer, '7'], { issuer, subject: '7' }],
  ])('is an address, or an issuer and a sub: %j', (words, person) => {
    expect([storedPersonOf(words), personOf(words)]).toEqual([person, person]);
  });

  it.each([
    [[], 'nothing'],
    [['alice'], 'alice'],
    [['a@b.example', 'x', 'y'], 'a@b.example x y'],
    [[issuer, '7', 'y'], `${issuer} 7 y`],
    [['alice@exa mple.com', '7'], 'alice@exa mple.com 7'],
    [[hostile], 'a\\u202eb'],
  ])('is nobody for %j', (words, got) => {
    const message =
      `person: got ${got}; allowed: a whole address such as alice@example.com, ` +
      'or the issuer and the `sub` of an account';
    expect(() => storedPersonOf(words)).toThrow(new Error(message));
    expect(() => personOf(words)).toThrow(new Error(message));
  });

  it('is refused with the reason if no token can have the address', () => {
    expect(() => personOf(['alice@exa mple.com'])).toThrow(/^person: got alice@exa mple\.com; allowed: (?!a whole)/);
    expect(() => personOf([googleIssuer, 'abc'])).toThrow(/^person: got abc; allowed: /);
    expect(storedPersonOf([googleIssuer, 'abc'])).toEqual({ issuer: googleIssuer, subject: 'abc' });
    expect(() => personOf([`${hostile}@`])).toThrow(/^person: got a\\u202eb@; allowed: /);
  });
});

describe('notes', () => {
  it('say what is not stored as it was typed', () => {
    expect(spellingNotes(['alice@example.com', 'Bob@Example.com', `${hostile} `])).toEqual([
      'Bob@Example.com is stored as bob@example.com, because addresses and domains are compared in lower case',
      'a\\u202eb  is stored as a\\u202eb, because addresses and domains are compared in lower case',
    ]);
  });

  it('are about every address and domain that was typed', () => {
    expect(typedPeople({})).toEqual([]);
    expect(typedPeople({ domain: ['a'], email: ['b'], 'service-account': ['c'], claim: ['d=e'] })).toEqual([
      'a',
      'b',
      'c',
    ]);
  });

  it('say how a span was understood, and nothing about a time', () => {
    const now = new Date('2099-01-01T00:00:00Z');
    expect(untilNotes({ until: '12h' }, now)).toEqual([untilOf('12h', now).note]);
    expect([
      untilNotes({ until: '2099-01-31T00:00:00Z' }, now),
      untilNotes({ until: undefined } as never, now),
    ]).toEqual([[], []]);
  });
});
