import { describe, expect, it } from 'vitest';
import { matchesWildcard } from './wildcard.ts';

describe('matchesWildcard', () => {
  it.each([
    ['*', '', true],
    ['/a/*', '/a/b/c', true],
    ['/a?c', '/abc', true],
    ['/a?c', '/ac', false],
    ['*.jpg', '/x/y.jpg', true],
    ['*.jpg', '/x/y.jpeg', false],
    ['/A', '/a', false],
    ['a*b*c', 'aXbYbZc', true],
    ['a*b*c', 'aXbYbZ', false],
  ])('matches %s against %s: %s', (pattern, text, expected) => {
    expect(matchesWildcard(pattern, text)).toBe(expected);
  });

  it('finishes for many asterisks, where trying every way would take forever', () => {
    expect(matchesWildcard('*a'.repeat(50), 'a'.repeat(5_000).concat('b'))).toBe(false);
    expect(matchesWildcard('*a'.repeat(50).concat('*'), 'a'.repeat(5_000).concat('b'))).toBe(true);
  });
});
