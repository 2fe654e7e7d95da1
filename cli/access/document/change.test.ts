import { describe, expect, it } from 'vitest';
import { type AccessDocument, accessRuleSchema, parseAccessDocument } from '../../../contract/access-rules.ts';
import { block, documentText, orderedFields, signOut, tidied, unblock } from './change.ts';

/** A value for every field that the schema knows; a field that is new there fails here until it has one. */
const whole: Record<string, unknown> = {
  issuer: 'google',
  hostedDomains: ['example.com'],
  emails: ['alice@example.com'],
  subjects: [{ issuer: 'https://accounts.google.com', subject: '1' }],
  serviceAccounts: ['x@p.iam.gserviceaccount.com'],
  claims: { groups: ['staff', 7, true] },
  anyone: true,
  trustUnmanaged: true,
};
const rule = { who: whole, path: '/docs/*', until: '2027-01-31T00:00:00Z' };
const document = {
  $schema: 'x',
  version: 1,
  blocked: ['eve@gmail.com'],
  rules: [rule],
  signedOutBefore: {
    everyone: '2027-01-31T00:00:00Z',
    people: [{ who: 'bob@gmail.com', before: '2027-01-31T00:00:00Z' }],
  },
};

describe('a change', () => {
  it('loses no field that the schema knows', () => {
    expect(Object.keys(whole).sort()).toEqual(Object.keys(accessRuleSchema.entries.who.entries).sort());
    expect(Object.keys(rule).sort()).toEqual(Object.keys(accessRuleSchema.entries).sort());
    const parsed = parseAccessDocument(JSON.stringify(document)).document;
    if (parsed === undefined) throw new Error('the sample is no document');
    expect(JSON.parse(documentText(tidied(parsed).document))).toEqual(document);
    const change = block(parsed, 'mallory@evil.example');
    expect(change.kind === 'changed' && change.document).toEqual({
      ...document,
      blocked: ['eve@gmail.com', 'mallory@evil.example'],
    });
  });

  it.each([
    ['hostedDomains', 'example.com'],
    ['emails', 'alice@example.com'],
    ['subjects', { issuer: 'https://idp.example', subject: '1' }],
    ['serviceAccounts', 'x@p.iam.gserviceaccount.com'],
  ])('keeps what is there twice in %s once, and says so', (field, value) => {
    const twice = { version: 1, blocked: [], rules: [{ who: { [field]: [value, value] }, path: '/*' }] };
    const { document: tidy, notes } = tidied(twice as unknown as AccessDocument);
    expect(tidy.rules).toEqual([{ who: { [field]: [value] }, path: '/*' }]);
    expect(notes).toEqual([expect.stringContaining('was listed twice in one rule; kept once')]);
  });

  it('takes two rules for equal when only the order of their fields differs', () => {
    const [parsed] = parseAccessDocument(JSON.stringify(document)).document?.rules ?? [];
    if (parsed === undefined) throw new Error('the sample has no rule');
    const reversed = { ...parsed, who: Object.fromEntries(Object.entries(parsed.who).reverse()) };
    expect(JSON.stringify(orderedFields(reversed))).toBe(JSON.stringify(orderedFields(parsed)));
  });

  it('compares people as the API does: an address in another case is the same person', () => {
    const live: AccessDocument = {
      version: 1,
      blocked: ['älice@example.com'],
      rules: [],
      signedOutBefore: { people: [{ who: 'älice@example.com', before: '2027-01-01T00:00:00Z' }] },
    };
    expect(block(live, 'ÄLICE@example.com')).toMatchObject({ kind: 'unchanged' });
    expect(unblock(live, 'ÄLICE@example.com')).toMatchObject({ kind: 'changed', document: { blocked: [] } });
    const signedOut = signOut(live, 'ÄLICE@example.com', Date.parse('2027-02-01T00:00:00Z'));
    expect(signedOut.kind === 'changed' && signedOut.document.signedOutBefore?.people).toEqual([
      { who: 'ÄLICE@example.com', before: '2027-02-01T00:00:00Z' },
    ]);
  });
});
