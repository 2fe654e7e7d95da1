/** What `access log` needs of a log, wherever the log is kept. */
export interface LogSource {
  /** First line of everything that is printed: nobody takes one log for another. */
  readonly title: string;
  /**
   * Lines since `sinceMs` (epoch milliseconds), oldest first; a source may give earlier ones and others, too. With `follow` it goes on until
   * `signal` is aborted. Rejects with a plain `Error` that says what to do.
   */
  lines(options: LogQuery): AsyncIterable<string>;
}

export interface LogQuery {
  readonly sinceMs: number;
  readonly follow: boolean;
  /** Only lines about this request; a source may give others, too. */
  readonly request?: string | undefined;
  readonly signal: AbortSignal;
}

/** Waits, but not after `signal` is aborted. */
export const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((done) => {
    if (signal.aborted) return done();
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      done();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener('abort', end);
  });
