/** Lines of a JSON text, for messages: of each value, of names that an object has twice, and of the first mistake. */
import { type JSONVisitor, visit } from 'jsonc-parser';

export interface JsonLines {
  /** The line, from 1, of the value at this path, or of the nearest value around it. */
  lineOf(path: readonly (string | number)[]): number;
  /** Names that an object has twice. JSON silently uses the last one. */
  readonly duplicates: readonly { readonly name: string; readonly line: number }[];
}

const keyOf = (path: readonly (string | number)[]): string => JSON.stringify(path.map(String));

const lineAt = (text: string, offset: number): number => text.slice(0, offset).split('\n').length;

/** Visits JSON without comments and trailing commas. A text nested too deeply for the visitor is visited in part. */
function visitJson(text: string, visitor: JSONVisitor): void {
  try {
    visit(text, visitor, { disallowComments: true, allowTrailingComma: false });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
}

/** `text`: what `JSON.parse` takes. */
export function jsonLines(text: string): JsonLines {
  const offsets = new Map<string, number>();
  const duplicates: { name: string; line: number }[] = [];
  const names: Set<string>[] = [];
  const noteValue = (offset: number, path: readonly (string | number)[]): void => {
    // A field is on the line of its name, which was visited before its value.
    if (typeof path.at(-1) !== 'string') offsets.set(keyOf(path), offset);
  };
  visitJson(text, {
    onObjectBegin: (offset, _length, _line, _character, pathOf) => {
      noteValue(offset, pathOf());
      names.push(new Set());
    },
    onObjectEnd: () => {
      names.pop();
    },
    onObjectProperty: (name, offset, _length, _line, _character, pathOf) => {
      if (names.at(-1)?.has(name)) duplicates.push({ name, line: lineAt(text, offset) });
      names.at(-1)?.add(name);
      offsets.set(keyOf([...pathOf(), name]), offset);
    },
    onArrayBegin: (offset, _length, _line, _character, pathOf) => noteValue(offset, pathOf()),
    onLiteralValue: (_value, offset, _length, _line, _character, pathOf) => noteValue(offset, pathOf()),
  });
  return {
    duplicates,
    lineOf(path) {
      for (let length = path.length; length >= 0; length--) {
        const found = offsets.get(keyOf(path.slice(0, length)));
        if (found !== undefined) return lineAt(text, found);
      }
      return 1;
    },
  };
}

/**
 * Line, from 1, where a text stops being JSON. `text`: what `JSON.parse` refused; its message does not always say
 * where.
 */
export function syntaxErrorLine(text: string): number {
  let first = text.length;
  visitJson(text, {
    onError: (_error, offset) => {
      first = Math.min(first, offset);
    },
  });
  // An end that comes too early is on the last line with something on it.
  return Math.min(lineAt(text, first), lineAt(text, text.trimEnd().length));
}

/**
 * A character of a word processor, or of another encoding, where JSON allows only ASCII; undefined if there is none.
 * `text`: what `JSON.parse` refused.
 */
export function strangeCharacter(text: string): { readonly line: number; readonly problem: string } | undefined {
  if (text.startsWith('PK\u0003\u0004')) {
    return { line: 1, problem: 'an archive or a word processor document, not text. Fix: save it as plain text' };
  }
  // Strings may hold anything; a string that is never closed ends with its line.
  const outside = /"(?:[^"\\\n]|\\.)*(?:"|(?=\n)|$)|([^\x00-\x7f])/gu;
  for (const { index, 1: found } of text.matchAll(outside)) {
    if (found === undefined) continue;
    const before = text.slice(0, index).split('\n');
    const number = `U+${(found.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
    return { line: before.length, problem: `column ${(before.at(-1)?.length ?? 0) + 1}: ${kindOf(found, number)}` };
  }
  return undefined;
}

function kindOf(character: string, number: string): string {
  if (character === '\ufeff') return `a byte order mark (${number}). Fix: save the file as UTF-8 without one`;
  if (character === '\ufffd') return 'bytes that are not UTF-8. Fix: save the file as UTF-8';
  if (/[\p{Quotation_Mark}]/u.test(character)) {
    return `${character} (${number}) is a quotation mark of a word processor. \
Fix: use straight quotation marks, ", and save the file as plain text`;
  }
  if (/[\p{Z}\p{C}\p{DI}]/u.test(character)) {
    return `${number} looks like a space or is invisible, and JSON does not allow it. \
Fix: remove it, and save the file as plain text`;
  }
  return `${character} (${number}) is outside of quotation marks. Fix: put the text around it in "..."`;
}
