/** Collects changed files until a quiet moment, then reloads once. */
export interface ChangesOptions {
  /** Milliseconds without a change after which a reload begins. Longer for a file that changes again at once. */
  readonly quietMs: number;
  /** Puts the changed files in force. Must not reject. */
  readonly reload: (files: ReadonlySet<string>) => Promise<void>;
  /** Called once per burst, for a file that has been changing for longer than `longMs`. */
  readonly onLong: (file: string) => void;
  readonly longMs: number;
}

/** A file that changes again so soon after its reload, in milliseconds, is still being written. */
const goesOnMs = 1_000;
/** Longest quiet time for such a file, in milliseconds. */
const longestQuietMs = 4_000;

export class Changes {
  private readonly options: ChangesOptions;
  private readonly pending = new Set<string>();
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;
  private since = 0;
  private hasTold = false;
  private closed = false;
  /** What the last reload put in force, and when it ended: epoch milliseconds, or never so far. */
  private last: { readonly files: ReadonlySet<string>; readonly endedAt: number } = { files: new Set(), endedAt: 0 };
  /** How many reloads in a row were for a file that went on changing. */
  private repeats = 0;

  constructor(options: ChangesOptions) {
    this.options = options;
  }

  /**
   * Editors write a file in several steps, and a copy may have thousands. Only the last change counts. `now`: epoch
   * milliseconds.
   */
  add(file: string, now: number): void {
    if (this.closed) return;
    if (this.timer === undefined) [this.since, this.hasTold] = [now, false];
    else if (!this.hasTold && now - this.since > this.options.longMs) {
      this.hasTold = true;
      this.options.onLong(file);
    }
    // A copy over a slow line pauses again and again. Each reload in between doubles how long a pause may be.
    const goesOn = this.last.files.has(file) && now - this.last.endedAt <= goesOnMs;
    if (!goesOn && !this.pending.has(file)) this.repeats = 0;
    this.pending.add(file);
    clearTimeout(this.timer);
    this.timer = setTimeout(
      () => {
        this.timer = undefined;
        this.begin();
      },
      Math.min(this.options.quietMs * 2 ** this.repeats, longestQuietMs),
    );
  }

  /** Starts nothing new, and resolves when the running reload has ended. */
  async close(): Promise<void> {
    this.closed = true;
    clearTimeout(this.timer);
    await this.running;
  }

  private begin(): void {
    if (this.closed || this.running !== undefined || this.pending.size === 0) return;
    const files = new Set(this.pending);
    this.pending.clear();
    this.repeats++;
    this.last = { files, endedAt: Number.POSITIVE_INFINITY };
    this.running = this.options.reload(files).finally(() => {
      this.running = undefined;
      this.last = { files, endedAt: Date.now() };
      // Changes during a reload wait for the quiet time after them, if it is not over.
      if (this.timer === undefined) this.begin();
    });
  }
}

/**
 * What a change requires. `bundles`: rebuild the bundles. `synthesis`: only synthesize the stack, which includes the
 * content and the config.
 */
export type Work = 'bundles' | 'synthesis' | 'nothing';

/** Folders of a checkout that are built into the Lambda or the elements. */
const bundledFolders = /^(api|contract|web-components)\//;

/** `path`: relative to the checkout, with forward slashes; undefined: it is the adopter's content or config. */
export function workFor(path: string | undefined, ownPath: string): Work {
  const name = path ?? ownPath;
  // Dot files and folders are not content, except `.well-known`. Editors keep drafts there, and under names that end in
  // a tilde.
  if (/(^|\/)\.(?!well-known(\/|$))|~$/.test(name)) return 'nothing';
  if (path === undefined) return 'synthesis';
  if (/\.test\.ts$|^[\w-]+\/testing\//.test(path)) return 'nothing';
  return bundledFolders.test(path) ? 'bundles' : 'synthesis';
}
