import { describe, expect, it } from 'vitest';
import { invalidationRefusal } from './invalidation-paths.ts';

const code = (paths: readonly string[], quantity?: number) => invalidationRefusal(paths, quantity)?.code;
const numbered = (count: number, ending: string) => Array.from({ length: count }, (_, n) => `/${n}${ending}`);

describe('an invalidation', () => {
  it.each(['/', '/*', '/a', '/a/b*', "/it's%20(1)+,;=@&$!:-_.html", '/%C3%BC', '/a%7Eb', `/${'a'.repeat(3999)}`])(
    'may name %s',
    (path) => {
      expect(code([path])).toBeUndefined();
    },
  );

  it.each([
    ['a raw tilde', '/runtime~main.js'],
    ['a space', '/a b'],
    ['a character beyond ASCII', '/ü'],
    ['a control character', '/a\n'],
    ['a percent sign that encodes nothing', '/50%.txt'],
    ['a wildcard inside', '/a*/b'],
    ['two wildcards', '/a**'],
    ['no slash at its beginning', 'a'],
    ['nothing', ''],
    ['4,001 characters', `/${'a'.repeat(4000)}`],
    ...[...'"<>#{}|\\^[]`'].map((sign) => [`an unsafe ${sign}`, `/a${sign}b`]),
  ])('must not name a path with %s', (_, path) => {
    expect(code(['/good', path ?? ''])).toBe('InvalidArgument');
  });

  it('has as many paths as it says, and at least one', () => {
    expect(code(['/a', '/b'], 1)).toBe('InconsistentQuantities');
    expect(code([])).toBe('InconsistentQuantities');
  });

  it('has at most 3,000 paths and 15 wildcards', () => {
    expect(code([...numbered(3000, ''), ...numbered(15, '*')])).toBeUndefined();
    expect(code(numbered(3001, ''))).toBe('TooManyInvalidationsInProgress');
    expect(code(numbered(16, '*'))).toBe('TooManyInvalidationsInProgress');
  });
});
