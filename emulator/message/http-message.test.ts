import { describe, expect, it } from 'vitest';
import { parseCookies, trimmed } from './http-message.ts';

describe('parseCookies', () => {
  it('strips spaces and tabs, and keeps every other byte', () => {
    expect(parseCookies(' a=1;\tb=2 ;c; d=x=y')).toEqual([
      ['a', '1'],
      ['b', '2'],
      ['d', 'x=y'],
    ]);
    for (const blank of [
      '\u00a0',
      '\u0085',
      '\u000b',
      '\u000c',
      '\u2003',
      '\u3000',
      '\ufeff',
      'Â\u00a0',
      'â\u0080\u0083',
    ]) {
      expect(parseCookies(`a=1; ${blank}a=2; a${blank}=3`)).toEqual([
        ['a', '1'],
        [`${blank}a`, '2'],
        [`a${blank}`, '3'],
      ]);
    }
  });
});

describe('trimmed', () => {
  it('looks at each character once', () => {
    const blanks = ' \t'.repeat(500_000);
    expect([trimmed(blanks), trimmed(`${blanks}a b${blanks}`), trimmed('')]).toEqual(['', 'a b', '']);
  });
});
