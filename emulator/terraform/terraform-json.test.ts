import { describe, expect, it } from 'vitest';
import { fieldsOf } from './terraform-json.ts';

const fields = (block: Record<string, unknown>) =>
  fieldsOf('aws_x.y', block, (text) => text.replace('REF', 'resolved'));

describe('fieldsOf', () => {
  it('reads what is set, with references resolved, and treats null as absent', () => {
    const some = fields({ a: 'REF', b: null, n: 1, f: true, l: ['REF', 'x'], m: { k: 'REF' }, e: [] });
    expect(some.text('a')).toBe('resolved');
    expect(some.optionalText('b')).toBeUndefined();
    expect([some.number('n', 5), some.number('b', 5)]).toEqual([1, 5]);
    expect([some.flag('f', false), some.flag('b', true)]).toEqual([true, true]);
    expect([some.texts('l'), some.texts('b')]).toEqual([['resolved', 'x'], []]);
    expect(some.nested('m')?.record()).toEqual({ k: 'resolved' });
    expect(['a', 'b', 'e', 'none'].map(some.has)).toEqual([true, false, false, false]);
  });

  it('treats a block as a list of one', () => {
    expect(fields({ m: { k: '1' } }).all('m')).toHaveLength(1);
    expect(
      fields({ m: [{ k: '1' }, { k: '2' }] })
        .all('m')
        .map((one) => one.text('k')),
    ).toEqual(['1', '2']);
    expect(fields({ m: [{ k: '1' }] }).nested('m')?.address).toBe('aws_x.y.m');
    expect(fields({}).nested('m')).toBeUndefined();
  });

  it.each<[string, (some: ReturnType<typeof fields>) => unknown]>([
    ['text must be set', (some) => some.text('text')],
    ['wrong must be a string', (some) => some.text('wrong')],
    ['wrong must be a number', (some) => some.number('wrong', 0)],
    ['wrong must be true or false', (some) => some.flag('wrong', false)],
    ['wrong must be a list', (some) => some.texts('wrong')],
    ['list must be a list of strings', (some) => some.texts('list')],
    ['wrong must be a string', (some) => some.record()],
    ['the emulator does not know the setting list', (some) => some.refuseOthers('wrong')],
  ])('says %s, and where', (message, read) => {
    expect(() => read(fields({ wrong: {}, list: [1], tags: {}, '//': {} }))).toThrow(`aws_x.y: ${message}`);
  });
});
