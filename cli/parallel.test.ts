import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { inParallel } from './parallel.ts';

const never = new AbortController().signal;

describe('inParallel', () => {
  it('does everything once, and never more at a time than it may', async () => {
    const done: number[] = [];
    let running = 0;
    let most = 0;
    await inParallel(Array(50).keys(), 7, never, async (item) => {
      running += 1;
      most = Math.max(most, running);
      await turn();
      running -= 1;
      done.push(item);
    });
    expect(done.toSorted((a, b) => a - b)).toEqual([...Array(50).keys()]);
    expect(most).toBe(7);
  });

  it('begins nothing after a failure, waits for what runs, and tells the first reason', async () => {
    const ended: number[] = [];
    const work = async (item: number): Promise<void> => {
      await turn();
      if (item === 2) throw new Error('two');
      await turn();
      ended.push(item);
    };
    await expect(inParallel([1, 2, 3, 4, 5, 6, 7], 3, never, work)).rejects.toThrow('two');
    expect(ended).toEqual([1, 3]);
  });

  it('tells the first of two reasons', async () => {
    const work = async (turns: number): Promise<void> => {
      for (let count = 0; count < turns; count++) await turn();
      throw new Error(`after ${turns}`);
    };
    await expect(inParallel([3, 1, 2], 3, never, work)).rejects.toThrow('after 1');
  });

  it('begins nothing once it is stopped', async () => {
    const stop = new AbortController();
    const begun: number[] = [];
    const work = async (item: number): Promise<void> => {
      begun.push(item);
      if (item === 2) stop.abort(new Error('stopped'));
    };
    await expect(inParallel([1, 2, 3, 4], 1, stop.signal, work)).rejects.toThrow('stopped');
    expect(begun).toEqual([1, 2]);
  });

  it('tells that it was stopped, not what failed because of that', async () => {
    const stop = new AbortController();
    const work = async (): Promise<void> => {
      stop.abort(new Error('stopped'));
      throw new Error('socket closed');
    };
    await expect(inParallel([1, 2], 1, stop.signal, work)).rejects.toThrow('stopped');
  });

  it('has nothing to do with nothing', async () => {
    await inParallel([], 3, never, () => Promise.reject(new Error('never')));
  });
});
