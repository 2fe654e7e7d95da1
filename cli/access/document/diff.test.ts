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
