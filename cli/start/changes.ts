/** Collects changed files until a quiet moment, then reloads once. */
export interface ChangesOptions {
  /** Milliseconds without a change after which a reload begins. */
  readonly quietMs: number;
  /** Puts the changed files in force. Must not reject. */
  readonly reload: (files: ReadonlySet<string>) => Promise<void>;
  /** Called once per burst, for a file that has been changing for longer than `longMs`. */
  readonly onLong: (file: string) => void;
  readonly longMs: number;
}

export class Changes {
  private readonly options: ChangesOptions;
  private readonly pending = new Set<string>();
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;
  private since = 0;
  private hasTold = false;
  private closed = false;

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
    this.pending.add(file);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.timer = undefined;
      this.begin();
    }, this.options.quietMs);
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
    this.running = this.options.reload(files).finally(() => {
      this.running = undefined;
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
