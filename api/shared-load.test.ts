import { describe, expect, it } from 'vitest';
import { accept, type Result, refuse } from './refusal.ts';
import { sharedLoad } from './shared-load.ts';

/** A load whose answers are given one by one, and the loads that have begun. */
function scripted(...answers: Result<string>[]): { load: () => Promise<Result<string>>; begun: () => number } {
  let begun = 0;
  const load = async (): Promise<Result<string>> => {
    const answer = answers[begun] ?? refuse('unexpected');
    begun += 1;
    await Promise.resolve();
    return answer;
  };
  return { load: sharedLoad(load), begun: () => begun };
}

describe('sharedLoad', () => {
  it('loads once for everyone who asks meanwhile, and keeps nothing', async () => {
    const { load, begun } = scripted(accept('one'), accept('two'));
    expect(await Promise.all([load(), load()])).toEqual([accept('one'), accept('one')]);
    expect(await load()).toEqual(accept('two'));
    expect(begun()).toBe(2);
  });

  it('tries again once for a caller that joined a load that failed', async () => {
    const { load, begun } = scripted(refuse('key-set-unavailable'), accept('two'));
    expect(await Promise.all([load(), load()])).toEqual([refuse('key-set-unavailable'), accept('two')]);
    expect(begun()).toBe(2);
  });

  it('does not try again for the caller that began it', async () => {
    const { load, begun } = scripted(refuse('key-set-unavailable'));
    expect(await load()).toEqual(refuse('key-set-unavailable'));
    expect(begun()).toBe(1);
  });
});
