/** Runs many tasks at once, up to a limit. */
/**
 * Runs `work` for each item, at most `limit` at a time. After a failure, or once `signal` is aborted, begins nothing
 * more, waits for what runs, and rejects with the first reason. `work` is to heed `signal` itself.
 */
export async function inParallel<T>(
  items: Iterable<T>,
  limit: number,
  signal: AbortSignal,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const waiting = items[Symbol.iterator]();
  let failed: { readonly reason: unknown } | undefined;
  const lane = async (): Promise<void> => {
    while (failed === undefined && !signal.aborted) {
      const next = waiting.next();
      if (next.done === true) return;
      try {
        await work(next.value);
      } catch (reason) {
        failed ??= { reason };
      }
    }
  };
  await Promise.all(Array.from({ length: limit }, lane));
  signal.throwIfAborted();
  if (failed !== undefined) throw failed.reason;
}
