/** Owns loading something once for everyone who asks meanwhile. Keeps nothing afterwards. */
import type { Result } from './refusal.ts';

/**
 * Callers during a load share it. A caller that joined a load which then failed tries once itself: Lambda freezes an instance between two
 * requests, and a load that was cut in half by that says nothing about now.
 */
export function sharedLoad<T>(load: () => Promise<Result<T>>): () => Promise<Result<T>> {
  let inFlight: Promise<Result<T>> | undefined;
  const begin = (): Promise<Result<T>> => {
    inFlight ??= load().finally(() => {
      inFlight = undefined;
    });
    return inFlight;
  };
  return async () => {
    const joined = inFlight !== undefined;
    const result = await begin();
    return result.ok || !joined ? result : begin();
  };
}
