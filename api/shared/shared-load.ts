/** Shares one load among concurrent callers. Caches nothing afterwards. */
import { alwaysAwake, type Watch } from './invocations.ts';
import type { Result } from './refusal.ts';

/**
 * `isWhole`: whether the instance has been awake since the load began. The result of a load that a freeze interrupted
 * proves nothing.
 */
export type Load<T> = (isWhole: () => boolean) => Promise<Result<T>>;

/**
 * Concurrent callers share a load and its failure, so no caller waits twice. A caller never joins a load that a freeze
 * may have interrupted.
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
