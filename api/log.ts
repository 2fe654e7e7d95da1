/** Owns the form of a log line: one JSON object a line. Must never be given a token, a cookie or a key. */

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

/** Longest text of one field, in characters: claims of a refused token are the sender's words. */
const maximumTextLength = 320;

const shortened = (_name: string, value: unknown): unknown =>
  typeof value === 'string' && value.length > maximumTextLength ? `${value.slice(0, maximumTextLength)}…` : value;

// What a terminal or a viewer acts on instead of showing it: a sender must not recolour, reorder or break the lines of whoever reads them.
const unseen = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

const escaped = (characters: string): string =>
  Array.from({ length: characters.length }, (_, at) => characters.charCodeAt(at))
    .map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`)
    .join('');

/** `write` gets one whole line, its line break included; `site` is the name of the site in the config. */
export function createLog(site: string, write: (line: string) => void): Log {
  return (level, event, fields) => {
    write(`${JSON.stringify({ level, event, site, ...fields }, shortened).replace(unseen, escaped)}\n`);
  };
}

/**
 * What may be said about something thrown: its name, and the places it came through. Never its message, which may quote the input
 * (`JSON.parse` does).
 */
export function errorFields(error: unknown): LogFields {
  if (!(error instanceof Error)) return { error: typeof error };
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  return { error: error.name, at: frames.slice(0, 8).map((line) => line.trim()) };
}
