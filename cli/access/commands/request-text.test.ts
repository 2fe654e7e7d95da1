import { expect, it } from 'vitest';
import { answeredText, requestText, whoseText } from './request-text.ts';

const who = { iss: 'https://idp.example', sub: '7', email: 'a@x.example', managed: true };
const open = { version: 1 as const, askedAt: '2027-01-15T07:00:00.000Z', who, reason: '' };
const answered = { version: 1 as const, askedAt: open.askedAt, answeredAt: '2027-01-16T08:00:00.000Z', who };
const linesOf = (text: string): string[] => text.split('\n').slice(0, -1);
const { email: _, ...nameless } = who;

it('a person without an address is named by their account', () => {
  expect(whoseText(who)).toBe('a@x.example');
  expect(whoseText({ ...nameless, hd: 'x.example' })).toBe('7 of https://idp.example, domain x.example');
  expect(linesOf(requestText({ ...open, who: { ...nameless, managed: false } }))).toEqual([
    '2027-01-15 07:00:00Z  no address',
    '   account  7 of https://idp.example',
    '   reason   -',
  ]);
});

it.each([
  ['fit', 58, 1],
  ['do not fit', 59, 2],
])('an address and the doubt about it are on one line where 80 columns %s', (_, columns, lines) => {
  const email = `${'a'.repeat(columns - ' (not managed by the issuer)'.length - 2)}@x`;
  const shown = linesOf(requestText({ ...open, who: { ...who, email, managed: false } }));
  expect(shown.slice(0, -2)).toEqual(
    lines === 1
      ? [`2027-01-15 07:00:00Z  ${email} (not managed by the issuer)`]
      : [`2027-01-15 07:00:00Z  ${email}`, `${' '.repeat(12)}(not managed by the issuer)`],
  );
  expect(Math.max(...shown.map((line) => line.length))).toBeLessThanOrEqual(80);
});

it.each([
  [68, 1],
  [69, 2],
])('a reason with a word of %i columns takes %i lines', (columns, lines) => {
  const shown = linesOf(requestText({ ...open, reason: 'x'.repeat(columns) })).slice(2);
  expect([shown.length, shown[0]]).toEqual([lines, `   reason   ${'x'.repeat(68)}`]);
});

it.each([
  ['60 and 7', 60, 7, 1],
  ['60 and 8', 60, 8, 2],
])('two words of %s columns are on one line only if it holds both', (_, one, other, lines) => {
  const shown = linesOf(requestText({ ...open, reason: `${'x'.repeat(one)} ${'y'.repeat(other)}` })).slice(2);
  expect(shown).toHaveLength(lines);
});

it('an answer begins with its own time, and names who gave it, if that is known', () => {
  expect(linesOf(answeredText({ ...answered, answer: 'approved' }, 'eve\u001b'))).toEqual([
    '2027-01-16 08:00:00Z  approved  a@x.example',
    '   account  7 of https://idp.example',
    '   by       eve\\u001b',
  ]);
  expect(linesOf(answeredText({ ...answered, answer: 'denied' }, undefined))).toEqual([
    '2027-01-16 08:00:00Z  denied    a@x.example',
    '   account  7 of https://idp.example',
  ]);
});

it('the doubt about an address of several lines takes none of them away', () => {
  const email = `a ${'b'.repeat(58)}@x`;
  const shown = linesOf(requestText({ ...open, who: { ...who, email, managed: false } })).slice(0, -2);
  expect(shown.at(-1)).toBe(`${' '.repeat(12)}(not managed by the issuer)`);
  expect(shown.slice(0, -1).join('').replace(/ /g, '')).toBe(`2027-01-1507:00:00Z'${email.replace(' ', '')}'`);
});
