/**
 * Knows when Lambda may have frozen the instance, and with it whatever was under way: whenever no request is being
 * answered.
 */

/** Begins to watch. The function that it returns says whether the instance has been awake ever since. */
export type Watch = () => () => boolean;

/** Where nothing freezes the process. */
export const alwaysAwake: Watch = () => () => true;

export interface Invocations {
  /** Answers one request; until then the instance is awake. */
  run<T>(answer: () => Promise<T>): Promise<T>;
  readonly watch: Watch;
}

/**
 * Timers and connections tell nothing: Lambda's monotonic clock runs on during a freeze, so that a timer fires at the
 * first moment after it. What an answer did not wait for counts as cut off, whether or not there was a freeze.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
 */
export function createInvocations(): Invocations {
  let running = 0;
  let period = 0;
  return {
    async run(answer) {
      running += 1;
      try {
        return await answer();
      } finally {
        running -= 1;
        if (running === 0) period += 1;
      }
    },
    watch() {
      const began = period;
      return () => period === began;
    },
  };
}
