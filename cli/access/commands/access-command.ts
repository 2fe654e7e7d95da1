/** The form of an access command: it checks what was typed, and then acts on the documents of a site. */
import type { AccessSession } from '../document/confirm-write.ts';
import type { AccessValues } from '../shared/options.ts';

/** What was typed after the name of the command. */
interface Typed {
  readonly values: AccessValues;
  readonly words: readonly string[];
  /** Folder with `s3nator.config.ts`. */
  readonly root: string;
}

/** Throws if something wrong was typed, before anything is asked of AWS. Returns what is then done. */
export type AccessCommand = (typed: Typed) => (session: AccessSession) => Promise<unknown>;
