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

  it.each(['', 'deploy', 'x', 'constructor', 'k', 'a'.repeat(100_000)])('takes %j for nothing', (typed) => {
    expect(closestWord(typed, commands)).toBeUndefined();
  });

  it('takes no word of which more than one letter in four differs', () => {
    expect(closestWord('explorer', ['explain'])).toBeUndefined();
    expect(closestWord('expluin', ['explain'])).toBe('explain');
    expect(closestWord('axplxin', ['explain'])).toBeUndefined();
  });

  it('takes the nearest of several', () => {
    expect(closestWord('anmeldn', ['melden', 'anmelden', 'ann'])).toBe('anmelden');
    expect(closestWord('in', ['x', 'out'])).toBeUndefined();
  });
});
