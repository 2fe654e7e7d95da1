import { describe, expect, it } from 'vitest';
import { listText } from './list-text.ts';

describe('listText', () => {
  const names = (count: number): string[] => Array.from({ length: count }, (_, n) => `${n}`);

  it('shows three of many, and all if only one more would be hidden', () => {
    expect([0, 1, 3, 4, 5].map((count) => listText(names(count)))).toEqual([
      '',
      '0',
      '0, 1, 2',
      '0, 1, 2, 3',
      '0, 1, 2 and 2 more',
    ]);
    expect(listText(names(1234))).toBe('0, 1, 2 and 1,231 more');
  });

  it('shows as many as it is told', () => {
    expect([listText(names(6), 5), listText(names(7), 5)]).toEqual(['0, 1, 2, 3, 4, 5', '0, 1, 2, 3, 4 and 2 more']);
  });
});
