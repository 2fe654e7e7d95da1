import { getEventListeners } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { pause } from './log-source.ts';

let stop: AbortController;
beforeEach(() => {
  vi.useFakeTimers();
  stop = new AbortController();
});
afterEach(() => {
  vi.useRealTimers();
});

const left = (): number => getEventListeners(stop.signal, 'abort').length + vi.getTimerCount();

describe('pause', () => {
  it('waits its time, and leaves nothing behind', async () => {
    const done = vi.fn();
    const waiting = pause(1_000, stop.signal).then(done);
    await vi.advanceTimersByTimeAsync(999);
    expect([done.mock.calls.length, left()]).toEqual([0, 2]);
    await vi.advanceTimersByTimeAsync(1);
    await waiting;
    expect(left()).toBe(0);
  });

  it('ends at once when it is stopped, and does not begin after that', async () => {
    const waiting = pause(1_000, stop.signal);
    stop.abort();
    await waiting;
    expect(left()).toBe(0);
    await pause(1_000, stop.signal);
    expect(left()).toBe(0);
  });
});
