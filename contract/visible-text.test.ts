import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { visible, visibleLines } from './visible-text.ts';

// Written differently from the code: lists the characters by their properties, one by one.
const joiners = /\u200c|\u200d|\ufe0f/;

/** The parts of a text that must not reach a terminal. */
function forbiddenIn(text: string): string[] {
  const characters = Array.from(text);
  const alone = characters.filter(
    (character) =>
      (/[\p{C}\p{DI}\p{Zl}\p{Zp}]/u.test(character) && !joiners.test(character)) ||
      (/\p{Zs}/u.test(character) && !/[ \u3000]/.test(character)) ||
      character === '\u2800',
  );
  let marks = 0;
  const stacked = characters.filter((character) => {
    marks = /\p{M}/u.test(character) ? marks + 1 : 0;
    return marks > 3;
  });
  const loose = characters.filter((character, at) => {
    if (!joiners.test(character)) return false;
    const before = characters[at - 1] ?? '';
    // Never after an ASCII letter, at an edge, or after another one, where nobody sees it.
    return /[A-Za-z@.\s]|^$/.test(before) || (joiners.test(before) && character !== '\u200d');
  });
  return [...alone, ...stacked, ...loose];
}

const ofRange = (from: number, to: number) =>
  fc.integer({ min: from, max: to }).map((code) => String.fromCodePoint(code));

/** Characters that were used in attacks on readers, among ordinary words. */
const hostile = fc
  .array(
    fc.oneof(
      ofRange(0, 0x1f),
      ofRange(0x7f, 0x9f),
      fc.constantFrom('\u00ad', '\u034f', '\u061c', '\u115f', '\u3164', '\uffa0', '\u2800', '\u00a0', '\u180e'),
      ofRange(0x200b, 0x200f),
      ofRange(0x2028, 0x202f),
      ofRange(0x2060, 0x206f),
      ofRange(0xfe00, 0xfe0f),
      ofRange(0xe0000, 0xe01ff),
      fc.integer({ min: 0xd800, max: 0xdfff }).map((unit) => String.fromCharCode(unit)),
      ofRange(0xe000, 0xf8ff),
      ofRange(0xfdd0, 0xfdef),
      ofRange(0x300, 0x36f),
      fc.constantFrom('\u094d', '\u0301', '\u20e3', '\u0e49', '\u200d', '\u200c', '\ufe0f'),
      fc.constantFrom(
        'a',
        'Z',
        '1',
        '#',
        'é',
        'क',
        'ष',
        'ی',
        'م',
        '❤',
        '👩',
        '🚀',
        '🏽',
        '\u{1fc00}',
        '漢',
        ' ',
        '"',
        '\\',
        '\u3000',
      ),
      fc.string({ unit: 'binary', maxLength: 4 }),
    ),
    { maxLength: 40 },
  )
  .map((pieces) => pieces.join(''));

describe('visible', () => {
  it.each([
    ['an escape sequence', 'a\u001b[2Jb', 'a\\u001b[2Jb'],
    ['a C1 control', '\u009b31m', '\\u009b31m'],
    ['DEL', 'a\u007f', 'a\\u007f'],
    ['a line break', 'a\r\nb', 'a\\u000d\\u000ab'],
    ['a line separator', 'a\u2028b\u2029', 'a\\u2028b\\u2029'],
    ['writing that is turned round', 'a\u202eb\u2066', 'a\\u202eb\\u2066'],
    ['a soft hyphen', 'al\u00adice', 'al\\u00adice'],
    ['a joiner between Latin letters', 'al\u200dice', 'al\\u200dice'],
    ['a selector after a Latin letter', 'a\ufe0f', 'a\\ufe0f'],
    ['a selector after a digit that is no keycap', '1\ufe0f2', '1\\ufe0f2'],
    ['a joiner between a Persian letter and another character', '\u0645\u200c\u0661', '\u0645\\u200c\u0661'],
    ['a joiner after a letter that joins no other', '\u062f\u200c\u0645', '\u062f\\u200c\u0645'],
    ['a joiner of Arabic between Latin letters', 'al\u200cice', 'al\\u200cice'],
    ['a filler', 'a\u3164b\u2800', 'a\\u3164b\\u2800'],
    ['a blank that is no space', 'a\u00a0b\u202fc', 'a\\u00a0b\\u202fc'],
    ['hidden tags', 'a\u{e0041}', 'a\\udb40\\udc41'],
    ['a lone surrogate', 'a\ud800b', 'a\\ud800b'],
    ['private use and what is not assigned', '\ue000\u{10ffff}', '\\ue000\\udbff\\udfff'],
    ['the fourth accent on a letter', 'a\u0301\u0302\u0303\u0304\u0305b', 'a\u0301\u0302\u0303\\u0304\\u0305b'],
    ['an accent on what comes before the text', '\u0301a', '\\u0301a'],
  ])('escapes %s', (_, text, shown) => {
    expect(visible(text)).toBe(shown);
  });

  it.each([
    ['English', 'Alice O\'Brien <alice@example.com> \\ "x" – …'],
    ['German, composed and decomposed', 'Grüße, Gru\u0308\u00dfe'],
    ['Vietnamese, decomposed', 'Vie\u0323\u0302t'],
    ['Arabic', 'السَّلَامُ عَلَيْكُمْ'],
    ['Persian, with the joiner that its spelling asks for', 'می\u200cخواهم'],
    ['Hebrew with points', 'שָׁלוֹם'],
    ['Hindi', 'क्षत्रिय, र\u094d\u200dय'],
    ['Hindi, with a dot under the letter', 'ज\u093c\u094d\u200dय'],
    ['Sinhala', 'ශ\u0dca\u200dරී'],
    ['Thai', 'ที่นี่น้ำ'],
    ['Chinese and Japanese', '漢字　かな'],
    ['Korean', '한국어'],
    [
      'pictures: a heart, a family, a flag, a keycap, a tone of skin',
      '❤\ufe0f 👨\u200d👩\u200d👧 🏳\ufe0f\u200d🌈 1\ufe0f\u20e3 #\ufe0f\u20e3 *\ufe0f\u20e3 👩🏽\u200d🚀 🇩🇪',
    ],
  ])('leaves %s unchanged', (_, text) => {
    expect(visible(text)).toBe(text);
  });

  it('outputs none of these characters for any input, in at most six times the length', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const shown = visible(text);
        expect(forbiddenIn(shown)).toEqual([]);
        expect(shown.length).toBeLessThanOrEqual(6 * text.length);
      }),
      { numRuns: 5000 },
    );
  });

  it('leaves its own output unchanged', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        expect(visible(visible(text))).toBe(visible(text));
      }),
      { numRuns: 5000 },
    );
  });

  it('keeps JSON valid, with the same value', () => {
    const value = fc.object({ key: hostile, values: [hostile, fc.integer(), fc.boolean()], maxDepth: 2 });
    fc.assert(
      fc.property(value, (given) => {
        const line = visible(JSON.stringify(given));
        expect(forbiddenIn(line)).toEqual([]);
        expect(JSON.parse(line)).toEqual(JSON.parse(JSON.stringify(given)));
      }),
      { numRuns: 2000 },
    );
  });
});

describe('visibleLines', () => {
  it('keeps only line breaks', () => {
    expect(visibleLines('a\nb\r\n\u2028')).toBe('a\nb\\u000d\n\\u2028');
  });
});
