import { describe, expect, it } from 'vitest';
import type { AccessRule } from '../../../contract/access-rules.ts';
import {
  copyable,
  documentTime,
  durationText,
  personText,
  ruleText,
  shortVersion,
  timeText,
  whoText,
} from './format.ts';

/** Shown right to left by a terminal that obeys it. */
const hostile = 'a\u202eb';
const issuer = 'https://idp.example';
const who = (people: object): AccessRule => ({ who: people, path: '/*' }) as AccessRule;

describe('copyable', () => {
  it.each(['alice@example.com', 'a_b%2B+c=d:e,f./g-h'])('leaves %s as it is, which no shell changes', (word) => {
    expect(copyable(word)).toBe(word);
  });

  it.each([
    ['', "''"],
    ['a b', "'a b'"],
    ['$(id)', "'$(id)'"],
    ["it's 'x'", "'it'\\''s '\\''x'\\'''"],
    [hostile, "'a\\u202eb'"],
  ])('quotes %j', (word, quoted) => {
    expect(copyable(word)).toBe(quoted);
  });
});

describe('personText', () => {
  it.each([
    ['alice@example.com', 'alice@example.com'],
    [{ issuer, subject: '7' }, `7 of ${issuer}`],
    [hostile, 'a\\u202eb'],
    [{ issuer, subject: hostile }, `a\\u202eb of ${issuer}`],
  ])('writes %j', (person, text) => {
    expect(personText(person)).toBe(text);
  });
});

describe('whoText', () => {
  it.each<[object, string]>([
    [{ anyone: true }, 'anyone who signs in'],
    [{ hostedDomains: ['example.com', hostile] }, 'accounts of example.com, a\\u202eb'],
    [{ emails: ['a@b.example', hostile] }, 'a@b.example, a\\u202eb'],
    [{ emails: ['a@b.example'], trustUnmanaged: true }, 'a@b.example (unmanaged, too)'],
    [{ subjects: [{ issuer, subject: '7' }] }, `account 7 of ${issuer}`],
    [{ serviceAccounts: ['x@p.example', hostile] }, 'service account x@p.example, a\\u202eb'],
    [
      {
        serviceAccounts: ['x@p.example'],
        subjects: [{ issuer, subject: '7' }],
        emails: ['a@b.example'],
        hostedDomains: ['example.com'],
        anyone: true,
      },
      `anyone who signs in, accounts of example.com, a@b.example, account 7 of ${issuer}, service account x@p.example`,
    ],
    [{ claims: { groups: ['staff', 'it', hostile] } }, 'everyone with groups = "staff", "it", "a\\u202eb"'],
    [{ claims: { [hostile]: ['x'], b: ['y'] } }, 'everyone with a\\u202eb = "x" and b = "y"'],
    [{ emails: ['a@b.example'], claims: { groups: ['staff'] } }, 'a@b.example with groups = "staff"'],
    [{ claims: { groups: ['1', '2', '3', '4', '5'] } }, 'everyone with groups = "1", "2", "3" and 2 more'],
    [{ emails: [], claims: { groups: ['staff'] } }, 'nobody with groups = "staff"'],
    ...['hostedDomains', 'emails', 'subjects', 'serviceAccounts'].map((name): [object, string] => [
      { [name]: [], claims: { groups: ['staff'] } },
      'nobody with groups = "staff"',
    ]),
    [{}, 'nobody'],
    [{ emails: [] }, 'nobody'],
    [{ anyone: true, issuer: hostile }, 'anyone who signs in, by a\\u202eb'],
    [{ emails: ['1', '2', '3', '4', '5'] }, '1, 2, 3 and 2 more'],
  ])('writes %j', (people, text) => {
    expect(whoText(who(people))).toBe(text);
  });
});

describe('ruleText', () => {
  it('says who, where, and until when', () => {
    expect(ruleText({ ...who({ anyone: true }), path: '/docs/*' })).toBe('anyone who signs in → /docs/*');
    expect(ruleText({ ...who({ anyone: true }), until: '2027-01-01T00:00:00Z' })).toBe(
      'anyone who signs in → /* until 2027-01-01T00:00:00Z',
    );
  });
});

describe('times', () => {
  it('are shown in UTC, to the second', () => {
    const time = Date.UTC(2026, 10, 5, 12, 34, 56, 999);
    expect([timeText(time), timeText(new Date(time))]).toEqual(['2026-11-05 12:34:56Z', '2026-11-05 12:34:56Z']);
  });

  it('are written in documents as whole seconds, rounded up', () => {
    const second = Date.UTC(2026, 10, 5, 12);
    expect([second - 1, second, second + 1].map(documentTime)).toEqual([
      '2026-11-05T12:00:00Z',
      '2026-11-05T12:00:00Z',
      '2026-11-05T12:00:01Z',
    ]);
  });

  it.each([
    [0, '0 seconds'],
    [1, '1 second'],
    [59, '59 seconds'],
    [60, '1 minute'],
    [61, '61 seconds'],
    [120, '2 minutes'],
    [3600, '1 hour'],
    [5400, '90 minutes'],
    [7200, '2 hours'],
    [86_400, '1 day'],
    [90_000, '25 hours'],
    [172_800, '2 days'],
  ])('of %i seconds are a span in the largest unit that fits exactly: %s', (seconds, text) => {
    expect(durationText(seconds)).toBe(text);
  });
});

describe('shortVersion', () => {
  it('is the first eight characters, as text that acts on no terminal', () => {
    expect([shortVersion('123456789'), shortVersion('null'), shortVersion(hostile)]).toEqual([
      '12345678',
      'null',
      'a\\u202eb',
    ]);
  });
});
