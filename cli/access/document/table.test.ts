import { expect, it } from 'vitest';
import type { AccessDocument } from '../../../contract/access-rules.ts';
import { accessTable } from './table.ts';

const empty: AccessDocument = { version: 1, blocked: [], rules: [] };
const rule = { who: { emails: ['a@x.example'] }, path: '/*' };
const carol = { who: 'carol@x.example', before: '2027-01-02T00:00:00Z' };
const everyone = '2027-01-01T00:00:00Z';
const tableOf = (live: object, config: object = {}, warnings: ReadonlyMap<number, readonly string[]> = new Map()) =>
  accessTable({ live: { ...empty, ...live }, config: { ...empty, ...config } }, warnings);

it('prints the blocked of both documents first, and each warning under its own rule', () => {
  const table = tableOf(
    { blocked: ['eve@x.example'], rules: [rule] },
    { blocked: ['mallory@x.example'], rules: [{ ...rule, path: '/docs/*', until: everyone }] },
    new Map([[2, ['first', 'second']]]),
  );
  expect(table.split('\n')).toEqual([
    '#  from    who                opens             until',
    '-  live    eve@x.example      nothing: blocked',
    '-  config  mallory@x.example  nothing: blocked',
    '1  live    a@x.example        /*',
    '2  config  a@x.example        /docs/*           2027-01-01T00:00:00Z',
    '   ! first',
    '   ! second',
    '',
    'from config: s3nator.config.ts, by the last deploy. from live: this command.',
    '',
  ]);
});

it('says that nobody is admitted only where no document has a rule', () => {
  expect(tableOf({}).split('\n').slice(1)).toEqual(['No rules: nobody is admitted.', '']);
  expect(tableOf({}, { rules: [rule] })).not.toContain('No rules');
});

it('says where the rows of the config come from, if there are any', () => {
  expect(tableOf({ rules: [rule] })).not.toContain('from config:');
  expect(tableOf({}, { blocked: ['eve@x.example'] })).toContain('from config:');
});

it.each([
  ['everyone', { everyone }, ['', `Signed out: everyone who signed in before ${everyone}`]],
  ['a person', { people: [carol] }, ['', `Signed out: carol@x.example before ${carol.before}`]],
  [
    'both',
    { everyone, people: [carol] },
    ['', `Signed out: everyone who signed in before ${everyone}`, `Signed out: carol@x.example before ${carol.before}`],
  ],
])('ends with the sign-outs of %s, after one empty line', (_, signedOutBefore, lines) => {
  expect(
    tableOf({ rules: [rule], signedOutBefore })
      .split('\n')
      .slice(2),
  ).toEqual([...lines, '']);
});

it('keeps the columns of other rows when one names many people', () => {
  const many = { who: { emails: Array.from({ length: 3 }, (_, n) => `${'x'.repeat(30)}${n}@x.example`) }, path: '/*' };
  const [heading = '', , short = ''] = tableOf({ rules: [many, rule] }).split('\n');
  expect(short.indexOf('/*')).toBe(heading.indexOf('opens'));
  expect(heading.indexOf('opens') - heading.indexOf('who')).toBe(62);
});
