import { chmodSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { empty, type LocalSite, liveKey, startLocalSite } from '../testing/local-site.ts';

let site: LocalSite;
beforeEach(async () => {
  site = await startLocalSite();
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await site.close();
});

const path = (name: string): string => join(site.root, name);
/** An editor that replaces the draft by each of the texts in turn, and keeps what it was given. */
function editorWriting(...documents: readonly unknown[]): void {
  for (const [number, document] of documents.entries()) {
    writeFileSync(path(`typed-${number + 1}`), typeof document === 'string' ? document : JSON.stringify(document));
  }
  writeFileSync(
    path('editor.sh'),
    `#!/bin/sh\ncd '${site.root}'\necho x >> runs\nn=$(wc -l < runs)\ncp "$1" opened-$n\ncp typed-$((n)) "$1"\n`,
  );
  chmodSync(path('editor.sh'), 0o755);
  vi.stubEnv('VISUAL', path('editor.sh'));
}
const opened = (number: number): string => readFileSync(path(`opened-${number}`), 'utf8');
const versions = (): number => site.bucket.versions(liveKey).length;
const drafts = (): string[] => readdirSync(path('.s3nator/drafts'));
const blocking = (...blocked: string[]) => ({ ...empty, blocked });

it('a document that is gone is begun anew', async () => {
  site.bucket.remove(liveKey);
  editorWriting(blocking('eve@x.example'));
  await site.run('edit', '--yes');
  expect(JSON.parse(opened(1))).toEqual({ $schema: '../../../docs/access-document.schema.json', ...empty });
  expect(await site.live()).toEqual(blocking('eve@x.example'));
});

it('a malformed document is opened as it is stored', async () => {
  site.put(liveKey, '{"version":1,"blocked":[}');
  editorWriting(empty);
  await site.run('edit', '--yes');
  expect(opened(1)).toBe('{"version":1,"blocked":[}');
});

it('the editor is not opened again after a no, and the mistakes are told with the draft', async () => {
  editorWriting('{', blocking('eve@x.example'));
  site.answers = [false];
  await expect(site.run('edit')).rejects.toThrow(
    /^not written: the document has errors\nYour draft is kept in \S+\/live\.json$/,
  );
  expect([existsSync(path('opened-2')), versions(), drafts().length]).toEqual([false, 1, 1]);
});

it('the editor is opened again with what was typed, and only what is right in the end is written', async () => {
  editorWriting('{', blocking('eve'), blocking('eve@x.example'));
  site.answers = [true, true, true];
  await site.run('edit');
  expect([opened(2), JSON.parse(opened(3))]).toEqual(['{', blocking('eve')]);
  expect(await site.live()).toEqual(blocking('eve@x.example'));
  expect([versions(), drafts(), existsSync(path('opened-4'))]).toEqual([2, [], false]);
});

it('every name whose spelling changes is told, in every list, and names of accounts are not', async () => {
  const subject = { issuer: 'https://accounts.google.com', subject: '1' };
  const who = { hostedDomains: ['Y.example'], emails: ['B@y.example'], subjects: [subject] };
  const account = 'X@p.iam.gserviceaccount.com';
  editorWriting({
    ...empty,
    blocked: ['A@x.example', subject],
    rules: [{ who }, { who: { serviceAccounts: [account] } }],
  });
  const out = await site.run('edit', '--yes');
  expect([...out.matchAll(/^! (\S+) is stored as (\S+),/gm)].map(([, typed, stored]) => [typed, stored])).toEqual(
    ['A@x.example', 'Y.example', 'B@y.example', account].map((name) => [name, name.toLowerCase()]),
  );
});

it('a draft that only has another layout is not written', async () => {
  editorWriting(JSON.stringify(empty));
  expect(await site.run('edit', '--yes')).toContain('Nothing to change.\n');
  expect(versions()).toBe(1);
});

it('a document that would be right but for a name that is there twice is not written', async () => {
  editorWriting('{"version":1,"blocked":["eve@x.example"],"rules":[],\n"blocked":[]}');
  await expect(site.run('edit', '--yes')).rejects.toThrow(/^not written: the document has errors\n/);
  expect(site.printed).toContain('✗ line 2: blocked is there twice in one object');
  expect(versions()).toBe(1);
});

it('a new path is stored in the form that browsers send, which is said; paths that were there stay', async () => {
  const rule = (path: string) => ({ who: { emails: ['a@gmail.com'] }, path });
  site.put(liveKey, { ...empty, rules: [rule('/%c3%a9/*')] });
  editorWriting({ ...empty, rules: [rule('/équipe/*'), rule('/%c3%a9/*'), rule('/%c3%a0/*')] });
  const out = await site.run('edit', '--yes');
  expect(out).toContain('! /équipe/* is stored as /%C3%A9quipe/*, the form that browsers send\n');
  expect(out).toContain('! /%c3%a0/* is stored as /%C3%A0/*, the form that browsers send\n');
  expect(out).not.toContain('/%c3%a9/* is stored as');
  expect(await site.live()).toMatchObject({ rules: [rule('/%C3%A9quipe/*'), rule('/%c3%a9/*'), rule('/%C3%A0/*')] });
});

it('a new path that no browser sends is not written, and its line is named', async () => {
  const draft = `{"version":1,"blocked":[],"rules":[
    {"who":{"anyone":true},"path":"/é/*"},
    {"who":{"anyone":true},"path":"/a/../b"}]}`;
  editorWriting(draft);
  site.answers = [false];
  await expect(site.run('edit')).rejects.toThrow('not written: the document has errors');
  expect(site.printed).toContain('line 3: rules.1.path: got /a/../b; allowed: a path without segments of dots');
  expect(versions()).toBe(1);
});

it('a document that is not one is described as it was typed', async () => {
  editorWriting('{"version":1,"blocked":[],"rules":{"path":"/é"}}');
  site.answers = [false];
  await expect(site.run('edit')).rejects.toThrow('not written: the document has errors');
  expect(site.printed).toContain('line 1: rules: allowed: a list of rules');
});
