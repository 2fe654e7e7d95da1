import { expect, it } from 'vitest';
import type { AccessSession } from './confirm-write.ts';
import { newestLive, writeChange } from './live-document.ts';
import type { StoredDocument } from './store.ts';

const stored = (text: string | undefined): StoredDocument => ({
  text,
  bytes: 1,
  etag: 'e',
  version: 'v',
  modified: new Date(0),
  changedBy: undefined,
});
const sessionWith = (over: StoredDocument | undefined, print = (_: string): void => {}): AccessSession =>
  ({ store: { read: async () => over }, terminal: { print } }) as unknown as AccessSession;

it('a change begins with the stored document, and what it says', async () => {
  const over = stored('{"version":1,"blocked":["a@x.example"],"rules":[]}');
  expect(await newestLive(sessionWith(over))).toEqual({
    over,
    live: { version: 1, blocked: ['a@x.example'], rules: [] },
  });
});

it.each<[string, StoredDocument | undefined, string]>([
  [
    'is missing',
    undefined,
    'access/live.json is missing, so nobody can sign in. Fix: npm run access -- history, then restore',
  ],
  [
    'is too long',
    stored(undefined),
    'access/live.json is malformed, and an earlier version is in force:\n' +
      '  longer than 4,194,304 bytes, so it is not read\nFix: npm run access -- edit, or history and restore',
  ],
  [
    'has mistakes, which are all named',
    stored('{"version":1,"blocked":[],\n"rules":[{"who":{}}],\n"version":1}'),
    'access/live.json is malformed, and an earlier version is in force:\n' +
      '  line 2: rules.0.who: allowed: at least one of hostedDomains, emails, subjects, serviceAccounts, claims, ' +
      'anyone\n  line 3: version is there twice in one object, and only the last one would count\n' +
      'Fix: npm run access -- edit, or history and restore',
  ],
])('a change is refused where the document %s', async (_, over, message) => {
  const refused = await newestLive(sessionWith(over)).catch((error: Error) => error.message);
  expect(refused).toBe(message);
});

it('what is not changed is said, and not written', async () => {
  let printed = '';
  const session = sessionWith(undefined, (text) => {
    printed += text;
  });
  expect(await writeChange(session, undefined, { kind: 'unchanged', why: 'it is so' }, ['a note'])).toBe(false);
  expect(printed).toBe('Nothing to change: it is so.\n');
});
