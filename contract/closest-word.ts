/** Finds the known word that somebody probably meant to type. */
/** Number of letters to add, remove, replace, or swap with their neighbor. */
function distance(one: string, other: string): number {
  let [before, last]: [number[], number[]] = [[], Array.from({ length: other.length + 1 }, (_, at) => at)];
  for (let row = 1; row <= one.length; row++) {
    const next = [row];
    for (let at = 1; at <= other.length; at++) {
      const same = one[row - 1] === other[at - 1];
      const swapped = row > 1 && at > 1 && one[row - 1] === other[at - 2] && one[row - 2] === other[at - 1];
      next.push(
        Math.min(
          (last[at] ?? 0) + 1,
          (next[at - 1] ?? 0) + 1,
          (last[at - 1] ?? 0) + (same ? 0 : 1),
          swapped ? (before[at - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY,
        ),
      );
    }
    [before, last] = [last, next];
  }
  return last[other.length] ?? 0;
}

/** Longer words are not compared. */
const maximumLength = 200;

/** The most similar of `words`; undefined if none is close. One letter in four may differ, and at least one. */
export function closestWord(typed: string, words: readonly string[]): string | undefined {
  if (typed.length === 0 || typed.length > maximumLength) return undefined;
  const ranked = words
    .filter((word) => word.length <= maximumLength)
    .map((word) => [word, distance(typed.toLowerCase(), word.toLowerCase())] as const)
    .filter(([word, far]) => far <= Math.max(1, Math.floor(Math.min(typed.length, word.length) / 4)))
    .sort(([, one], [, other]) => one - other);
  return ranked[0]?.[0];
}
