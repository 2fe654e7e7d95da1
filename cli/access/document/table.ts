/** The rules in force as a table, in the order in which they are consulted. */

import { type Documents, orderedRules } from '../../../contract/rule-order.ts';
import { visible } from '../../../contract/visible-text.ts';
import { listText } from '../../../stacks/text/list-text.ts';
import { paint } from '../../terminal.ts';
import { personText, whoText } from '../shared/format.ts';

type Row = readonly [number: string, origin: string, who: string, path: string, until: string];

const headings: Row = ['#', 'from', 'who', 'opens', 'until'];
/** The widest column of people, in characters. A longer cell shifts the rest of its line. */
const widestWho = 60;

const widthsOf = (rows: readonly Row[]): number[] =>
  headings.map((_, column) =>
    Math.min(
      Math.max(...rows.map((row) => row[column]?.length ?? 0)),
      column === 2 ? widestWho : Number.POSITIVE_INFINITY,
    ),
  );

/** `warnings`: by number of the rule. */
export function accessTable(documents: Documents, warnings: ReadonlyMap<number, readonly string[]>): string {
  const { live, config } = documents;
  const rules = orderedRules(documents).map(
    ({ number, origin, rule }): Row => [String(number), origin, whoText(rule), visible(rule.path), rule.until ?? ''],
  );
  const blocked = (['live', 'config'] as const).flatMap((origin) =>
    documents[origin].blocked.map((person): Row => ['-', origin, personText(person), 'nothing: blocked', '']),
  );
  const widths = widthsOf([headings, ...blocked, ...rules]);
  const line = (row: Row): string =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  const lines = [paint('bold', line(headings)), ...blocked.map((row) => paint('red', line(row)))];
  for (const row of rules) {
    lines.push(line(row));
    for (const warning of warnings.get(Number(row[0])) ?? []) lines.push(paint('yellow', `   ! ${warning}`));
  }
  if (rules.length === 0) lines.push('No rules: nobody is admitted.');
  const { everyone, people = [] } = live.signedOutBefore ?? {};
  if (everyone !== undefined) lines.push('', `Signed out: everyone who signed in before ${everyone}`);
  if (people.length > 0) {
    const each = people.map(({ who, before }) => `${personText(who)} before ${before}`);
    lines.push(`${everyone === undefined ? '\n' : ''}Signed out: ${listText(each, 10)}`);
  }
  if (config.rules.length > 0 || config.blocked.length > 0) {
    lines.push('', paint('gray', 'from config: s3nator.config.ts, by the last deploy. from live: this command.'));
  }
  return lines.map((text) => `${text}\n`).join('');
}
