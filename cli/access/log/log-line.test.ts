import { describe, expect, it } from 'vitest';
import { readLogLine, requestOf } from './log-line.ts';

const refused = { event: 'refused', time: '2027-01-15T08:00:00.123Z', requestId: 'request-1', reason: 'expired' };
const read = (line: object) => readLogLine(JSON.stringify(line));

describe('readLogLine', () => {
  it('reads a refusal with everything that is in it', () => {
    expect(read({ ...refused, ageSeconds: 7 })).toEqual({
      kind: 'refused',
      line: { ...refused, fields: { ...refused, ageSeconds: 7 } },
    });
  });

  it('leaves a refusal in a newer schema to a newer version: its fields may mean something else', () => {
    const newer = { ...refused, schema: 2 };
    expect(read(newer)).toEqual({ kind: 'newer', fields: newer });
  });

  it('reads a denial for a reason of a later version, so that the log shows it', () => {
    const denied = {
      level: 'info',
      event: 'denied',
      site: 'docs',
      stage: 'prod',
      schema: 1,
      time: refused.time,
      requestId: 'request-1',
      who: { iss: 'https://accounts.google.com', sub: '1001' },
      action: 'sign-in',
      why: 'out-of-hours',
      documents: { config: 'v1', live: 'v2' },
    };
    expect(read(denied)).toEqual({ kind: 'audit', line: denied });
  });

  it.each([
    ['no time', { time: undefined }, { time: undefined }],
    ['a time that is not one', { time: 'yesterday' }, { time: undefined }],
    ['no request ID', { requestId: undefined }, { requestId: '?' }],
    ['a reason that is not text', { reason: 7 }, { reason: '?' }],
  ])('reads a refusal with %s', (_what, change, expected) => {
    expect(read({ ...refused, ...change })).toMatchObject({ kind: 'refused', line: expected });
  });

  it.each(['', 'START RequestId: 1', '[]', 'null', '{"event":"key-set-slow"}'])('takes %j for another line', (text) => {
    expect(readLogLine(text).kind).toBe('other');
  });
});

describe('requestOf', () => {
  it('is the ID in a line of any kind', () => {
    for (const line of [refused, { ...refused, schema: 2 }, { event: 'anything', requestId: 'request-1' }]) {
      expect(requestOf(read(line))).toBe('request-1');
    }
    expect(requestOf(read({ event: 'anything', requestId: 7 }))).toBeUndefined();
  });
});
