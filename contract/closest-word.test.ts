import { describe, expect, it } from 'vitest';
import { closestWord } from './closest-word.ts';

const commands = [
  'start',
  'keys',
  'synth',
  'upload',
  'access',
  'explain',
  'build',
  'add-rule',
  'remove-rule',
  'sign-out',
];

describe('closestWord', () => {
  it.each([
    ['strat', 'start'],
    ['key', 'keys'],
    ['uplaod', 'upload'],
    ['Explian', 'explain'],
    ['addrule', 'add-rule'],
    ['signout', 'sign-out'],
    ['remove-rules', 'remove-rule'],
    ['acces', 'access'],
  ])('takes %s for %s', (typed, meant) => {
    expect(closestWord(typed, commands)).toBe(meant);
  });

  it.each(['', 'deploy', 'x', 'constructor', 'k', 'a'.repeat(100_000)])('finds nothing for %j', (typed) => {
    expect(closestWord(typed, commands)).toBeUndefined();
  });

  it('finds no word if more than one letter in four differs', () => {
    expect(closestWord('explorer', ['explain'])).toBeUndefined();
    expect(closestWord('expluin', ['explain'])).toBe('explain');
    expect(closestWord('axplxin', ['explain'])).toBeUndefined();
  });

  it('compares words of up to 200 letters, in upper or lower case', () => {
    const [longest, longer] = ['a'.repeat(200), 'a'.repeat(201)];
    expect(closestWord('a'.repeat(199), [longest])).toBe(longest);
    expect(closestWord(longest, [longer])).toBeUndefined();
    expect(closestWord(longer, [longest])).toBeUndefined();
    expect(closestWord('cookieseconds', ['cookieSeconds'])).toBe('cookieSeconds');
    expect(closestWord('cookie', ['COOKIES'])).toBe('COOKIES');
  });

  it('measures by the shorter word', () => {
    expect(closestWord('ab', ['abc', 'abcd'])).toBe('abc');
    expect(closestWord('abcdefgh', ['abcdef'])).toBeUndefined();
  });

  it('finds the closest of several', () => {
    expect(closestWord('anmeldn', ['melden', 'anmelden', 'ann'])).toBe('anmelden');
    expect(closestWord('in', ['x', 'out'])).toBeUndefined();
  });
});
