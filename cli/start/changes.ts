/** Collects changed files until nothing changes for a moment, and then reloads once. */
export interface ChangesOptions {
  /** Milliseconds without a change after which a reload begins. */
  readonly quietMs: number;
  /** Puts the changed files in force. Must not reject. */
  readonly reload: (files: ReadonlySet<string>) => Promise<void>;
  /** Hears, once a burst, of a file that has been changing for longer than `longMs`. */
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
   * Editors write a file in several steps, and copies in thousands: the last of them counts. `now`: epoch milliseconds.
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

  /** Begins nothing any more, and resolves when what runs has ended. */
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
      // What came meanwhile waits for the quiet after it, if that is not over.
      if (this.timer === undefined) this.begin();
    });
  }
}

/**
 * What a change asks for. `bundles`: what is built from it; `synthesis`: the stack alone, which the content and the
 * config are part of.
 */
export type Work = 'bundles' | 'synthesis' | 'nothing';

/** Folders of a checkout whose modules are built into the Lambda or the elements. */
const bundledFolders = /^(api|contract|web-components)\//;

/** `path`: below the checkout, with forward slashes; undefined: the file is the adopter's, content or config. */
export function workFor(path: string | undefined, ownPath: string): Work {
  const name = path ?? ownPath;
  // Dot files and folders are no content but for one, and editors keep their drafts there and under names with a tilde.
  if (/(^|\/)\.(?!well-known(\/|$))|~$/.test(name)) return 'nothing';
  if (path === undefined) return 'synthesis';
  if (/\.test\.ts$|^[\w-]+\/testing\//.test(path)) return 'nothing';
  return bundledFolders.test(path) ? 'bundles' : 'synthesis';
}
