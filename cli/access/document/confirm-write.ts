/** The last step of every change: shows the difference, asks, and writes. Writes nothing that it did not show. */
import {
  type AccessDocument,
  emptyAccessDocument,
  maximumDocumentBytes,
  parseAccessDocument,
} from '../../../contract/access-rules.ts';
import { accessLiveKey } from '../../../contract/layout.ts';
import { visible } from '../../../contract/visible-text.ts';
import { paint } from '../../terminal.ts';
import { shortVersion, timeText } from '../shared/format.ts';
import type { AccessTarget } from '../shared/target.ts';
import type { AccessTerminal } from '../shared/terminal.ts';
import { documentText } from './change.ts';
import { changeNotes } from './change-notes.ts';
import { textDiff } from './diff.ts';
import { readInForce } from './in-force.ts';
import type { AccessStore, StoredDocument } from './store.ts';
import { changeText } from './summary.ts';
import { unmatchedNotes } from './unmatched.ts';
import { warningContext } from './warnings.ts';

/** What every access command works with. */
export interface AccessSession {
  readonly target: AccessTarget;
  readonly store: AccessStore;
  readonly terminal: AccessTerminal;
  /** `--yes`: writes without asking. */
  readonly yes: boolean;
}

/** Compares documents that another tool wrote by their content, not by their white space. */
function comparable(text = ''): string {
  const { document } = parseAccessDocument(text);
  return document === undefined ? text : documentText(document);
}

/** Seconds until every instance of the Lambda has read a change. The local Lambda restarts with each change. */
export const noticeSeconds = ({ isLocal }: Pick<AccessTarget, 'isLocal'>): number => (isLocal ? 0 : 60);

/** When a change that was just written is in force. */
export const noticeText = (target: Pick<AccessTarget, 'isLocal'>): string =>
  target.isLocal ? 'now' : `within ${noticeSeconds(target)} seconds`;

/**
 * Shows what would change, asks, and writes, replacing exactly the version that it compared with. Resolves to false
 * after a no. Throws a plain `Error` if nobody can be asked, or if somebody else wrote meanwhile.
 */
export async function writeLive(
  { target, store, terminal, yes }: AccessSession,
  over: StoredDocument | undefined,
  document: AccessDocument,
  notes: readonly string[],
): Promise<boolean> {
  const text = documentText(document);
  const bytes = Buffer.byteLength(text);
  if (bytes > maximumDocumentBytes) {
    throw new Error(
      `document: got ${bytes.toLocaleString('en')} bytes; allowed: ${maximumDocumentBytes.toLocaleString('en')}. \
Fix: name a domain or a claim instead of many addresses`,
    );
  }
  const difference = textDiff(comparable(over?.text), text);
  if (difference === '') {
    terminal.print('Nothing to change.\n');
    return false;
  }
  const before = over?.text === undefined ? undefined : parseAccessDocument(over.text).document;
  if (before !== undefined) terminal.print(`${paint('bold', changeText(before, document))}\n`);
  terminal.print(difference);
  const { inForce } = await readInForce(target, store);
  const config = inForce?.documents.config ?? emptyAccessDocument;
  const doubts = changeNotes(
    { live: before ?? emptyAccessDocument, config },
    { live: document, config },
    warningContext(target, store.now()),
  );
  const unmatched = unmatchedNotes({ live: document, config: emptyAccessDocument });
  for (const note of [...notes, ...doubts, ...unmatched]) terminal.print(`${paint('yellow', '!')} ${note}\n`);
  if (!yes) {
    if (!terminal.canAsk)
      throw new Error(
        'not written: this is not a terminal, so nobody can confirm. Fix: add --yes if the change above is right',
      );
    if (!(await terminal.ask(`Write this to ${target.label}?`))) {
      terminal.print('Not written.\n');
      return false;
    }
  }
  const written = await store.write(accessLiveKey, text, over);
  if (written === 'conflict') throw await conflict(store, over);
  terminal.print(
    `${paint('green', 'Written')} as version ${shortVersion(written.version)}. In force ${noticeText(target)}.\n`,
  );
  return true;
}

async function conflict(store: AccessStore, over: StoredDocument | undefined): Promise<Error> {
  const theirs = await store.read(accessLiveKey);
  const by = theirs?.changedBy === undefined ? '' : ` by ${visible(theirs.changedBy)}`;
  const what =
    theirs === undefined
      ? 'It is gone now.'
      : `It is version ${shortVersion(theirs.version)} of ${timeText(theirs.modified)}${by} \
now:\n${textDiff(comparable(over?.text), comparable(theirs.text))}`;
  return new Error(
    `not written: somebody else changed ${accessLiveKey} meanwhile, and their change is kept. ${what.trimEnd()}\nFix: \
run the same command again; it starts from their version`,
  );
}
