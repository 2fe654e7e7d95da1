/** A line-by-line diff of two texts. */
import { visible } from '../../../contract/visible-text.ts';
import { paint } from '../../terminal.ts';

/** Unchanged lines shown around a change. */
const contextLines = 3;
/** With more pairs of lines to compare, the changed part is shown as a whole: removed, then added. */
const maximumPairs = 4_000_000;

interface Line {
  readonly kind: ' ' | '-' | '+';
  readonly text: string;
}

/** Longest common subsequence, by the classic table from the end. */
function middleLines(before: readonly string[], after: readonly string[]): Line[] {
  const removed = (text: string): Line => ({ kind: '-', text });
  const added = (text: string): Line => ({ kind: '+', text });
  if (before.length * after.length > maximumPairs) return [...before.map(removed), ...after.map(added)];
  const width = after.length + 1;
  const common = new Uint32Array((before.length + 1) * width);
  const at = (row: number, column: number): number => common[row * width + column] ?? 0;
  for (let row = before.length - 1; row >= 0; row--) {
    for (let column = after.length - 1; column >= 0; column--) {
      common[row * width + column] =
        before[row] === after[column]
          ? at(row + 1, column + 1) + 1
          : Math.max(at(row + 1, column), at(row, column + 1));
    }
  }
  const lines: Line[] = [];
  let [row, column] = [0, 0];
  while (row < before.length || column < after.length) {
    const [left, right] = [before[row], after[column]];
    if (left !== undefined && left === right) {
      lines.push({ kind: ' ', text: left });
      row += 1;
      column += 1;
    } else if (left !== undefined && (right === undefined || at(row + 1, column) >= at(row, column + 1))) {
      lines.push(removed(left));
      row += 1;
    } else {
      lines.push(added(right ?? ''));
      column += 1;
    }
  }
  return lines;
}

function compared(before: readonly string[], after: readonly string[]): Line[] {
  let start = 0;
  while (start < before.length && start < after.length && before[start] === after[start]) start += 1;
  let end = 0;
  const most = Math.min(before.length, after.length) - start;
  while (end < most && before.at(-1 - end) === after.at(-1 - end)) end += 1;
  const same = (lines: readonly string[]): Line[] => lines.map((text) => ({ kind: ' ', text }));
  return [
    ...same(before.slice(0, start)),
    ...middleLines(before.slice(start, before.length - end), after.slice(start, after.length - end)),
    ...same(before.slice(before.length - end)),
  ];
}

const linesOf = (text: string): string[] => (text === '' ? [] : text.replace(/\n$/, '').split('\n'));

/** The removed and added lines, with some context. Empty if the texts are equal. */
export function textDiff(before: string, after: string): string {
  const lines = compared(linesOf(before), linesOf(after));
  const near = new Set<number>();
  for (const [number, { kind }] of lines.entries()) {
    if (kind === ' ') continue;
    for (let around = number - contextLines; around <= number + contextLines; around++) near.add(around);
  }
  const shown: string[] = [];
  for (const [number, { kind, text }] of lines.entries()) {
    if (!near.has(number)) continue;
    if (number > 0 && !near.has(number - 1)) shown.push(paint('gray', '  …'));
    const line = `${kind} ${visible(text)}`;
    shown.push(kind === '-' ? paint('red', line) : kind === '+' ? paint('green', line) : line);
  }
  return shown.map((line) => `${line}\n`).join('');
}
