import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sentPath } from '../../../contract/rule-path.ts';
import { resourceCovers } from '../../../emulator/signature/policy-match.ts';

/** As browsers send the address of a file to which a page links as generators do. */
const addressOf = (file: string): string =>
  new URL(encodeURI(file).replace(/[?#]/g, encodeURIComponent), 'https://docs.example.com').pathname;
const opens = (path: string, address: string): boolean =>
  resourceCovers(`https://docs.example.com${path}`, {
    scheme: 'https',
    host: 'docs.example.com',
    path: address,
    query: undefined,
  });

describe('sentPath', () => {
  it.each([
    ['/équipe/*', '/%C3%A9quipe/*'],
    ['/e\u0301quipe/*', '/e%CC%81quipe/*'],
    ['/%c3%a9quipe/*', '/%C3%A9quipe/*'],
    ['/%7Euser/%61%2D%5f.html', '/~user/a-_.html'],
    ['/漢字/😀.html', '/%E6%BC%A2%E5%AD%97/%F0%9F%98%80.html'],
    ['/a b/"c"<d>`{e}^|[f]', '/a%20b/%22c%22%3Cd%3E%60%7Be%7D%5E%7C%5Bf%5D'],
    ["/c++/a&b=c;d,e:f@g!h$i(j)'k.html", "/c++/a&b=c;d,e:f@g!h$i(j)'k.html"],
    ['/c%2B%2b.html', '/c%2B%2B.html'],
    ['/a%2fb%2F*', '/a%2Fb%2F*'],
    ['/100%25', '/100%25'],
    ['/%252e%252e/%2525', '/%252e%252e/%2525'],
    ['/%e9', '/%E9'],
    ['/a.html', '/a.html'],
    ['/*', '/*'],
    ['*', undefined],
    ['', undefined],
    ['docs/', undefined],
  ])('of %s is %s', (path, sent) => {
    expect(sentPath(path)).toBe(sent);
  });

  it.each([
    ['an encoded asterisk is never a wildcard', '/a/%2a', '/a/%2A'],
    ['an encoded asterisk before a wildcard', '/a/%2a*', '/a/%2A*'],
    ['an encoded question mark is never a wildcard or a query', '/a%3f', '/a%3F'],
    ['an encoded hash', '/a%23', '/a%23'],
    ['an encoded slash never ends a segment', '/a%2f..%2fb', '/a%2F..%2Fb'],
    ['an encoded percent sign is decoded by nobody', '/%2541%25%32%45', '/%2541%252E'],
    ['a beginning with a dot', '/.w*', '/.w*'],
    ['names of three dots', '/.../a', '/.../a'],
    ['an asterisk in the middle', '/a*/b', undefined],
    ['two asterisks', '/a/**', undefined],
    ['a question mark', '/a?b', undefined],
    ['a fragment', '/a#b', undefined],
    ['a backslash, which browsers make a slash', '/a\\b', undefined],
    ['a half of a percent-encoding', '/100%/a', undefined],
    ['a percent sign at the end', '/100%', undefined],
    ['a percent sign before the wildcard', '/100%2*', undefined],
    ['a segment of dots', '/a/../b', undefined],
    ['a segment of encoded dots', '/a/%2e%2E/b', undefined],
    ['a segment of one dot at the end', '/a/%2e', undefined],
    ['a segment of dots before a wildcard folder', '/a/.%2e/*', undefined],
    ['a line break', '/a\nb', undefined],
    ['half of a surrogate pair', '/a\ud83d', undefined],
  ])('%s', (_, path, sent) => {
    expect(sentPath(path)).toBe(sent);
  });

  const name = fc
    .string({ unit: 'binary', minLength: 1, maxLength: 8 })
    .filter((text) => !/[\p{Cc}/\\*]/u.test(text) && text.isWellFormed() && !/^\.\.?$/.test(text));
  const file = fc.array(name, { minLength: 1, maxLength: 4 }).map((names) => `/${names.join('/')}`);
  /** A file's path, with some characters encoded that the writer thought of. */
  const typed = fc.tuple(file, fc.array(fc.constantFrom('plain', 'upper', 'lower'), { minLength: 40, maxLength: 40 }));
  const written = ([path, ways]: readonly [string, readonly string[]]): string =>
    Array.from(path, (character, at) => {
      const must = /[?#*%]/.test(character);
      const way = ways[at % ways.length];
      if (character === '/' || (way === 'plain' && !must)) return character;
      const octets = [...Buffer.from(character)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
      return way === 'lower' ? octets : octets.toUpperCase();
    }).join('');

  it('is exactly what browsers send for a link that a generator wrote, however the path is typed', () => {
    fc.assert(
      fc.property(typed, ([path, ways]) => {
        const sent = sentPath(written([path, ways])) ?? '';
        // Generators encode these in one way or the other, and so a rule keeps the way in which it is typed.
        const reserved = (text: string): string => text.replace(/%(?:2[146-9ABC]|3[ABD]|40)/g, decodeURIComponent);
        expect(reserved(sent)).toBe(reserved(addressOf(path)));
      }),
    );
  });

  it('opens the file, everything below it, and nothing else', () => {
    fc.assert(
      fc.property(file, file, (path, other) => {
        const sent = sentPath(written([path, ['plain']])) ?? '';
        const address = addressOf(path);
        const another = addressOf(other);
        expect(opens(sent, address)).toBe(true);
        expect(opens(sent, another)).toBe(another === address);
        expect(opens(`${sent}/*`, `${address}${another}`)).toBe(true);
        expect(opens(`${sent}/*`, another)).toBe(another.startsWith(`${address}/`));
      }),
    );
  });

  it('keeps what every character means: nothing becomes a slash, a wildcard, a query or a step up', () => {
    const piece = fc.constantFrom(
      ...['/', '%2f', '%2F', '%5c', '.', '%2e', '%2E', '*', '%2a', '%2A', '?', '%3f', '#', '%23', '%', '%25', '%252e'],
      ...['2e', '2a', '41', '%41', 'a', 'é', '%c3', '%A9', ' ', '+', '%2b', '\u0301', '\\', '%00', '%zz'],
    );
    const hostile = fc.array(piece, { maxLength: 12 }).map((pieces) => `/${pieces.join('')}`);
    const decoded = (text: string): string =>
      Buffer.concat(
        Array.from(text.matchAll(/%([0-9A-Fa-f]{2})|([^%])/gsu), ([, hex, other = '']) =>
          hex === undefined ? Buffer.from(other) : Buffer.from(hex, 'hex'),
        ),
      ).toString('latin1');
    const count = (text: string, character: string): number => text.split(character).length;
    fc.assert(
      fc.property(hostile, (path) => {
        const sent = sentPath(path);
        if (sent === undefined) return;
        expect(decoded(sent)).toBe(decoded(path));
        for (const character of '/*?#') expect(count(sent, character)).toBe(count(path, character));
        expect(sent).toMatch(/^\/(?:[A-Za-z0-9\-._~!$&'()+,;=:@/]|%[0-9A-F]{2})*\*?$/);
        expect(sent).not.toMatch(/\/\.\.?(?:\/|$)/);
        expect(sentPath(sent)).toBe(sent);
      }),
      { numRuns: 2000 },
    );
  });
});
