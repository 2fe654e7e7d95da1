/** `access edit`: opens a draft of the live document in an editor, checks it, and writes it. Keeps it on errors. */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { type AccessDocument, emptyAccessDocument, parseAccessDocument } from '../../../contract/access-rules.ts';
import { accessLiveKey } from '../../../contract/layout.ts';
import { visible } from '../../../contract/visible-text.ts';
import { writePrivateFile } from '../../private-file.ts';
import { paint } from '../../terminal.ts';
import { documentText, tidied } from '../document/change.ts';
import { type AccessSession, writeLive } from '../document/confirm-write.ts';
import { unsentPaths, withSentPaths } from '../document/draft-paths.ts';
import { documentProblems } from '../document/in-force.ts';
import { jsonLines } from '../document/json-lines.ts';
import { newlyUnmatchable } from '../document/unmatched.ts';
import { formNote, spellingNotes } from '../shared/typed-rule.ts';
import type { AccessCommand } from './access-command.ts';

/** From the draft to the schema, for editors. */
const schemaReference = '../../../docs/access-document.schema.json';

function chosenEditor(): string {
  const editor = process.env['VISUAL'] || process.env['EDITOR'];
  if (editor) return editor;
  throw new Error('edit: neither $VISUAL nor $EDITOR is set. Fix: EDITOR=nano npm run access -- edit');
}

/** Uses the shell, as git does, because the variable may contain arguments. */
function openEditor(editor: string, file: string): Promise<void> {
  return new Promise((done, failed) => {
    const child = spawn('sh', ['-c', `${editor} "$1"`, 'sh', file], { stdio: 'inherit' });
    child.once('error', failed);
    child.once('close', (code) => (code === 0 ? done() : failed(new Error(`edit: ${editor} ended with ${code}`))));
  });
}

/** The text to open. It names the schema, unless the document already names one or is malformed. */
function draftText(text: string): string {
  const { document } = parseAccessDocument(text);
  if (document === undefined) return text;
  return documentText({ $schema: schemaReference, ...document });
}

export const editCommand: AccessCommand =
  ({ root }) =>
  (session) =>
    editLive(session, root);

/** Resolves to false if nothing was written. `root`: the folder whose `.s3nator/drafts` keeps the draft. */
async function editLive(session: AccessSession, root: string): Promise<boolean> {
  const { store, terminal } = session;
  const editor = chosenEditor();
  const over = await store.read(accessLiveKey);
  if (over !== undefined && over.text === undefined) {
    throw new Error(`edit: ${accessLiveKey} is too long to be read. Fix: npm run access -- history, then restore`);
  }
  const drafts = join(root, '.s3nator/drafts');
  mkdirSync(drafts, { recursive: true, mode: 0o700 });
  const folder = mkdtempSync(join(drafts, 'edit-'));
  const file = join(folder, 'live.json');
  const opened = draftText(over?.text ?? documentText(emptyAccessDocument));
  // It names people.
  writePrivateFile(file, opened);
  const before = over?.text === undefined ? undefined : parseAccessDocument(over.text).document;
  /** Names that were there before may stay: an earlier version accepted them. */
  const strangeNames = (text: string, document: AccessDocument): string[] =>
    newlyUnmatchable(before, document).map(
      ({ path, name, allowed }) =>
        `line ${jsonLines(text).lineOf(path)}: ${path.join('.')}: got ${visible(name)}; allowed: ${allowed}`,
    );
  const strangePaths = (text: string, document: AccessDocument): string[] =>
    unsentPaths(document, before).map(
      ({ place, path, allowed }) =>
        `line ${jsonLines(text).lineOf(['rules', place, 'path'])}: rules.${place}.path: got ${visible(path)}; \
allowed: ${allowed}`,
    );
  const kept = (): string => `Your draft is kept in ${relative(process.cwd(), file)}`;
  try {
    for (;;) {
      await openEditor(editor, file);
      const text = readFileSync(file, 'utf8');
      if (text === opened) {
        rmSync(folder, { recursive: true });
        terminal.print('Nothing was changed.\n');
        return false;
      }
      const draft = withSentPaths(text, before);
      const { document } = parseAccessDocument(draft.text);
      const strange = document === undefined ? [] : [...strangeNames(text, document), ...strangePaths(text, document)];
      const problems = [...documentProblems(draft.text), ...strange];
      if (problems.length === 0 && document !== undefined) {
        const { $schema, ...content } = document;
        const clean = tidied($schema === undefined || $schema === schemaReference ? content : document);
        const forms = draft.changed.map(({ typed, sent }) => formNote(typed, sent));
        const notes = [...spellingNotes(peopleIn(JSON.parse(text))), ...forms, ...clean.notes];
        if (await writeLive(session, over, clean.document, notes)) {
          rmSync(folder, { recursive: true });
          return true;
        }
        terminal.print(`${kept()}\n`);
        return false;
      }
      for (const problem of problems) terminal.print(`${paint('red', '✗')} ${problem}\n`);
      if (!terminal.canAsk || !(await terminal.ask('Open the editor again?')))
        throw new Error('not written: the document has errors');
    }
  } catch (error) {
    if (error instanceof Error) error.message += `\n${kept()}`;
    throw error;
  }
}

/** Addresses and domains as they were typed. */
function peopleIn({ blocked, rules }: AccessDocument): readonly string[] {
  const lists = rules.flatMap(({ who }) => [who.hostedDomains ?? [], who.emails ?? [], who.serviceAccounts ?? []]);
  return [...blocked.filter((person) => typeof person === 'string'), ...lists.flat()];
}
