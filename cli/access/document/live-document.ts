/** How every change begins and ends: reads the newest live document, and writes the changed one. */
import { type AccessDocument, parseAccessDocument } from '../../../contract/access-rules.ts';
import { accessLiveKey } from '../../../contract/layout.ts';
import type { Change } from './change.ts';
import { type AccessSession, writeLive } from './confirm-write.ts';
import { documentProblems } from './in-force.ts';
import type { StoredDocument } from './store.ts';

/** The newest live document. Throws if it is missing or malformed. */
export async function newestLive({
  store,
}: AccessSession): Promise<{ over: StoredDocument | undefined; live: AccessDocument }> {
  const over = await store.read(accessLiveKey);
  if (over === undefined) {
    throw new Error(`${accessLiveKey} is missing, so nobody can sign in. Fix: npm run access -- history, then restore`);
  }
  const { document } = over.text === undefined ? {} : parseAccessDocument(over.text);
  if (document !== undefined) return { over, live: document };
  const problems = documentProblems(over.text).map((problem) => `  ${problem}`);
  throw new Error(
    `${accessLiveKey} is malformed, and an earlier version is in force:\n${problems.join('\n')}\nFix: npm run access \
-- edit, or history and restore`,
  );
}

export async function writeChange(
  session: AccessSession,
  over: StoredDocument | undefined,
  change: Change,
  notes: readonly string[],
): Promise<boolean> {
  if (change.kind === 'changed') return writeLive(session, over, change.document, [...notes, ...change.notes]);
  session.terminal.print(`Nothing to change: ${change.why}.\n`);
  return false;
}
