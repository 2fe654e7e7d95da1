/** Runs a function once, at its first use. */

/** The first call runs `load`; later calls get the same promise. */
export function once<T>(load: () => Promise<T>): () => Promise<T> {
  let loading: Promise<T> | undefined;
  return () => {
    loading ??= load();
    return loading;
  };
}
