/** Keeps one copy of texts that thousands of files have in common, such as their types. */

/** Returns the first text that was equal to the given one. */
export function sharedText(): (text: string) => string {
  const known = new Map<string, string>();
  return (text) => {
    const first = known.get(text);
    if (first === undefined) known.set(text, text);
    return first ?? text;
  };
}
