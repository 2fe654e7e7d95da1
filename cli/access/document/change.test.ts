import { describe, expect, it } from 'vitest';
import { type AccessDocument, accessRuleSchema, parseAccessDocument } from '../../../contract/access-rules.ts';
import {
  block,
  type Change,
  documentText,
  orderedFields,
  signOut,
  tidied,
  unblock,
  withoutRule,
  withRule,
} from './change.ts';

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

describe('each change', () => {
  const empty: AccessDocument = { version: 1, blocked: [], rules: [] };
  const of = (email: string, path = '/*') => ({ who: { emails: [email] }, path });
  const [a, b, c] = [of('a@x.example'), of('b@x.example'), of('c@x.example')];
  const time = Date.parse('2027-02-01T00:00:00Z');
  const documentAfter = (change: Change): AccessDocument | undefined =>
    change.kind === 'changed' ? change.document : undefined;

  it.each([
    [undefined, [a, b, c]],
    [1, [c, a, b]],
    [2, [a, c, b]],
    [3, [a, b, c]],
  ])('puts a rule at position %s', (position, rules) => {
    expect(documentAfter(withRule({ ...empty, rules: [a, b] }, c, position))?.rules).toEqual(rules);
  });

  it('says which rule is there already, and takes another path or end for another rule', () => {
    const live = { ...empty, rules: [a, b] };
    expect(withRule(live, { path: b.path, who: b.who }, 1)).toEqual({
      kind: 'unchanged',
      why: 'rule 2 already says this: b@x.example → /*',
    });
    for (const other of [
      { ...b, path: '/docs/*' },
      { ...b, until: '2028-01-01T00:00:00Z' },
    ])
      expect(documentAfter(withRule(live, other))?.rules).toEqual([a, b, other]);
  });

  it('says so of the first rule, too', () => {
    expect(withRule({ ...empty, rules: [a, b] }, a)).toMatchObject({ kind: 'unchanged' });
  });

  it('takes away exactly the one rule', () => {
    expect(documentAfter(withoutRule({ ...empty, rules: [a, b, c] }, 1))?.rules).toEqual([a, c]);
  });

  it('keeps the first of equal rules and people, and says so', () => {
    const blocked = ['eve@x.example', 'm@x.example', 'eve@x.example'];
    expect(tidied({ ...empty, blocked, rules: [a, b, { path: a.path, who: a.who }] })).toEqual({
      document: { ...empty, blocked: ['eve@x.example', 'm@x.example'], rules: [a, b] },
      notes: [
        'eve@x.example was listed twice among the blocked; kept once',
        'this rule was listed twice; kept the first: a@x.example → /*',
      ],
    });
  });

  it('unblocks nobody else, and says who is not blocked', () => {
    const live = { ...empty, blocked: ['eve@x.example', 'm@x.example'] };
    expect(documentAfter(unblock(live, 'eve@x.example'))?.blocked).toEqual(['m@x.example']);
    expect(unblock(live, 'a@x.example')).toEqual({
      kind: 'unchanged',
      why: 'a@x.example is not blocked by a live document',
    });
    expect(block(live, 'm@x.example')).toEqual({ kind: 'unchanged', why: 'm@x.example is blocked already' });
  });

  it('signs one person out beside the others and everyone, and moves no time back', () => {
    const everyone = '2026-01-01T00:00:00Z';
    const others = { who: 'b@x.example', before: '2026-06-01T00:00:00Z' };
    const live: AccessDocument = { ...empty, signedOutBefore: { everyone, people: [others] } };
    const now = documentAfter(signOut(live, 'a@x.example', time));
    const mine = { who: 'a@x.example', before: '2027-02-01T00:00:00Z' };
    expect(now?.signedOutBefore).toEqual({ everyone, people: [others, mine] });
    expect(now && documentAfter(signOut(now, 'a@x.example', time - 5_000))?.signedOutBefore).toEqual(
      now?.signedOutBefore,
    );
  });

  it('signs everyone out with the same or a later time, and keeps only the people with a later one', () => {
    const at = (who: string, before: string) => ({ who, before });
    const people = [at('a@x.example', '2027-02-01T00:00:00Z'), at('b@x.example', '2027-02-01T00:00:01Z')];
    const now = documentAfter(signOut({ ...empty, signedOutBefore: { people } }, undefined, time));
    expect(now?.signedOutBefore).toEqual({ everyone: '2027-02-01T00:00:00Z', people: [people[1]] });
    const again = now && documentAfter(signOut(now, undefined, time - 5_000));
    expect(again?.signedOutBefore).toEqual(now?.signedOutBefore);
    expect(documentAfter(signOut(empty, undefined, time))?.signedOutBefore).toEqual({
      everyone: '2027-02-01T00:00:00Z',
    });
  });
});
