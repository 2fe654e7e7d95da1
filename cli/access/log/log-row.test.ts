import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { rendered } from '../../terminal.ts';
import { readLogLine } from './log-line.ts';
import { auditTableHead, logRow } from './log-row.ts';

const every = { level: 'info', site: 'docs', stage: 'prod', schema: 1, time: '2027-01-15T08:00:00.999Z' };
const who = { iss: 'https://accounts.google.com', sub: '1001', email: 'alice@example.com' };
const documents = { config: 'v1', live: 'v2' };
const given = {
  ...every,
  requestId: 'r',
  who,
  sid: 'A1b2C3d4E5f6',
  rule: 'config.rules[0]',
  path: '/*',
  key: '0123',
  signedInAt: '2027-01-15T07:00:00.000Z',
  until: '2027-01-15T09:00:00.000Z',
  documents,
};
const row = (line: object): string => logRow(readLogLine(JSON.stringify(line)));
const refused = { ...every, event: 'refused', requestId: 'r', reason: 'expired', status: 401, code: 'invalid_token' };
const { schema: _, ...unversioned } = refused;

describe('a row of the log', () => {
  it('has a column of 20 letters for the time, 16 for the decision and 36 for who', () => {
    const columns = (text: string): string[] => [
      text.slice(0, 22),
      text.slice(22, 40),
      text.slice(40, 78),
      text.slice(78),
    ];
    expect(columns(auditTableHead).map((text) => text.trimEnd())).toEqual(['TIME', 'DECISION', 'WHO', 'WHAT']);
    expect(columns(row({ ...given, event: 'access-requested', sid: undefined }))).toEqual([
      '2027-01-15 08:00:00Z  ',
      'access-requested  ',
      'alice@example.com'.padEnd(38),
      'see npm run access -- requests',
    ]);
    expect(columns(row(unversioned))).toEqual([
      '2027-01-15 08:00:00Z  ',
      'refused'.padEnd(18),
      '-'.padEnd(38),
      'expired, answered with 401, request r',
    ]);
    expect(columns(row({ event: 'key-set-slow', time: every.time, reason: 'timeout' }))).toEqual([
      '2027-01-15 08:00:00Z  ',
      'key-set-slow'.padEnd(18),
      '-'.padEnd(38),
      'timeout',
    ]);
  });

  it.each([
    ['granted', given, '/* until 2027-01-15 09:00:00Z by config.rules[0], session A1b2C3d4'],
    ['denied', { ...given, action: 'sign-in', why: 'no-rule', sid: undefined }, 'no-rule, at sign-in'],
    ['denied', { ...given, action: 'renewal', why: 'blocked' }, 'blocked, at renewal, session A1b2C3d4'],
    ['signed-out', given, 'signed in 2027-01-15 07:00:00Z, session A1b2C3d4'],
  ])('says what was decided: %s', (event, line, what) => {
    expect(row({ ...line, event }).slice(78)).toBe(what);
  });

  it('names a person as a word that runs nothing when it is copied into a shell', () => {
    const { email: _email, ...nameless } = who;
    const named = (person: object | undefined): string =>
      row({ ...given, event: 'signed-out', who: person })
        .slice(40, 78)
        .trimEnd();
    expect(named({ ...who, email: '`id`@evil.example' })).toBe("'`id`@evil.example'");
    expect([named(nameless), named(undefined)]).toEqual(['1001', 'unknown']);
  });

  it.each([
    ['no status', { status: undefined }, 'expired, request r'],
    ['a status that is text', { status: '401' }, 'expired, request r'],
    ['what the token said', { aud: 'x', n: 1 }, 'expired, answered with 401, request r {"aud":"x","n":1}'],
    ['a count', { Refused: 1, _aws: {} }, 'expired, answered with 401, request r'],
  ])('of a refusal has %s', (_what, change, what) => {
    expect(row({ ...unversioned, ...change }).slice(78)).toBe(what);
  });

  it.each([
    ['no time', { time: undefined }, '-'],
    ['a time that is not one', { time: 'noon' }, '-'],
    ['a time that is no text', { time: 7 }, '-'],
  ])('has a dash for %s', (_what, change, time) => {
    expect(row({ ...unversioned, ...change }).slice(0, 22)).toBe(time.padEnd(22));
    expect(row({ event: 'key-set-slow', ...change }).slice(0, 22)).toBe(time.padEnd(22));
  });

  it('of anything else has its event, its reason and its fields, as far as it has some', () => {
    const words = (line: object): string[] => row(line).split(/ {2,}/);
    expect(words({ level: 'error', event: 'x', requestId: 'r', reason: 7, a: 1 })).toEqual([
      '-',
      'x',
      '-',
      '7 {"a":1}',
    ]);
    expect(row({ a: 1 }).slice(78)).toBe('{"a":1}');
    expect(words({ a: 1 })).toEqual(['-', '?', '-', '{"a":1}']);
    expect(words({ ...given, event: 'granted', schema: 2 }).slice(0, 3)).toEqual([
      '2027-01-15 08:00:00Z',
      'granted',
      '-',
    ]);
  });
});

describe('the color of a decision', () => {
  beforeEach(() => {
    vi.stubEnv('NO_COLOR', undefined);
    vi.stubEnv('FORCE_COLOR', '1');
  });
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  it.each([
    ['granted', given, 32],
    ['renewed', given, 36],
    ['denied', { ...given, action: 'sign-in', why: 'no-rule' }, 31],
    ['access-requested', given, 33],
    ['signed-out', given, 90],
    ['refused', unversioned, 33],
    ['key-set-slow', { requestId: 'r' }, 90],
  ])('of %s is its own, over the whole column', (event, line, color) => {
    const text = rendered(row({ ...line, event }), process.stdout);
    expect(text).toContain(`  \u001b[${color}m${event.padEnd(16)}\u001b[39m  `);
  });
});
