import { describe, expect, it } from 'vitest';
import { parseOptions } from './parse-options.ts';

const options = {
  site: { type: 'string', value: 'NAME' },
  now: { type: 'boolean' },
  email: { type: 'string', value: 'A', multiple: true },
  'local-site': { type: 'boolean' },
} as const;
const parsed = (...args: string[]) => parseOptions(args, options, { takesWords: true });

describe('parseOptions', () => {
  it.each([
    ['an option twice', ['--site', 'a', '--site=b'], '--site: given twice; allowed: once'],
    ['a switch twice', ['--now', '--now'], '--now: given twice; allowed: once'],
    ['an empty value', ['--site='], '--site: got an empty value. Fix: give one, or leave --site out'],
    ['an option without its value', ['--site'], '--site: no value given. Fix: --site VALUE, or --site=VALUE'],
    ['an option in the place of a value', ['--site', '--now'], '--site: no value given. Fix: --site VALUE'],
    ['a switch with a value', ['--now=yes'], '--now: takes no value. Fix: --now alone'],
    ['an empty value behind an option', ['--site', ''], '--site: got an empty value'],
    ['an empty one of several', ['--email', 'a', '--email='], '--email: got an empty value'],
    ['an old and a new name of one option', ['--local', '--local-site'], '--local-site: given twice'],
  ])('refuses %s by its name', (_, args, message) => {
    expect(() => parsed(...args)).toThrow(message);
  });

  it('refuses a word too many by what it is', () => {
    expect(() => parseOptions(['docs'], options)).toThrow(/^docs is one word too many\. Fix: --help says what may/);
    expect(() => parseOptions(['a\nb'], options)).toThrow(/^a\nb is one word too many\./);
  });

  it('leaves an option that it does not know to the words of the command line', () => {
    expect(() => parsed('--nwo')).toThrow(expect.objectContaining({ code: 'ERR_PARSE_ARGS_UNKNOWN_OPTION' }));
  });

  it('takes what may be given often as often, and old names', () => {
    expect(parsed('--email', 'a', '--email', 'b', '--local', 'x').values).toEqual({
      email: ['a', 'b'],
      'local-site': true,
    });
    expect(parsed('--now', '--local', '--').values).toEqual({ now: true, 'local-site': true });
    expect(parsed('--', '--local').words).toEqual(['--local']);
    expect(parsed('--local', '--', '--local')).toMatchObject({
      values: { 'local-site': true },
      words: ['--local'],
    });
  });
});
