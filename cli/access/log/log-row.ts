/** A line of the log as one row of a table. Nothing in the line can act on the terminal. */
import type { AuditLine } from '../../../api/record/audit-line.ts';
import { jsonLine, type LogFields, withoutCount } from '../../../api/shared/log.ts';
import { visible } from '../../../contract/visible-text.ts';
import { paint } from '../../terminal.ts';
import { copyable, timeText } from '../shared/format.ts';
import type { LogLine, RefusedLine } from './log-line.ts';

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

/** Session IDs are long, and their first characters are enough to tell them apart. */
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

/** Fields that every line has, or that a row shows in another form. */
const saidElsewhere = new Set(['level', 'event', 'site', 'stage', 'time', 'requestId', 'status', 'code', 'reason']);

/** The other fields, such as `{"expected":…}`; empty if there are none. */
function evidenceText(fields: object): string {
  const more = Object.entries(withoutCount(fields)).filter(([name]) => !saidElsewhere.has(name));
  return more.length === 0 ? '' : ` ${jsonLine(Object.fromEntries(more) as LogFields)}`;
}

/** The row of a refusal. It names nobody; the page that refused the request showed its ID. */
function refusedRow({ time, requestId, reason, fields }: RefusedLine): string {
  const { status } = fields;
  const answered = typeof status === 'number' ? `, answered with ${status}` : '';
  const what = `${reason}${answered}, request ${requestId}${evidenceText(fields)}`;
  const when = time === undefined ? '-' : timeText(Date.parse(time));
  return row(when, paint('yellow', 'refused'.padEnd(widths[1])), '-', visible(what));
}

/** Any other line that names a request. */
function otherRow(fields: Readonly<Record<string, unknown>>): string {
  const { time, event, reason = '' } = fields;
  const when = typeof time === 'string' && !Number.isNaN(Date.parse(time)) ? timeText(Date.parse(time)) : '-';
  const name = visible(String(event ?? '?'));
  return row(
    when,
    paint('gray', name.padEnd(widths[1])),
    '-',
    visible(`${String(reason)}${evidenceText(fields)}`.trim()),
  );
}

export function logRow(read: LogLine): string {
  switch (read.kind) {
    case 'audit':
      return auditRow(read.line);
    case 'refused':
      return refusedRow(read.line);
    case 'newer':
    case 'other':
      return otherRow(read.fields);
  }
}
