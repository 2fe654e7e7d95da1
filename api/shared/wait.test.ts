import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { endsWithin } from './wait.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('endsWithin', () => {
  it('reports that work settled, with success or failure, and leaves no timer behind', async () => {
    expect(await endsWithin(Promise.resolve('x'), 300)).toBe(true);
    expect(await endsWithin(Promise.reject(new Error('x')), 300)).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('stops waiting when the time is up, not before', async () => {
    let answer: boolean | undefined;
    void endsWithin(new Promise(() => {}), 300).then((ended) => {
      answer = ended;
    });
    await vi.advanceTimersByTimeAsync(299);
    expect(answer).toBeUndefined();
    await vi.advanceTimersByTimeAsync(1);
    expect(answer).toBe(false);
  });
});
