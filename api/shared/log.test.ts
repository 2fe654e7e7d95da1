import { describe, expect, it } from 'vitest';
import { counters } from '../../contract/layout.ts';
import { createLog, errorFields, type LogFields } from './log.ts';

/** What one call writes. */
function written(event: string, fields: LogFields = {}, metrics = false): string {
  const lines: string[] = [];
  const source = { site: 'docs', stage: 'prod', metrics, now: () => 1_800_000_000_123 };
  createLog(source, (line) => lines.push(line))('info', event, fields);
  expect(lines).toHaveLength(1);
  return lines[0] ?? '';
}

describe('createLog', () => {
  it('writes one JSON line', () => {
    expect(written('granted', { who: { email: 'a\nb' }, none: undefined })).toBe(
      '{"level":"info","event":"granted","site":"docs","stage":"prod","who":{"email":"a\\nb"}}\n',
    );
  });

  it("shortens a sender's words", () => {
    expect(JSON.parse(written('refused', { aud: 'x'.repeat(1024) }))).toMatchObject({ aud: 'x'.repeat(1024) });
    expect(JSON.parse(written('refused', { aud: 'x'.repeat(1025) }))).toMatchObject({ aud: `${'x'.repeat(1024)}…` });
    expect(JSON.parse(written('refused', { aud: 'x'.repeat(5000) }))).toMatchObject({ aud: `${'x'.repeat(1024)}…` });
  });

  it.each([
    ['an ID token', 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl'],
    ['a policy', 'eyJTdGF0ZW1lbnQiOlt7IlJlc291cmNlIjoi'],
    ['a session', `${Buffer.from('s3nator-session/1\n{"aud":"https://x"}').toString('base64url')}.MEUCIQ`],
  ])('removes %s that a sender put into a path', (_, secret) => {
    expect(JSON.parse(written('refused', { path: `/auth/${secret}` }))).toMatchObject({ path: '/auth/[token]' });
  });

  it('removes every token of a line: two in one text, in a list, and in a text that is shortened', () => {
    const tokens = [
      'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl',
      'eyJTdGF0ZW1lbnQiOlt7IlJlc291cmNlIjoi',
    ] as const;
    const pair = tokens.join(' and ');
    const long = `${'x'.repeat(1010)} ${pair}`;
    expect(JSON.parse(written('refused', { pair, list: [{ pair }], long }))).toMatchObject({
      pair: '[token] and [token]',
      list: [{ pair: '[token] and [token]' }],
      long: `${'x'.repeat(1010)} [token] and […`,
    });
  });

  it.each(Object.entries(counters))('makes CloudWatch count %s as %s, by site and stage', (event, name) => {
    expect(JSON.parse(written(event, {}, true))).toEqual({
      level: 'info',
      event,
      site: 'docs',
      stage: 'prod',
      [name]: 1,
      _aws: {
        Timestamp: 1_800_000_000_123,
        CloudWatchMetrics: [
          { Namespace: 's3nator', Dimensions: [['site', 'stage']], Metrics: [{ Name: name, Unit: 'Count' }] },
        ],
      },
    });
  });

  it.each(['key-set-unavailable', 'toString', '__proto__'])('makes CloudWatch count no %s', (event) => {
    expect(JSON.parse(written(event, {}, true))).toEqual({ level: 'info', event, site: 'docs', stage: 'prod' });
  });
});

describe('errorFields', () => {
  it('shows where an error came from, but never its message', () => {
    const fields = errorFields(new TypeError('eyJhbGciOi'));
    expect(fields).toMatchObject({
      error: 'TypeError',
      at: expect.arrayContaining([expect.stringContaining('log.test')]),
    });
    expect(JSON.stringify(fields)).not.toContain('eyJhbGciOi');
  });

  it('shows eight stack frames, and nothing else of the error', () => {
    const stack = [
      'Error: secret',
      ...Array.from({ length: 9 }, (_, at) => `    at f${at} (x.ts:${at})`),
      'secret',
    ].join('\n');
    const at = Array.from({ length: 8 }, (_, place) => `at f${place} (x.ts:${place})`);
    expect(errorFields(Object.assign(new Error('secret'), { stack }))).toEqual({ error: 'Error', at });
  });

  it('shows no line of a multi-line message, even if it looks like a stack frame', () => {
    const fields = errorFields(new SyntaxError('in the first\nsecret of the next\n    at secret (of.the:last)'));
    expect(fields).toMatchObject({
      error: 'SyntaxError',
      at: [expect.stringContaining('log.test'), ...Array(7).fill(expect.anything())],
    });
    expect(JSON.stringify(fields)).not.toContain('secret');
  });

  it('shows no line of a message that changed after the stack was written', () => {
    const error = new Error('in the first\nsecret of the next');
    expect(error.stack).toContain('secret');
    error.message = 'another';
    expect(JSON.stringify(errorFields(error))).not.toContain('secret');
  });

  it('accepts anything that can be thrown', () => {
    expect(errorFields('x')).toEqual({ error: 'string' });
    expect(errorFields(undefined)).toEqual({ error: 'undefined' });
    expect(errorFields(Object.assign(new Error('x'), { stack: undefined }))).toEqual({ error: 'Error', at: [] });
  });
});
