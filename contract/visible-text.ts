/**
 * Makes text from other people safe to show on a terminal or in a log line. Characters that control a terminal, are
 * invisible, or look like something else are written as `\u202e`, never dropped: the reader sees that they are there,
 * and JSON reads them back unchanged.
 */

// Letters that people write must stay readable. The characters that join letters and pictures are invisible, so they
// stay only where they change what is shown and where a script needs them:
// - U+FE0F after a picture, and in a keycap (`1️⃣`); U+200D between two pictures (families, flags);
// - U+200C and U+200D after a virama of Indian scripts, between two letters (RFC 5892, appendix A.1 and A.2);
// - U+200C after an Arabic or Persian letter that would join the next one.
// Anywhere else, as in `al\u200dice`, they make two names look the same. The invisible tags in flags of regions are
// always written out: they can hide a whole sentence.
const picture = String.raw`(?![\p{C}\p{DI}])\p{Extended_Pictographic}`;
const letter = String.raw`(?!\p{DI})\p{L}`;
const mark = String.raw`(?!\p{DI})\p{M}`;
const virama = String.raw`[\u094d\u09cd\u0a4d\u0acd\u0b4d\u0bcd\u0c4d\u0ccd\u0d4d\u0dca\u1039]`;
const joiningLetter = String.raw`[\u0626\u0628\u062a-\u062e\u0633-\u063f\u0641-\u0647\u0649\u064a\u0679-\u0687\u069a-\u06bf\u06c1\u06cc\u06d0]`;
const writing = [
  String.raw`(?<=${picture})\ufe0f`,
  String.raw`(?<=[0-9#*])\ufe0f(?=\u20e3)`,
  String.raw`(?<=${picture}(?:\ufe0f|\p{Emoji_Modifier})?)\u200d(?=${picture})`,
  String.raw`(?<=${letter}(?:${mark}){0,2}${virama})[\u200c\u200d](?=${letter})`,
  String.raw`(?<=${joiningLetter})\u200c(?=[\u0620-\u064a\u066e\u066f\u0671-\u06d3])`,
];

/** More combining marks than these on one letter are not text: they paint over the lines around them. */
const maximumMarks = 3;

const unseen = [
  // Controls, bidi controls, lone surrogates, private use, and characters that Node does not know yet.
  String.raw`[\p{C}\p{DI}\p{Zl}\p{Zp}]`,
  // Blanks that look like a space but are not one. U+3000 is as wide as the letters around it.
  String.raw`(?![ \u3000])\p{Zs}`,
  // A braille cell without dots.
  '\\u2800',
  String.raw`\p{M}(?<=\p{M}{${maximumMarks + 1}})`,
  // A mark at the start would attach to our own text before it.
  String.raw`^\p{M}`,
];

const pattern = new RegExp(`(${writing.join('|')})|${unseen.join('|')}`, 'gu');

const escaped = (character: string): string =>
  Array.from({ length: character.length }, (_, at) => character.charCodeAt(at))
    .map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`)
    .join('');

/**
 * `text` in a form that is safe to show: on one line, at most six times as long, and unchanged if applied again. JSON
 * without indentation stays JSON with the same value.
 */
export function visible(text: string): string {
  // Most texts are plain ASCII, and this check is cheap.
  if (!/[^ -~]/.test(text)) return text;
  return text.replace(pattern, (found, kept: string | undefined) => kept ?? escaped(found));
}

/** The same for text with several lines: line breaks stay. */
export const visibleLines = (text: string): string => text.split('\n').map(visible).join('\n');
