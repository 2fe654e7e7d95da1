/** How S3 answers a read: conditional headers, one byte range, ETag, error XML. */

import {
  emptyBody,
  type HeaderLines,
  headerOf,
  type Response,
  trimmed,
  type WholeResponse,
} from '../message/http-message.ts';
import { errorId } from '../message/request-ids.ts';
import type { StoredObject } from './object-store.ts';

export interface ReadRequest {
  readonly method: string;
  readonly headers: HeaderLines;
}

/** S3's own error document. Unlike CloudFront's, it contains IDs. */
export function s3Error(
  status: number,
  code: string,
  message: string,
  more: Readonly<Record<string, string>> = {},
): WholeResponse {
  const requestId = errorId(16);
  const hostId = errorId(56);
  const details = Object.entries({ Code: code, Message: message, ...more, RequestId: requestId, HostId: hostId })
    .map(([name, value]) => `<${name}>${escapeXml(value)}</${name}>`)
    .join('');
  return {
    status,
    headers: [
      ['Content-Type', 'application/xml'],
      ['Server', 'AmazonS3'],
      ['x-amz-request-id', requestId],
      ['x-amz-id-2', hostId],
    ],
    body: Buffer.from(`<?xml version="1.0" encoding="UTF-8"?>\n<Error>${details}</Error>`),
  };
}

export const escapeXml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

export const accessDenied = (): Response => s3Error(403, 'AccessDenied', 'Access Denied');
export const noSuchKey = (key: string): Response =>
  s3Error(404, 'NoSuchKey', 'The specified key does not exist.', { Key: key });
export const invalidUri = (): Response => s3Error(400, 'InvalidURI', "Couldn't parse the specified URI.");
export const preconditionFailed = (condition: string): Response =>
  s3Error(412, 'PreconditionFailed', 'At least one of the pre-conditions you specified did not hold', {
    Condition: condition,
  });

const plainEtag = (etag: string): string => trimmed(etag).replace(/^W\//, '').replaceAll('"', '');
const lists = (header: string, etag: string): boolean =>
  trimmed(header) === '*' || header.split(',').some((value) => plainEtag(value) === plainEtag(etag));

/** RFC 9110, 13.2.2: the order in which preconditions are evaluated. */
function precondition(
  headers: HeaderLines,
  object: StoredObject,
): 'If-Match' | 'If-Unmodified-Since' | 304 | undefined {
  const modified = object.lastModified.getTime();
  const dateOf = (name: string): number => Date.parse(headerOf(headers, name) ?? '');
  const ifMatch = headerOf(headers, 'if-match');
  if (ifMatch !== undefined) {
    if (!lists(ifMatch, object.etag)) return 'If-Match';
  } else if (modified > dateOf('if-unmodified-since')) {
    return 'If-Unmodified-Since';
  }
  const ifNoneMatch = headerOf(headers, 'if-none-match');
  if (ifNoneMatch !== undefined) return lists(ifNoneMatch, object.etag) ? 304 : undefined;
  return modified <= dateOf('if-modified-since') ? 304 : undefined;
}

type Range = { readonly first: number; readonly last: number } | 'unsatisfiable' | undefined;

/** S3 honors one range. Several ranges, or a malformed header, give the whole object. */
function rangeOf(headers: HeaderLines, object: StoredObject): Range {
  const header = headerOf(headers, 'range');
  const ifRange = headerOf(headers, 'if-range');
  if (header === undefined) return undefined;
  if (ifRange !== undefined && ifRange !== object.etag && Date.parse(ifRange) !== object.lastModified.getTime()) {
    return undefined;
  }
  const match = /^bytes=(\d*)-(\d*)$/.exec(trimmed(header));
  const [, from = '', to = ''] = match ?? [];
  if (match === null || (from === '' && to === '')) return undefined;
  const { size } = object;
  const first = from === '' ? Math.max(size - Number(to), 0) : Number(from);
  const last = from === '' || to === '' ? size - 1 : Math.min(Number(to), size - 1);
  if (from !== '' && to !== '' && Number(to) < Number(from)) return undefined;
  return first >= size || (from === '' && Number(to) === 0) ? 'unsatisfiable' : { first, last };
}

/** Answers GET or HEAD for an object that exists. */
export function readObject(request: ReadRequest, object: StoredObject): Response {
  const failed = precondition(request.headers, object);
  if (failed === 'If-Match' || failed === 'If-Unmodified-Since') return preconditionFailed(failed);
  const validators: HeaderLines = [
    ['ETag', object.etag],
    ['Last-Modified', object.lastModified.toUTCString()],
    ...(object.cacheControl === undefined ? [] : [['Cache-Control', object.cacheControl] as const]),
    ...(object.versionId === 'null' ? [] : [['x-amz-version-id', object.versionId] as const]),
    ...(object.own ?? []),
    ['Server', 'AmazonS3'],
  ];
  if (failed === 304) return { status: 304, headers: validators, body: emptyBody };

  const range = rangeOf(request.headers, object);
  if (range === 'unsatisfiable') {
    const refusal = s3Error(416, 'InvalidRange', 'The requested range is not satisfiable');
    return { ...refusal, headers: [...refusal.headers, ['Content-Range', `bytes */${object.size}`]] };
  }
  const { first, last } = range ?? { first: 0, last: object.size - 1 };
  const body = object.span(first, last);
  const headers: HeaderLines = [
    ['Content-Type', object.contentType],
    ...(object.contentEncoding === undefined ? [] : [['Content-Encoding', object.contentEncoding] as const]),
    ['Content-Length', String(body.length)],
    ['Accept-Ranges', 'bytes'],
    ...validators,
  ];
  if (range === undefined) return { status: 200, headers, body };
  const span = `bytes ${first}-${last}/${object.size}`;
  return { status: 206, headers: [...headers, ['Content-Range', span]], body };
}
