/** Tracks when Lambda may have frozen the instance and its pending work: whenever no request is being answered. */

/** Starts to watch. The returned function says whether the instance has been awake since then. */
export type Watch = () => () => boolean;

/** For a process that is never frozen. */
export const alwaysAwake: Watch = () => () => true;

export interface Invocations {
  /** Answers one request. The instance stays awake until the answer is complete. */
  run<T>(answer: () => Promise<T>): Promise<T>;
  readonly watch: Watch;
}

/**
 * Timers and connections do not show a freeze: Lambda's monotonic clock continues during one, so a timer fires at the
 * first moment after it. Work that an answer did not wait for counts as cut off, whether or not a freeze happened.
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
