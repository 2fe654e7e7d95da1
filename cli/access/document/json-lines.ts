/** Owns where things stand in a JSON text: lines by path, names that come twice, the first mistake. Checks no shape. */

export interface JsonLines {
  /** Line, from 1, of the value at this path; of the nearest one around it when there is none. */
  lineOf(path: readonly (string | number)[]): number;
  /** Names that an object has twice; JSON takes the last and says nothing. */
  readonly duplicates: readonly { readonly name: string; readonly line: number }[];
}

const keyOf = (path: readonly (string | number)[]): string => JSON.stringify(path.map(String));

const pieces = /"(?:[^"\\]|\\.)*"|[{}[\],:]|\n|[^\s{}[\],:"]+/g;

interface Level {
  readonly isObject: boolean;
  readonly path: readonly (string | number)[];
  readonly names: Set<string>;
  /** Name or place of what comes next. */
  next: string | number | undefined;
}

/** `text`: what `JSON.parse` takes. */
export function jsonLines(text: string): JsonLines {
  const lines = new Map<string, number>();
  const duplicates: { name: string; line: number }[] = [];
  const levels: Level[] = [];
  let line = 1;
  const pathHere = (): readonly (string | number)[] => {
    const level = levels.at(-1);
    return level === undefined ? [] : [...level.path, level.next ?? ''];
  };
  for (const [piece] of text.matchAll(pieces)) {
    const level = levels.at(-1);
    if (piece === '\n') line += 1;
    else if (piece === '}' || piece === ']') levels.pop();
    else if (piece === ',') {
      if (level !== undefined) level.next = typeof level.next === 'number' ? level.next + 1 : undefined;
    } else if (piece === ':') continue;
    else if (level?.isObject && level.next === undefined) {
      const name = JSON.parse(piece) as string;
      if (level.names.has(name)) duplicates.push({ name, line });
      level.names.add(name);
      level.next = name;
      // A field stands where its name does.
      lines.set(keyOf(pathHere()), line);
    } else {
      const path = pathHere();
      if (!lines.has(keyOf(path)) || !level?.isObject) lines.set(keyOf(path), line);
      if (piece === '{') levels.push({ isObject: true, path, names: new Set(), next: undefined });
      if (piece === '[') levels.push({ isObject: false, path, names: new Set(), next: 0 });
    }
  }
  return {
    duplicates,
    lineOf(path) {
      for (let length = path.length; length >= 0; length--) {
        const found = lines.get(keyOf(path.slice(0, length)));
        if (found !== undefined) return found;
      }
      return 1;
    },
  };
}

// RFC 8259, one token with the space before it.
const token =
  /[ \t\r\n]*(?:([{}[\],:])|("(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4}))*")|(-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null))/y;

/** Line, from 1, where a text stops being JSON. `text`: what `JSON.parse` refused; its message does not always say where. */
export function syntaxErrorLine(text: string): number {
  const closers: string[] = [];
  let expected: 'value' | 'first value' | 'name' | 'first name' | 'colon' | 'more' = 'value';
  let at = 0;
  for (;;) {
    token.lastIndex = at;
    const [found, mark, string] = token.exec(text) ?? [];
    if (found === undefined) break;
    const closing =
      mark !== undefined && mark === closers.at(-1) && (expected === 'more' || expected.startsWith('first'));
    if (closing) {
      closers.pop();
      expected = 'more';
    } else if (expected === 'more' && mark === ',' && closers.length > 0)
      expected = closers.at(-1) === '}' ? 'name' : 'value';
    else if (expected === 'colon' && mark === ':') expected = 'value';
    else if (expected.endsWith('name') && string !== undefined) expected = 'colon';
    else if (expected.endsWith('value') && (mark === '{' || mark === '[')) {
      closers.push(mark === '{' ? '}' : ']');
      expected = mark === '{' ? 'first name' : 'first value';
    } else if (expected.endsWith('value') && mark === undefined) expected = 'more';
    else break;
    at = token.lastIndex;
  }
  const space = /[ \t\r\n]*/y;
  space.lastIndex = at;
  const before = text.slice(0, at + (space.exec(text)?.[0].length ?? 0)).trimEnd();
  const rest = text.slice(before.length);
  // At the end of the text the mistake is where it ends; elsewhere it is at the next word.
  const upTo = rest.trim() === '' ? before : text.slice(0, before.length + (rest.length - rest.trimStart().length));
  return upTo.split('\n').length;
}

/**
 * What a word processor, or a program that saves text in its own way, has put where JSON takes ASCII only; undefined:
 * nothing. `text`: what `JSON.parse` refused.
 */
export function strangeCharacter(text: string): { readonly line: number; readonly problem: string } | undefined {
  if (text.startsWith('PK\u0003\u0004')) {
    return { line: 1, problem: 'an archive or a document of a word processor, not text. Fix: save it as plain text' };
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
    return `${character} (${number}) is a quotation mark of a word processor. Fix: write straight ones, ", and save the file as plain text`;
  }
  if (/[\p{Z}\p{C}\p{DI}]/u.test(character)) {
    return `${number} looks like a space or like nothing, and is neither to JSON. Fix: take it out, and save the file as plain text`;
  }
  return `${character} (${number}) is outside of quotation marks. Fix: put the text around it in "..."`;
}
