import { expect, it } from 'vitest';
import type { AccessDocument, AccessRule } from '../../../contract/access-rules.ts';
import { changeText } from './summary.ts';

const empty: AccessDocument = { version: 1, blocked: [], rules: [] };
const rule = (...emails: string[]): AccessRule => ({ who: { emails }, path: '/*' });
const rules = (...list: AccessRule[]): AccessDocument => ({ ...empty, rules: list });
const [a, b, c, d] = ['a@x.example', 'b@x.example', 'c@x.example', 'd@x.example'].map((email) => rule(email));
const [one, two, three, four] = [a, b, c, d] as [AccessRule, AccessRule, AccessRule, AccessRule];
const blocked = (...people: string[]): AccessDocument => ({ ...empty, blocked: people });
const time = '2027-01-01T00:00:00Z';
const later = '2027-01-02T00:00:00Z';
const long = (last: string): AccessRule => rule('1@x.example', '2@x.example', '3@x.example', '4@x.example', last);

it.each<[string, AccessDocument, AccessDocument, string]>([
  ['the same', rules(one), rules(one), 'nothing'],
  ['a rule more and one less', rules(one), rules(two), '+ rule b@x.example → /*; - rule a@x.example → /*'],
  ['four rules more', empty, rules(one, two, three, four), '+ rule a@x.example → /*, b@x.example → /* and 2 more'],
  [
    'a person blocked and one not',
    blocked('a@x.example'),
    blocked('b@x.example'),
    '+ blocked b@x.example; - blocked a@x.example',
  ],
  [
    'sign-outs',
    { ...empty, signedOutBefore: { everyone: time } },
    { ...empty, signedOutBefore: { everyone: later, people: [{ who: 'a@x.example', before: time }] } },
    `+ signed out everyone before ${later}, a@x.example before ${time}; - signed out everyone before ${time}`,
  ],
  ['another order', rules(two, one, three), rules(three, one, two), 'the order of the rules'],
  ['the end of a long list', rules(long('5@x.example')), rules(long('6@x.example')), 'people of a long list'],
  [
    'another order of the fields',
    rules({ who: { emails: ['a@x.example'], issuer: 'google' }, path: '/*' }),
    rules({ path: '/*', who: { issuer: 'google', emails: ['a@x.example'] } }),
    'nothing',
  ],
])('the change is told in one line: %s', (_, before, after, text) => {
  expect(changeText(before, after)).toBe(text);
});
