/**
 * Measures times: cases take turns in many short rounds, so that other load on the machine affects all of them equally.
 */

/** A case to time. */
export interface Case {
  /** Runs the case `count` times, one after the other. */
  readonly run: (count: number) => unknown;
  /** Called before each round with its count. Not timed. */
  readonly prepare?: (count: number) => unknown;
}

/**
 * Length of one case's turn in a round, in milliseconds: shorter than a scheduler's slice, so that most turns run
 * uninterrupted.
 */
const turnMs = 4;
const warmUpMs = 400;

/** The middle value, or the mean of the middle two. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  const middle = sorted.length / 2;
  return ((sorted[Math.ceil(middle) - 1] ?? Number.NaN) + (sorted[Math.floor(middle)] ?? Number.NaN)) / 2;
}

async function timed({ run, prepare }: Case, count: number): Promise<number> {
  await prepare?.(count);
  const start = process.hrtime.bigint();
  await run(count);
  return Number(process.hrtime.bigint() - start) / 1000;
}

/** Runs a case until its code is compiled. Returns how many runs fill a turn. */
async function warmUp(one: Case): Promise<number> {
  const end = performance.now() + warmUpMs;
  let count = 1;
  while (performance.now() < end) {
    const microseconds = await timed(one, count);
    count = Math.max(1, Math.min(count * 2, Math.round((turnMs * 1000 * count) / microseconds)));
  }
  return count;
}

/** Microseconds per run of each case, round by round. */
export async function measure<Name extends string>(
  cases: Readonly<Record<Name, Case>>,
  rounds: number,
): Promise<Record<Name, number[]>> {
  const entries = Object.entries<Case>(cases);
  const counts = new Map<string, number>();
  for (const [name, one] of entries) counts.set(name, await warmUp(one));
  const results: Record<string, number[]> = Object.fromEntries(entries.map(([name]) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const [name, one] of entries) {
      const count = counts.get(name) ?? 1;
      results[name]?.push((await timed(one, count)) / count);
    }
  }
  return results as Record<Name, number[]>;
}

/** Median of the rounds' ratios. */
export const ratio = (ones: readonly number[], others: readonly number[]): number =>
  median(ones.map((one, round) => one / (others[round] ?? Number.NaN)));
