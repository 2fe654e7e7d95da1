/** What `access log` needs of a log, wherever the log is kept. */
export interface LogSource {
  /** The first line of all output, so live and local logs are never confused. */
  readonly title: string;
  /**
   * The lines since `sinceMs` (epoch milliseconds), oldest first. A source may also return earlier and other lines.
   * With `follow`, it continues until `signal` is aborted. Rejects with a plain `Error` that says what to do.
   */
  lines(options: LogQuery): AsyncIterable<string>;
}

export interface LogQuery {
  readonly sinceMs: number;
  readonly follow: boolean;
  /** Only lines about this request. A source may also return others. */
  readonly request?: string | undefined;
  readonly signal: AbortSignal;
}

/** Waits, or returns as soon as `signal` is aborted. */
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
