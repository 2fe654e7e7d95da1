import { expect, it } from 'vitest';
import type { AccessDocument, AccessRule } from '../../../contract/access-rules.ts';
import { changeNotes } from './change-notes.ts';
import type { WarningContext } from './warnings.ts';

const providers = [
  { kind: 'google', clientId: '1.apps.googleusercontent.com' },
] as unknown as WarningContext['providers'];
const context: WarningContext = { claimNames: [], knowsIssuer: () => true, providers, now: 0 };
const of = (...rules: AccessRule[]): AccessDocument => ({ version: 1, blocked: [], rules });
const by = (...emails: string[]): AccessRule => ({ who: { emails }, path: '/*' });
const [anna, bob, dotless] = [by('anna@partner.example'), by('bob@gmail.com'), by('x@y')];
const notesOf = (before: AccessDocument, after: AccessDocument, config = of()): readonly string[] =>
  changeNotes({ live: before, config }, { live: after, config }, context);
const doubt = (number: number): unknown =>
  expect.stringMatching(new RegExp(`^rule ${number} matches anna@partner\\.example only if Google Workspace runs`));

it('a change that leaves the rules alone has no notes', () => {
  expect(notesOf(of(anna), { ...of(anna), blocked: ['anna@partner.example'] })).toEqual([]);
});

it('only what is new is noted, though the numbers of the rules move', () => {
  expect(notesOf(of(anna), of(bob, anna))).toEqual([]);
  const twice = [{ ...bob, path: '/docs/*' }, bob];
  expect(notesOf(of(...twice), of(by('c@gmail.com'), ...twice))).toEqual([]);
});

it('a new rule has its warnings first, then what its addresses match, by its number', () => {
  expect(notesOf(of(), of(bob, dotless, anna))).toEqual([
    'rule 2 names x@y, whose domain has no dot: few providers have such addresses',
    expect.stringMatching(/^rule 2 matches x@y only if/),
    doubt(3),
  ]);
});

it('a later rule that no longer counts is noted, also one of the config, whose addresses are not', () => {
  expect(notesOf(of(), of({ who: { anyone: true }, path: '/*' }), of(anna))).toEqual([
    'rule 2 never consulted for anna@partner.example: rule 1 comes first',
  ]);
});

it('a domain that another rule, also one of the config, calls a Workspace is not doubted', () => {
  const domain = { who: { hostedDomains: ['partner.example'] }, path: '/docs/*' };
  expect(notesOf(of(), of(by('anna@partner.example')), of(domain))).toEqual([]);
});

it('a warning of an earlier rule does not hide that of a new one', () => {
  const path = '/docs/*';
  expect(notesOf(of(dotless), of(dotless, { ...dotless, path }))).toEqual([
    'rule 2 names x@y, whose domain has no dot: few providers have such addresses',
    'rule 2 never consulted for x@y: rule 1 comes first',
    expect.stringMatching(/^rule 2 matches x@y only if/),
  ]);
});
