/** Owns the form of a log line: one JSON object a line. Must never be given a token, a cookie or a key. */
import { counters, metricNamespace } from '../../contract/layout.ts';
import { visible } from '../../contract/visible-text.ts';

export type LogValue =
  | string
  | number
  | boolean
  | null
  | undefined
  | readonly LogValue[]
  | { readonly [name: string]: LogValue };

export type LogFields = { readonly [name: string]: LogValue };

export type LogLevel = 'info' | 'warn' | 'error';

/** Writes one line. `event` is a stable name that metric filters and searches go by. */
export type Log = (level: LogLevel, event: string, fields: LogFields) => void;

export interface LogSource {
  readonly site: string;
  readonly stage: string;
  /** Lines of counted events carry their metric. */
  readonly metrics: boolean;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/**
 * Longest text of one field, in characters: a rule's path fits, and claims of a refused token are the sender's words.
 */
const maximumTextLength = 1024;

// Nothing here is given a token or a cookie; one that a sender put where none belongs, such as into the path, shall not
// stay in a log either. JSON and the session's first line, in base64.
const tokenShaped = /(?:eyJ|czNuYXRvci1zZXNzaW9u)[\w.~+/=-]{10,}/g;

function shortened(_name: string, value: unknown): unknown {
  if (typeof value !== 'string') return value;
  const text = value.replace(tokenShaped, '[token]');
  return text.length > maximumTextLength ? `${text.slice(0, maximumTextLength)}…` : text;
}

/**
 * `value` as one line of JSON that shows a terminal nothing to act on. Reads back as the same value, but for texts that
 * are too long or look like a token.
 */
export function jsonLine(value: LogValue): string {
  const whole = JSON.stringify(value);
  // Most lines are short and hold nothing of the kind: looking once costs half of looking at every text.
  const isPlain = whole.length <= maximumTextLength && whole.search(tokenShaped) === -1;
  return visible(isPlain ? whole : JSON.stringify(value, shortened));
}

/**
 * What makes CloudWatch count the line.
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
function countOf(event: string, { metrics, now }: LogSource): LogFields {
  const name = metrics && Object.hasOwn(counters, event) ? counters[event as keyof typeof counters] : undefined;
  if (name === undefined) return {};
  const metric = {
    Namespace: metricNamespace,
    Dimensions: [['site', 'stage']],
    Metrics: [{ Name: name, Unit: 'Count' }],
  };
  return { [name]: 1, _aws: { Timestamp: now(), CloudWatchMetrics: [metric] } };
}

/** A line's fields without what only CloudWatch needs. */
export function withoutCount(fields: object): LogFields {
  const names = new Set<string>(['_aws', ...Object.values(counters)]);
  return Object.fromEntries(Object.entries(fields).filter(([name]) => !names.has(name)));
}

/** `write` gets one whole line, its line break included. */
export function createLog(source: LogSource, write: (line: string) => void): Log {
  const { site, stage } = source;
  return (level, event, fields) => {
    write(`${jsonLine({ level, event, site, stage, ...fields, ...countOf(event, source) })}\n`);
  };
}

/**
 * What may be said about something thrown: its name, and the places it came through. Never its message, which may quote
 * the input (`JSON.parse` does).
 */
export function errorFields(error: unknown): LogFields {
  if (!(error instanceof Error)) return { error: typeof error };
  // The stack begins with the message, of which a line may look like a place.
  const places = (error.stack ?? '').replace(error.message, '');
  const frames = places.split('\n').filter((line) => /^\s+at /.test(line));
  return { error: error.name, at: frames.slice(0, 8).map((line) => line.trim()) };
}
