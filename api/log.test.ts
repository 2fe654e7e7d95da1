import { describe, expect, it } from 'vitest';
import { createLog, errorFields } from './log.ts';

describe('createLog', () => {
  it('writes one JSON line', () => {
    const lines: string[] = [];
    createLog('docs', (line) => lines.push(line))('info', 'granted', { who: { email: 'a\nb' }, none: undefined });
    expect(lines).toEqual(['{"level":"info","event":"granted","site":"docs","who":{"email":"a\\nb"}}\n']);
  });

  it("shortens a sender's words", () => {
    const lines: string[] = [];
    createLog('docs', (line) => lines.push(line))('info', 'refused', { aud: 'x'.repeat(5000) });
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ aud: `${'x'.repeat(320)}…` });
  });
});

describe('errorFields', () => {
  it('tells where an error came from, and never what it says', () => {
    const fields = errorFields(new TypeError('eyJhbGciOi'));
    expect(fields).toMatchObject({
      error: 'TypeError',
      at: expect.arrayContaining([expect.stringContaining('log.test')]),
    });
    expect(JSON.stringify(fields)).not.toContain('eyJhbGciOi');
  });

  it('takes anything that can be thrown', () => {
    expect(errorFields('x')).toEqual({ error: 'string' });
    expect(errorFields(undefined)).toEqual({ error: 'undefined' });
    expect(errorFields(Object.assign(new Error('x'), { stack: undefined }))).toEqual({ error: 'Error', at: [] });
  });
});
