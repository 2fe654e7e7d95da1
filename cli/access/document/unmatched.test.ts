import { expect, it } from 'vitest';
import type { AccessDocument } from '../../../contract/access-rules.ts';
import { newlyUnmatchable, unmatchedNotes } from './unmatched.ts';

const google = 'https://accounts.google.com';
const empty: AccessDocument = { version: 1, blocked: [], rules: [] };
const wrong = { ...empty, rules: [{ who: { emails: ['<a@x.example>'] }, path: '/*' }] };

it('tells of blocked people of both documents, the live one first, and not of rules, which have warnings', () => {
  const live: AccessDocument = { ...wrong, blocked: ['<eve@x.example>', { issuer: google, subject: 'eve' }] };
  expect(unmatchedNotes({ config: { ...empty, blocked: ['<m@x.example>'] }, live })).toEqual([
    expect.stringMatching(/^live\.blocked\.0: <eve@x\.example> is not an address that a token can have; allowed: ./),
    expect.stringMatching(/^live\.blocked\.1\.subject: eve is not an account that a token can have; allowed: ./),
    expect.stringMatching(/^config\.blocked\.0: <m@x\.example> is not an address that a token can have; allowed: ./),
  ]);
});

it('counts every such name as new where no earlier document could be read, and none that was there before', () => {
  expect(newlyUnmatchable(undefined, wrong).map(({ name }) => name)).toEqual(['<a@x.example>']);
  expect(newlyUnmatchable(empty, wrong)).toHaveLength(1);
  expect(newlyUnmatchable({ ...empty, blocked: ['<a@x.example>'] }, wrong)).toEqual([]);
});
