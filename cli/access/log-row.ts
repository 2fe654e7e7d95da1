/** Owns how a decision of the audit is written for a person: one row. Pure; what stands in a line can act on no terminal. */
import type { AuditLine } from '../../api/audit-line.ts';
import { visible } from '../../contract/visible-text.ts';
import { paint } from '../terminal.ts';
import { copyable, timeText } from './words.ts';

const widths = [20, 16, 36] as const;

const colours = {
  granted: 'green',
  renewed: 'cyan',
  denied: 'red',
  'access-requested': 'yellow',
  'signed-out': 'gray',
} as const;

const row = (time: string, event: string, who: string, what: string): string =>
  `${time.padEnd(widths[0])}  ${event}  ${who.padEnd(widths[2])}  ${what}`;

export const auditTableHead = row('TIME', 'DECISION'.padEnd(widths[1]), 'WHO', 'WHAT');

/** Sessions have long names; their beginnings tell them apart. */
const sessionText = (sid: string | undefined): string => (sid === undefined ? '' : `, session ${sid.slice(0, 8)}`);

function whatText(line: AuditLine): string {
  switch (line.event) {
    case 'granted':
    case 'renewed':
      return `${line.path} until ${timeText(Date.parse(line.until))} by ${line.rule}${sessionText(line.sid)}`;
    case 'denied':
      return `${line.why}, at ${line.action}${sessionText(line.sid)}`;
    case 'access-requested':
      return 'see npm run access -- requests';
    case 'signed-out':
      return `signed in ${timeText(Date.parse(line.signedInAt))}${sessionText(line.sid)}`;
  }
}

export function auditRow(line: AuditLine): string {
  const { event, time, who } = line;
  const name = who?.email ?? who?.sub ?? 'unknown';
  const painted = paint(colours[event], event.padEnd(widths[1]));
  return row(timeText(Date.parse(time)), painted, copyable(name), visible(whatText(line)));
}
