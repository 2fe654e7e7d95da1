/** The plain request and response values that the emulator's parts exchange. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';

/** Header lines in order, with names as sent. A name may occur more than once. */
export type HeaderLines = readonly (readonly [name: string, value: string])[];

export interface Request {
  readonly method: string;
  /** Path exactly as the viewer sent it. */
  readonly path: string;
  /** Query string exactly as the viewer sent it, without `?`; undefined if there was no `?`. */
  readonly query: string | undefined;
  readonly headers: HeaderLines;
  readonly body: Buffer;
  /** Address of the peer. */
  readonly ip: string;
  /** `1.0` or `1.1`. */
  readonly httpVersion: string;
}

/** Bytes that are read while they are sent. */
interface StreamedBody {
  readonly length: number;
  /** Fails if the bytes are no longer available. Every call reads from the start. */
  chunks(): AsyncIterable<Buffer>;
}

export type Body = Buffer | StreamedBody;

export interface Response {
  readonly status: number;
  readonly headers: HeaderLines;
  readonly body: Body;
}

/** A response whose whole body is in memory. */
export interface WholeResponse extends Response {
  readonly body: Buffer;
}

/** The body of a message that has none. */
export const emptyBody = Buffer.alloc(0);

/** Value of a header, with several lines joined by `, `; undefined if absent. */
export function headerOf(headers: HeaderLines, name: string): string | undefined {
  const wanted = name.toLowerCase();
  const values = headers.filter(([candidate]) => candidate.toLowerCase() === wanted).map(([, value]) => value);
  return values.length === 0 ? undefined : values.join(wanted === 'cookie' ? '; ' : ', ');
}

/** The same lines without the named headers. */
export function withoutHeaders(headers: HeaderLines, ...names: readonly string[]): HeaderLines {
  const dropped = new Set(names.map((name) => name.toLowerCase()));
  return headers.filter(([name]) => !dropped.has(name.toLowerCase()));
}

/** Header lines of an incoming message in the viewer's own spelling. */
export function headerLines(rawHeaders: readonly string[]): HeaderLines {
  const lines: [string, string][] = [];
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    lines.push([rawHeaders[index] ?? '', rawHeaders[index + 1] ?? '']);
  }
  return lines;
}

const blank = (character: string | undefined): boolean => character === ' ' || character === '\t';

/**
 * `text` without HTTP white space at both ends: SP and HTAB (RFC 9110, 5.6.3). Any other character is part of the text.
 */
export function trimmed(text: string): string {
  let [start, end] = [0, text.length];
  while (start < end && blank(text[start])) start++;
  while (end > start && blank(text[end - 1])) end--;
  return text.slice(start, end);
}

/** Name and value of each cookie in order, bytes as sent. Parts without `=` are dropped. */
export function parseCookies(header: string | undefined): readonly (readonly [name: string, value: string])[] {
  return (header ?? '')
    .split(';')
    .map(trimmed)
    .filter((part) => part.includes('='))
    .map((part) => {
      const at = part.indexOf('=');
      return [part.slice(0, at), part.slice(at + 1)] as const;
    });
}

/** Reads a body of at most `limit` bytes; undefined if it is longer (the rest is read and dropped). */
export async function readBody(message: IncomingMessage, limit: number): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of message) {
    length += chunk.length;
    if (length <= limit) chunks.push(chunk);
  }
  return length > limit ? undefined : Buffer.concat(chunks);
}

/** All bytes of a body. */
export async function bytesOf(body: Body): Promise<Buffer> {
  if (Buffer.isBuffer(body)) return body;
  const chunks: Buffer[] = [];
  for await (const chunk of body.chunks()) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/**
 * Ends an answer with a body, no faster than the client reads. If not all bytes are available, the connection breaks:
 * the client must not take a part for the whole.
 */
export async function sendBody(outgoing: ServerResponse, body: Body): Promise<void> {
  if (Buffer.isBuffer(body)) outgoing.end(body);
  else await pipeline(body.chunks(), outgoing).catch(() => outgoing.destroy());
}

export function textResponse(status: number, contentType: string, text: string, more: HeaderLines = []): WholeResponse {
  return { status, headers: [['Content-Type', contentType], ...more], body: Buffer.from(text) };
}
