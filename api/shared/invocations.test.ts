import { describe, expect, it } from 'vitest';
import { alwaysAwake, createInvocations } from './invocations.ts';

describe('createInvocations', () => {
  it('is awake until the answer, and not for certain after it', async () => {
    const { run, watch } = createInvocations();
    let isWhole = (): boolean => false;
    const during = await run(async () => {
      isWhole = watch();
      await Promise.resolve();
      return isWhole();
    });
    expect([during, isWhole()]).toEqual([true, false]);
  });

  it('is awake while any of several requests is being answered', async () => {
    const { run, watch } = createInvocations();
    const slow = Promise.withResolvers<void>();
    const answering = run(() => slow.promise);
    const isWhole = watch();
    await run(async () => undefined);
    expect(isWhole()).toBe(true);
    slow.resolve();
    await answering;
    expect(isWhole()).toBe(false);
  });

  it('also ends with a request that fails, and passes on the error', async () => {
    const { run, watch } = createInvocations();
    const isWhole = watch();
    await expect(run(() => Promise.reject(new Error('fault')))).rejects.toThrow('fault');
    expect(isWhole()).toBe(false);
  });

  it('does not count work that begins after a freeze as interrupted', async () => {
    const { run, watch } = createInvocations();
    await run(async () => undefined);
    expect(await run(async () => watch()())).toBe(true);
  });
});

describe('alwaysAwake', () => {
  it('never counts anything as interrupted', () => {
    expect(alwaysAwake()()).toBe(true);
  });
});
