/** Loads something once for everyone who asks meanwhile. Keeps nothing afterwards. */
import { alwaysAwake, type Watch } from './invocations.ts';
import type { Result } from './refusal.ts';

/**
 * `isWhole`: whether the instance has been awake since the load began. A load that was cut off by a freeze says nothing
 * about what it loads.
 */
export type Load<T> = (isWhole: () => boolean) => Promise<Result<T>>;

/**
 * Callers during a load share it, its failure included, so that nobody waits twice; but nobody joins a load that a
 * freeze may have cut off.
 */
export function sharedLoad<T>(load: Load<T>, watch: Watch = alwaysAwake): () => Promise<Result<T>> {
  let inFlight: { readonly isWhole: () => boolean; readonly result: Promise<Result<T>> } | undefined;
  return () => {
    if (inFlight?.isWhole()) return inFlight.result;
    const isWhole = watch();
    const mine = {
      isWhole,
      result: load(isWhole).finally(() => {
        if (inFlight === mine) inFlight = undefined;
      }),
    };
    inFlight = mine;
    return mine.result;
  };
}
