import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
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

  it('keeps names apart that differ in case', () => {
    expect(read('a=1', 'A=2')).toEqual({ a: '1', A: '2' });
  });

  it('skips what is no cookie', () => {
    expect(read('', '=', '=x', 'a', ';;', '\u0000', 'b=1')).toEqual({ b: '1' });
  });

  it('takes __proto__ for a name like any other', () => {
    expect(readCookies(['__proto__=x']).get('__proto__')).toBe('x');
    expect(({} as Record<string, unknown>)['x']).toBeUndefined();
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
