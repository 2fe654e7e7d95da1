/** `access history` and `restore`: the versions of the live document, what each changed, and going back to one. */
import { type AccessDocument, parseAccessDocument } from '../../../contract/access-rules.ts';
import { accessLiveKey } from '../../../contract/layout.ts';
import { personKey } from '../../../contract/person.ts';
import { visible } from '../../../contract/visible-text.ts';
import { paint } from '../../terminal.ts';
import { type AccessSession, writeLive } from '../document/confirm-write.ts';
import type { AccessStore, StoredDocument, StoredVersion } from '../document/store.ts';
import { changeText } from '../document/summary.ts';
import { personText, shortVersion, timeText } from '../shared/format.ts';
import type { AccessCommand } from './access-command.ts';

/** How many versions are shown. S3 keeps the older ones, too. */
const shownVersions = 20;

const documentOf = (stored: StoredDocument | undefined): AccessDocument | undefined =>
  stored?.text === undefined ? undefined : parseAccessDocument(stored.text).document;

export const historyCommand: AccessCommand = () => showHistory;

export const restoreCommand: AccessCommand =
  ({ words: [version] }) =>
  (session) =>
    restoreVersion(session, version);

async function showHistory({ store, terminal }: AccessSession): Promise<void> {
  const versions = await store.versions(accessLiveKey);
  // One more than is shown, to say what the oldest shown version changed.
  const looked = versions.slice(0, shownVersions + 1);
  const stored: (StoredDocument | undefined)[] = [];
  for (const { version, isDeletion } of looked)
    stored.push(isDeletion ? undefined : await store.read(accessLiveKey, version));
  const rows = looked.slice(0, shownVersions).map((entry, index): readonly string[] => {
    const here = stored[index];
    return [
      shortVersion(entry.version),
      timeText(entry.modified),
      visible(here?.changedBy ?? '-'),
      here === undefined ? '-' : `${here.bytes.toLocaleString('en')} B`,
      whatChanged(entry, here, stored.slice(index + 1)),
    ];
  });
  const table = [['version', 'written', 'by', 'size', 'change'], ...rows];
  const widths = table[0]?.map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0))) ?? [];
  for (const [number, row] of table.entries()) {
    const line = row.map((cell, column) => (column === 4 ? cell : cell.padEnd(widths[column] ?? 0))).join('  ');
    terminal.print(`${number === 0 ? paint('bold', line) : line}\n`);
  }
  if (versions.length > shownVersions) terminal.print(`and ${versions.length - shownVersions} older ones\n`);
  terminal.print(`${paint('gray', 'To go back to a version: npm run access -- restore VERSION')}\n`);
}

function whatChanged(
  { isDeletion }: StoredVersion,
  here: StoredDocument | undefined,
  earlier: readonly (StoredDocument | undefined)[],
): string {
  if (isDeletion) return 'deleted';
  const after = documentOf(here);
  if (after === undefined) return 'malformed, never in force';
  const before = earlier.map(documentOf).find((document) => document !== undefined);
  if (before !== undefined) return changeText(before, after);
  return earlier.length === 0 ? 'created' : 'the first that can be read';
}

/** The version whose ID begins like this. Throws one line if there is none, or several. */
async function versionNamed(store: AccessStore, start: string | undefined): Promise<StoredVersion> {
  const versions = await store.versions(accessLiveKey);
  const found =
    start === undefined ? [] : versions.filter(({ version, isDeletion }) => !isDeletion && version.startsWith(start));
  const [only] = found;
  if (only !== undefined && found.length === 1) return only;
  throw new Error(
    `restore: got ${start ?? 'nothing'}; allowed: the beginning of one version, as npm run access -- history shows it`,
  );
}

/**
 * Writes the rules and blocked people of a version as a new version. Sign-outs stay. Resolves to false if nothing was
 * written.
 */
async function restoreVersion(session: AccessSession, start: string | undefined): Promise<boolean> {
  const { store } = session;
  const { version } = await versionNamed(store, start);
  const document = documentOf(await store.read(accessLiveKey, version));
  if (document === undefined) {
    throw new Error(
      `restore: version ${shortVersion(version)} is malformed and was never in force. Fix: choose another version`,
    );
  }
  const over = await store.read(accessLiveKey);
  const { blocked = [], signedOutBefore } = (await newestReadable(store)) ?? {};
  const { signedOutBefore: _, ...restored } = document;
  // An older version must not make ended sessions renewable again.
  const next = { ...restored, ...(signedOutBefore !== undefined && { signedOutBefore }) };
  const kept = new Set(document.blocked.map(personKey));
  const unblocked = blocked.filter((person) => !kept.has(personKey(person)));
  return writeLive(
    session,
    over,
    next,
    unblocked.map((person) => `${personText(person)} is no longer blocked`),
  );
}

async function newestReadable(store: AccessStore): Promise<AccessDocument | undefined> {
  for (const { version, isDeletion } of (await store.versions(accessLiveKey)).slice(0, shownVersions)) {
    const document = isDeletion ? undefined : documentOf(await store.read(accessLiveKey, version));
    if (document !== undefined) return document;
  }
  return undefined;
}
