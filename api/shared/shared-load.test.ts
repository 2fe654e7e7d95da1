import { describe, expect, it } from 'vitest';
import { createInvocations } from './invocations.ts';
import { accept, type Result, refuse } from './refusal.ts';
import { sharedLoad } from './shared-load.ts';

/** A load that the test answers step by step, and the loads that have begun. */
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
  it('loads once for concurrent callers, and caches nothing', async () => {
    const { load, begun } = scripted(accept('one'), accept('two'));
    expect(await Promise.all([load(), load()])).toEqual([accept('one'), accept('one')]);
    expect(await load()).toEqual(accept('two'));
    expect(begun()).toBe(2);
  });

  it('fails once for concurrent callers: nobody waits for a second try', async () => {
    const { load, begun } = scripted(refuse('key-set-unavailable'), accept('two'));
    expect(await Promise.all([load(), load()])).toEqual([refuse('key-set-unavailable'), refuse('key-set-unavailable')]);
    expect(begun()).toBe(1);
    expect(await load()).toEqual(accept('two'));
  });
});

describe('sharedLoad, where Lambda freezes', () => {
  it('lets nobody join a load that an answer did not wait for, and tells that load', async () => {
    const { run, watch } = createInvocations();
    const loads: { readonly isWhole: () => boolean; readonly end: (result: Result<string>) => void }[] = [];
    const load = sharedLoad<string>((isWhole) => {
      const { promise, resolve } = Promise.withResolvers<Result<string>>();
      loads.push({ isWhole, end: resolve });
      return promise;
    }, watch);
    const before = load();
    await run(async () => undefined);
    const after = run(load);
    const joined = run(load);
    expect(loads.map(({ isWhole }) => isWhole())).toEqual([false, true]);
    // The one that was cut off ends, and takes nobody's place.
    loads[0]?.end(refuse('key-set-unavailable'));
    expect(await before).toEqual(refuse('key-set-unavailable'));
    const late = run(load);
    expect(loads).toHaveLength(2);
    loads[1]?.end(accept('new'));
    expect(await Promise.all([after, joined, late])).toEqual([accept('new'), accept('new'), accept('new')]);
  });
});
