import { describe, expect, it } from 'vitest';
import type { KeyList } from '../stacks/keys/key-list.ts';
import { type DeployedList, mayRetire, mayRotate, publishedSince, type Situation } from './key-schedule.ts';

const minute = 60_000;
const cookieSeconds = 3600;
const list = (signer: string, next: string, retiring?: string): KeyList => ({ store: 's3', signer, next, retiring });
const situation = (local: KeyList, ...deployed: [number, KeyList][]): Situation => {
  const [newest, ...older] = deployed.map(([since, it]): DeployedList => ({ list: it, since }));
  if (newest === undefined) throw new Error('at least one');
  return { list: local, deployed: [newest, ...older], cookieSeconds };
};
const created = list('a', 'b');
const rotated = list('b', 'c', 'a');
const retired = list('b', 'c');

describe('mayRotate', () => {
  it('is allowed fifteen minutes after the next key was deployed, and not before', () => {
    const it = situation(created, [1000, created]);
    expect(mayRotate(it, 1000 + 15 * minute)).toEqual({ allowed: true });
    expect(mayRotate(it, 1000 + 15 * minute - 1)).toEqual({
      allowed: false,
      why: "CloudFront's edges may not know the next key b yet",
      from: 1000 + 15 * minute,
    });
  });

  it('counts from the deploy that brought the next key, not from the last one', () => {
    const it = situation(retired, [500 * minute, retired], [100 * minute, rotated], [0, created]);
    expect(mayRotate(it, 500 * minute)).toEqual({ allowed: true });
  });

  it('counts anew for a key that came back', () => {
    const it = situation(created, [20 * minute, created], [10 * minute, list('a', 'z')], [0, created]);
    expect(mayRotate(it, 20 * minute)).toMatchObject({ allowed: false, from: 35 * minute });
  });

  it.each<[string, KeyList, KeyList[]]>([
    ['these keys were never deployed', created, [list('x', 'y')]],
    ['only their roles differ', created, [list('b', 'a')]],
    ['the last change is not deployed', retired, [rotated]],
    ['these keys were deployed once, but others came after them', created, [retired, rotated, created]],
  ])('is refused, whatever the time, when %s', (_, local, deployed) => {
    const history = deployed.map((one, index): [number, KeyList] => [deployed.length - index, one]);
    expect(mayRotate(situation(local, ...history), Number.MAX_SAFE_INTEGER)).toEqual({
      allowed: false,
      why: 'the keys of this checkout are not the deployed ones: deploy first',
      from: undefined,
    });
  });

  it('is refused while a key is retiring', () => {
    expect(mayRotate(situation(rotated, [0, rotated]), Number.MAX_SAFE_INTEGER)).toMatchObject({
      why: 'the last rotation is not finished: retire a first',
    });
  });

  it('names the unfinished rotation first: a deploy would not help', () => {
    for (const deployed of [created, retired]) {
      expect(mayRotate(situation(rotated, [0, deployed]), Number.MAX_SAFE_INTEGER)).toMatchObject({
        why: 'the last rotation is not finished: retire a first',
        from: undefined,
      });
    }
  });
});

describe('mayRetire', () => {
  it('is allowed one cookie life and fifteen minutes after the rotation was deployed, and not before', () => {
    const it = situation(rotated, [100 * minute, rotated], [0, created]);
    expect(mayRetire(it, 175 * minute)).toEqual({ allowed: true });
    expect(mayRetire(it, 175 * minute - 1)).toEqual({
      allowed: false,
      why: 'cookies that a signed may still be valid',
      from: 175 * minute,
    });
  });

  it('is refused, whatever the time, when the rotation is not deployed', () => {
    expect(mayRetire(situation(rotated, [0, created]), Number.MAX_SAFE_INTEGER)).toMatchObject({ from: undefined });
  });

  it('counts anew if the previous key signed again meanwhile, however long ago the signer signed first', () => {
    const back = list('a', 'b');
    const it = situation(rotated, [200 * minute, rotated], [100 * minute, back], [0, rotated]);
    expect(mayRetire(it, 275 * minute - 1)).toMatchObject({ allowed: false, from: 275 * minute });
    expect(mayRetire(it, 275 * minute)).toEqual({ allowed: true });
  });

  it('counts from the first of several deploys with the same signer', () => {
    const it = situation(rotated, [200 * minute, rotated], [100 * minute, list('b', 'd', 'a')], [0, created]);
    expect(mayRetire(it, 175 * minute - 1)).toMatchObject({ allowed: false, from: 175 * minute });
    expect(mayRetire(it, 175 * minute)).toEqual({ allowed: true });
  });

  it('is refused if these keys were deployed once, but others came after them', () => {
    const it = situation(rotated, [200 * minute, retired], [100 * minute, rotated], [0, created]);
    expect(mayRetire(it, Number.MAX_SAFE_INTEGER)).toEqual({
      allowed: false,
      why: 'the keys of this checkout are not the deployed ones: deploy first',
      from: undefined,
    });
  });

  it('says that no key is retiring, whatever is deployed: a deploy would not help', () => {
    expect(mayRetire(situation(created, [0, rotated]), 0)).toMatchObject({ why: 'no key is retiring' });
  });

  it('has nothing to do when no key is retiring', () => {
    expect(mayRetire(situation(created, [0, created]), 0)).toMatchObject({ why: 'no key is retiring' });
  });
});

describe('publishedSince', () => {
  it('is when a key came, in whatever role', () => {
    const it = situation(retired, [3, retired], [2, rotated], [1, created]);
    expect(['a', 'b', 'c'].map((fingerprint) => publishedSince(it, fingerprint))).toEqual([undefined, 1, 2]);
  });
});
