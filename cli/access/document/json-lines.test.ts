import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jsonLines, strangeCharacter, syntaxErrorLine } from './json-lines.ts';

describe('jsonLines', () => {
  it('knows the line of every field, of the nearest one around it, and names that stand twice', () => {
    const text = '{\n "a": [\n  1,\n  { "b": "},\\"]" }\n ],\n "c": {},\n "a": 2\n}';
    const { lineOf, duplicates } = jsonLines(text);
    const paths = [[], ['a'], ['a', 0], ['a', 1], ['a', 1, 'b'], ['a', 1, 'x', 3], ['c'], ['d']];
    expect(paths.map(lineOf)).toEqual([1, 7, 3, 4, 4, 4, 6, 1]);
    expect(duplicates).toEqual([{ name: 'a', line: 7 }]);
  });

  it('finds every value of any JSON, however it is laid out', () => {
    fc.assert(
      fc.property(fc.json({ noUnicodeString: false }), fc.constantFrom(0, 1, 2), (json, indent) => {
        const value: unknown = JSON.parse(json);
        const text = JSON.stringify(value, null, indent);
        const { lineOf, duplicates } = jsonLines(text);
        const lines = text.split('\n');
        const visit = (here: unknown, path: (string | number)[]): void => {
          if (typeof here === 'object' && here !== null) {
            for (const [name, inner] of Object.entries(here))
              visit(inner, [...path, Array.isArray(here) ? Number(name) : name]);
          } else expect(lines[lineOf(path) - 1]).toContain(JSON.stringify(here));
        };
        visit(value, []);
        expect(duplicates).toEqual([]);
      }),
    );
  });
});

describe('syntaxErrorLine', () => {
  it.each([
    ['a comma too many', '{\n"a": [1,\n]}', 3],
    ['a comma too many before the last line', '{\n"a": [\n1,\n],\n"b": 2\n}', 4],
    ['a comment', '{\n// all\n"a": 1\n}', 2],
    ['a comma too few', '{\n"a": 1\n"b": 2}', 3],
    ['a name without quotes', '{\n\n a: 1}', 3],
    ['a bracket of the other kind', '[\n1\n}', 3],
    ['a word', '[\n yes\n]', 2],
    ['an end too early', '{\n"a": [\n', 2],
    ['more after the end', '{}\n\n{}', 3],
    ['a line end in a text', '["a\nb"]', 1],
    ['nothing', '', 1],
  ])('finds %s', (_name, text, line) => {
    expect(() => JSON.parse(text)).toThrow();
    expect(syntaxErrorLine(text)).toBe(line);
  });

  it('is where JSON.parse says it is, when it says so', () => {
    fc.assert(
      fc.property(fc.json(), fc.nat(), fc.constantFrom('', ',', ']', '"', 'x', '\n'), (json, place, inserted) => {
        const lines = JSON.stringify(JSON.parse(json), null, 1);
        const at = place % (lines.length + 1);
        const text = lines.slice(0, at) + inserted + lines.slice(at + 1);
        try {
          JSON.parse(text);
        } catch (error) {
          const [, line] = /line (\d+) column/.exec((error as Error).message) ?? [];
          const last = text.trimEnd().split('\n').length;
          if (line !== undefined) expect(syntaxErrorLine(text)).toBe(Math.min(Number(line), last));
        }
      }),
    );
  });
});

describe('a document that is nested too deeply for the visitor', () => {
  const opened = '['.repeat(500_000);

  it('still gets lines, of what surrounds the value or of the end', () => {
    expect(jsonLines(`\n${opened}${']'.repeat(500_000)}`).lineOf([0, 'x'])).toBe(2);
    expect(syntaxErrorLine(`${opened}\n}`)).toBe(2);
  });
});

describe('strangeCharacter', () => {
  it.each([
    [
      'curly quotes, as Word writes them',
      '{\r\n  \u201cversion\u201d: 1\r\n}',
      2,
      'column 3: \u201c (U+201C) is a quotation mark of a word processor',
    ],
    ['a curly quote that closes a straight one', '{\n"a\u201d: 1\n}', undefined, ''],
    ['German ones', '{\u201eversion\u201c: 1}', 1, 'column 2: \u201e (U+201E) is a quotation mark'],
    ['a space that does not break', '{\n\n"version":\u00a01}', 3, 'column 11: U+00A0 looks like a space'],
    ['a line separator', '{"version":\u20281}', 1, 'column 12: U+2028 looks like a space or is invisible'],
    ['an invisible character', '{\u200b"version": 1}', 1, 'column 2: U+200B looks like'],
    [
      'a byte order mark',
      '\ufeff{"version": 1}',
      1,
      'column 1: a byte order mark (U+FEFF). Fix: save the file as UTF-8 without one',
    ],
    ['bytes that are not UTF-8', '{"version": \ufffd}', 1, 'column 13: bytes that are not UTF-8'],
    ['a word without quotes', '{"a": \u00fcber}', 1, 'column 7: \u00fc (U+00FC) is outside of quotation marks'],
    ['a document of Word', 'PK\u0003\u0004...', 1, 'an archive or a word processor document, not text'],
    ['nothing strange, line breaks of Windows included', '{\r\n"a": "\u201c\u00a0\u201d",\r\n}', undefined, ''],
  ])('finds %s, and where it is', (_, text, line, problem) => {
    expect(() => JSON.parse(text)).toThrow();
    const found = strangeCharacter(text);
    expect(found?.line).toBe(line);
    expect(found?.problem ?? '').toContain(problem);
  });

  it('finds nothing in JSON', () => {
    fc.assert(
      fc.property(fc.json({ noUnicodeString: false }), (json) => {
        expect(strangeCharacter(json)).toBeUndefined();
      }),
    );
  });
});
