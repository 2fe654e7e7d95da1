import { afterEach, beforeEach, expect, it } from 'vitest';
import { type AccessDocument, maximumDocumentBytes } from '../../../contract/access-rules.ts';
import { blockCommand, signOutCommand, unblockCommand } from '../commands/person-commands.ts';
import { accessTarget } from '../shared/target.ts';
import { configKey, empty, type LocalSite, liveKey, startLocalSite } from '../testing/local-site.ts';
import { documentText } from './change.ts';
import { type AccessSession, noticeSeconds, noticeText, writeLive } from './confirm-write.ts';
import { openAccessStore } from './store.ts';

const none: AccessDocument = { version: 1, blocked: [], rules: [] };
const bob = { who: { emails: ['bob@gmail.com'] }, path: '/*' };

let site: LocalSite;
let session: AccessSession;
beforeEach(async () => {
  site = await startLocalSite();
  const target = { ...(await accessTarget({ root: site.root, site: undefined, local: true })), isLocal: false };
  session = { target, store: await openAccessStore(target), terminal: site.terminal, yes: true };
});
afterEach(() => site.close());

const versions = (): number => site.bucket.versions(liveKey).length;
const write = async (document: AccessDocument, notes: readonly string[] = []): Promise<boolean> => {
  site.printed = '';
  return writeLive(session, await session.store.read(liveKey), document, notes);
};

it('a change is in force at once on this machine, and within a minute elsewhere', () => {
  expect([noticeSeconds({ isLocal: true }), noticeText({ isLocal: true })]).toEqual([0, 'now']);
  expect([noticeSeconds({ isLocal: false }), noticeText({ isLocal: false })]).toEqual([60, 'within 60 seconds']);
});

it('a change is printed in one line, then line by line, then with the notes about it and the rules', async () => {
  const typo = { who: { emails: ['x@y'], trustUnmanaged: true as const }, path: '/*' };
  expect(await write({ ...none, rules: [typo], blocked: ['<eve@x.example>'] }, ['first', 'second'])).toBe(true);
  const [summary, ...lines] = site.printed.split('\n');
  expect(summary).toBe('+ rule x@y (unmanaged, too) → /*; + blocked <eve@x.example>');
  expect(lines[0]).toBe('  {');
  expect(lines.filter((line) => line.startsWith('!'))).toEqual([
    '! first',
    '! second',
    '! rule 1 names x@y, whose domain has no dot: few providers have such addresses',
    expect.stringMatching(/^! rule 1 accepts anyone who signs in with x@y/),
    expect.stringMatching(/^! live\.blocked\.0: <eve@x\.example> is not an address/),
  ]);
  const { version = '' } = (await session.store.read(liveKey)) ?? {};
  expect(lines.at(-2)).toBe(`Written as version ${version.slice(0, 8)}. In force within 60 seconds.`);
});

it('the same content in another layout is not written again, and nobody is asked', async () => {
  site.put(liveKey, '{ "rules": [], "version": 1, "blocked": [] }');
  session = { ...session, yes: false };
  expect(await write(none, ['a note'])).toBe(false);
  expect([site.printed, versions()]).toEqual(['Nothing to change.\n', 2]);
});

it('a document of 4 MiB is written, and one byte more is refused before anything is shown', async () => {
  const sized = (bytes: number): AccessDocument => {
    const { length } = documentText({ ...none, $schema: '' });
    return { ...none, $schema: 'x'.repeat(bytes - length) };
  };
  await expect(write(sized(maximumDocumentBytes + 1))).rejects.toThrow(
    'document: got 4,194,305 bytes; allowed: 4,194,304. Fix: name a domain or a claim instead of many addresses',
  );
  expect([site.printed, versions()]).toEqual(['', 1]);
  expect(await write(sized(maximumDocumentBytes))).toBe(true);
});

it('over a malformed document the difference is shown, and no summary', async () => {
  site.put(liveKey, '{');
  expect(await write(none)).toBe(true);
  expect(site.printed).toMatch(/^ {2}\{\n\+ {3}"version": 1,\n/);
});

it('over a document that is gone, only one that is still gone is replaced', async () => {
  await expect(writeLive(session, undefined, none, [])).rejects.toThrow(/somebody else changed access\/live\.json/);
  site.bucket.remove(liveKey);
  expect(await writeLive(session, undefined, { ...none, rules: [bob] }, [])).toBe(true);
  expect(await site.live()).toEqual({ ...empty, rules: [bob] });
});

it('a conflict names their version, its time and its writer, and shows what they did', async () => {
  const over = await session.store.read(liveKey);
  await write({ ...none, blocked: ['mallory@x.example'] });
  const theirs = await session.store.read(liveKey);
  const refused = await writeLive(session, over, { ...none, rules: [bob] }, []).catch((error: Error) => error.message);
  expect(refused).toContain(
    'not written: somebody else changed access/live.json meanwhile, and their change is kept. ' +
      `It is version ${theirs?.version.slice(0, 8)} ` +
      `of ${theirs?.modified.toISOString().slice(0, 19).replace('T', ' ')}Z ` +
      `by ${theirs?.changedBy} now:\n`,
  );
  expect(refused).toMatch(/- {3}"blocked": \[\],\n\+ {3}"blocked": \[\n\+ {5}"mallory@x\.example"\n/);
  expect(refused).not.toContain('bob@gmail.com');
  expect(await site.live()).toEqual({ ...empty, blocked: ['mallory@x.example'] });
});

const typed = (...words: string[]) => ({ words, values: {}, root: site.root });

it('a block elsewhere counts the minute in which it is noticed, and is told only when it was written', async () => {
  const said =
    /Their current cookies work until 2027-01-15 09:01:0\dZ at the latest \(1 hour of cookies and 60 seconds/;
  await blockCommand(typed('eve@x.example'))(session);
  expect(site.printed).toMatch(said);
  site.printed = '';
  await blockCommand(typed('eve@x.example'))(session);
  expect(site.printed).toBe('Nothing to change: eve@x.example is blocked already.\n');
  site.answers = [false, false];
  await blockCommand(typed('m@x.example'))({ ...session, yes: false });
  await signOutCommand(typed('m@x.example'))({ ...session, yes: false });
  expect(site.printed).not.toMatch(/cookies|can sign in again/);
});

it('a sign-out says that who is admitted can sign in again', async () => {
  await signOutCommand(typed('eve@x.example'))(session);
  expect(site.printed).toMatch(/not renewed\. Cookies of these .*\nPeople whom .* can sign in again\. .*: block\.\n$/);
});

it('an unblock of somebody whom both documents block changes the live one, and says who still blocks', async () => {
  for (const key of [liveKey, configKey]) site.put(key, { ...empty, blocked: ['eve@x.example'] });
  await expect(unblockCommand(typed('eve@x.example'))(session)).rejects.toThrow(
    'eve@x.example is still blocked by s3nator.config.ts. Fix: remove them there, and deploy',
  );
  expect(await site.live()).toEqual(empty);
  await unblockCommand(typed('m@x.example'))(session);
  expect(site.printed).toContain('Nothing to change: m@x.example is not blocked by a live document.\n');
});
