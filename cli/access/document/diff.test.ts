import { expect, it } from 'vitest';
import { textDiff } from './diff.ts';

/** Ten lines, `0` to `9`, of which some read otherwise. */
const lines = (...changed: readonly number[]): string =>
  Array.from({ length: 10 }, (_, number) => `${number}${changed.includes(number) ? 'x' : ''}\n`).join('');

it.each([
  ['the first line', [0], ['- 0', '+ 0x', '  1', '  2', '  3']],
  ['the fourth line', [3], ['  0', '  1', '  2', '- 3', '+ 3x', '  4', '  5', '  6']],
  ['the fifth line', [4], ['  …', '  1', '  2', '  3', '- 4', '+ 4x', '  5', '  6', '  7']],
  [
    'two lines with more than six between them',
    [0, 9],
    ['- 0', '+ 0x', '  1', '  2', '  3', '  …', '  6', '  7', '  8', '- 9', '+ 9x'],
  ],
  ['none', [], []],
] as const)(
  'the difference of %s has three lines around it, and … only where lines are left out',
  (_, changed, shown) => {
    expect(
      textDiff(lines(), lines(...changed))
        .split('\n')
        .slice(0, -1),
    ).toEqual(shown);
  },
);

it.each([
  ['a line more', 'a\nb\n', 'a\nx\nb\n', ['  a', '+ x', '  b']],
  ['a line less', 'a\nx\nb\n', 'a\nb\n', ['  a', '- x', '  b']],
  ['a line twice', 'a\n', 'a\na\n', ['  a', '+ a']],
  ['all that is new', '', 'a\nb\n', ['+ a', '+ b']],
  ['all that is gone', 'a\nb\n', '', ['- a', '- b']],
  ['what stays between two changes', 'a\nk\nb\n', 'c\nk\nd\n', ['- a', '+ c', '  k', '- b', '+ d']],
  ['an escape sequence', '', '\u001b[2J\n', ['+ \\u001b[2J']],
])('the difference shows %s', (_, before, after, shown) => {
  expect(textDiff(before, after).split('\n').slice(0, -1)).toEqual(shown);
});

it('the difference of very long texts is all that was removed, then all that was added', () => {
  const text = (mark: string): string =>
    `${Array.from({ length: 2_001 }, (_, n) => `${mark}${n % 2 ? '' : n}`).join('\n')}\n`;
  const shown = textDiff(text('a'), text('b').replaceAll('b\n', 'a\n')).split('\n').slice(0, -1);
  expect(shown.map((line) => line[0]).join('')).toBe('-'.repeat(2_001) + '+'.repeat(2_001));
});
