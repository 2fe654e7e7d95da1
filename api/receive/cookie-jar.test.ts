import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { plantedNames } from '../testing/planted-names.ts';
import { expireCookie, readCookies, setCookie } from './cookie-jar.ts';

const read = (...entries: string[]): Record<string, string> => Object.fromEntries(readCookies(entries));

describe('readCookies', () => {
  it('reads what API Gateway gives', () => {
    expect(read('a=1', ' b = x=y ', 'c=')).toEqual({ a: '1', b: 'x=y', c: '' });
    expect(readCookies(undefined).size).toBe(0);
  });

  it('reads a header that was not taken apart', () => {
    expect(read('a=1; b=2')).toEqual({ a: '1', b: '2' });
  });

  it('leaves out a name that comes twice: a planted cookie', () => {
    expect(read('a=1', 'b=2', 'a=1')).toEqual({ b: '2' });
    expect(read('a=1; a=2; a=3')).toEqual({});
  });

  it.each(plantedNames('__Host-a'))('does not read a name behind %s as the name alone', (_title, name) => {
    expect(read(`${name}=planted`)).toEqual({});
    for (const entries of [['__Host-a=own', `${name}=planted`], [`${name}=planted; __Host-a=own`]]) {
      expect(read(...entries)).toEqual({ '__Host-a': 'own' });
    }
  });

  it("skips a name with a character outside RFC 6265's token, anywhere in the name", () => {
    const token = /[\w!#$%&'*+.^`|~-]/;
    for (let code = 0; code < 0x250; code++) {
      const character = String.fromCharCode(code);
      if (token.test(character) || ' \t;='.includes(character)) continue;
      for (const name of [`${character}a`, `a${character}`, `b${character}c`]) {
        expect([code, read(`${name}=x; a=1`)]).toEqual([code, { a: '1' }]);
      }
    }
    for (const name of ['\u{1d7d8}a', '\ud800a', '\ufffda', 'a b', '\u212aelvin'])
      expect(read(`${name}=x`)).toEqual({});
  });

  it('trims spaces and tabs, and nothing else', () => {
    expect(read(' \ta\t =\t 1 \t', '\na=2', 'a\r=3')).toEqual({ a: '1' });
    expect(read('a=\u00a01')).toEqual({});
  });

  it('leaves out a value with characters that RFC 6265 allows in none, and the name with it', () => {
    for (const value of ['\u00a0', 'a b', 'a,b', '"a"', 'a\\b', 'é', '\u0000', 'a\u007f']) {
      expect(read(`a=${value}`, 'b=1')).toEqual({ b: '1' });
      expect(read('a=1', `a=${value}`)).toEqual({});
    }
  });

  it('keeps names apart that differ in case', () => {
    expect(read('a=1', 'A=2')).toEqual({ a: '1', A: '2' });
  });

  it('skips anything that is not a cookie', () => {
    expect(read('', '=', '=x', 'a', ';;', '\u0000', 'b=1')).toEqual({ b: '1' });
  });

  it('treats __proto__ like any other name', () => {
    expect(readCookies(['__proto__=x']).get('__proto__')).toBe('x');
    expect(({} as Record<string, unknown>)['x']).toBeUndefined();
  });

  it('reads 1 MB of blanks as no cookie, in time that grows with its length', () => {
    // A pattern that begins anew at each blank would take hours.
    const blanks = ' \t'.repeat(500_000);
    expect(readCookies([blanks, `${blanks}=${blanks}`, `a${blanks}b=1`, `a=1${blanks}2`]).size).toBe(0);
    expect(readCookies([`${blanks}a${blanks}=${blanks}1${blanks}`]).get('a')).toBe('1');
  });

  it('never throws', () => {
    fc.assert(fc.property(fc.array(fc.string()), (entries) => readCookies(entries) instanceof Map));
    expect(readCookies([undefined, 7, null] as unknown as string[]).size).toBe(0);
  });
});

describe('setCookie and expireCookie', () => {
  it('write the same attributes', () => {
    expect(setCookie('a', '1', 'Path=/; Secure', null)).toBe('a=1; Path=/; Secure');
    expect(setCookie('a', '1', 'Path=/; Secure', 60)).toBe('a=1; Path=/; Secure; Max-Age=60');
    expect(expireCookie('a', 'Path=/; Secure')).toBe('a=; Path=/; Secure; Max-Age=0');
  });
});
