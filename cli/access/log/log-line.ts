/** Reads one line of the API's log: a decision about a person, a refusal before any decision, or something else. */
import { type AuditLine, readAuditLine } from '../../../api/record/audit-line.ts';

/** A request that was refused before any decision about a person. It names nobody. */
export interface RefusedLine {
  readonly event: 'refused';
  /** When; undefined in lines of versions that did not write it. */
  readonly time: string | undefined;
  readonly requestId: string;
  readonly reason: string;
  /** Everything in the line. */
  readonly fields: Readonly<Record<string, unknown>>;
}

export type LogLine =
  | { readonly kind: 'audit'; readonly line: AuditLine }
  | { readonly kind: 'refused'; readonly line: RefusedLine }
  | { readonly kind: 'newer' | 'other'; readonly fields: Readonly<Record<string, unknown>> };

function fieldsOf(text: string): Readonly<Record<string, unknown>> {
  try {
    return Object(JSON.parse(text)) as Record<string, unknown>;
  } catch {
    return {};
  }
}

const textOr = <T>(value: unknown, other: T): string | T => (typeof value === 'string' ? value : other);

/** Reads one line. Never throws. Accepts reasons that this version does not know. */
export function readLogLine(text: string): LogLine {
  const read = readAuditLine(text);
  if (read.kind === 'audit') return read;
  const fields = fieldsOf(text);
  if (read.kind === 'newer' || fields['event'] !== 'refused') return { kind: read.kind, fields };
  const { time, requestId, reason } = fields;
  const isTime = typeof time === 'string' && !Number.isNaN(Date.parse(time));
  return {
    kind: 'refused',
    line: {
      event: 'refused',
      time: isTime ? time : undefined,
      requestId: textOr(requestId, '?'),
      reason: textOr(reason, '?'),
      fields,
    },
  };
}

/** The ID of the request that a line is about; undefined if it names none. */
export function requestOf(read: LogLine): string | undefined {
  return 'line' in read ? read.line.requestId : textOr(read.fields['requestId'], undefined);
}
