/** Writes log lines, each one JSON object. Must never be given a token, a cookie or a key. */
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

/** Writes one line. `event` is a stable name that metric filters and searches use. */
export type Log = (level: LogLevel, event: string, fields: LogFields) => void;

export interface LogSource {
  readonly site: string;
  readonly stage: string;
  /** Lines of counted events carry their metric. */
  readonly metrics: boolean;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** Longest text of one field, in characters. A rule's path fits; claims of a refused token are text from the sender. */
const maximumTextLength = 1024;

// This code is never given a token or a cookie. If a sender puts one in the wrong place, such as the path, it must not
// stay in a log either. The pattern matches JSON and the session's first line, in base64.
const tokenShaped = /(?:eyJ|czNuYXRvci1zZXNzaW9u)[\w.~+/=-]{10,}/g;

function shortened(_name: string, value: unknown): unknown {
  if (typeof value !== 'string') return value;
  const text = value.replace(tokenShaped, '[token]');
  return text.length > maximumTextLength ? `${text.slice(0, maximumTextLength)}…` : text;
}

/**
 * `value` as one line of JSON without control characters for a terminal. It parses back to the same value, except for
 * texts that are too long or look like a token.
 */
export function jsonLine(value: LogValue): string {
  const whole = JSON.stringify(value);
  // Most lines are short and plain. One search over the line takes half as long as a search of each text.
  const isPlain = whole.length <= maximumTextLength && whole.search(tokenShaped) === -1;
  return visible(isPlain ? whole : JSON.stringify(value, shortened));
}

/**
 * Adds the fields that make CloudWatch count the line.
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

/** A line's fields without those that only CloudWatch needs. */
export function withoutCount(fields: object): LogFields {
  const names = new Set<string>(['_aws', ...Object.values(counters)]);
  return Object.fromEntries(Object.entries(fields).filter(([name]) => !names.has(name)));
}

/** `write` gets one whole line, including its line break. */
export function createLog(source: LogSource, write: (line: string) => void): Log {
  const { site, stage } = source;
  return (level, event, fields) => {
    write(`${jsonLine({ level, event, site, stage, ...fields, ...countOf(event, source) })}\n`);
  };
}

/**
 * What the log may say about an error: its name and its stack frames. Never its message, which may quote the input
 * (`JSON.parse` does).
 */
export function errorFields(error: unknown): LogFields {
  if (!(error instanceof Error)) return { error: typeof error };
  // The stack begins with the message, and a line of the message may look like a stack frame.
  const places = (error.stack ?? '').replace(error.message, '');
  const frames = places.split('\n').filter((line) => /^\s+at /.test(line));
  return { error: error.name, at: frames.slice(0, 8).map((line) => line.trim()) };
}
