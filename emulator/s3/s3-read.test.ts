import { describe, expect, it } from 'vitest';
import { emptyBody, headerOf } from '../message/http-message.ts';
import type { StoredObject } from './object-store.ts';
import { readObject } from './s3-read.ts';

const withBytes = (bytes: Buffer) => ({
  size: bytes.length,
  span: (first: number, last: number) => bytes.subarray(first, last + 1),
  bytes: () => Promise.resolve(bytes),
});
const whole = Buffer.from('0123456789');
const object: StoredObject = {
  ...withBytes(whole),
  contentType: 'application/octet-stream',
  cacheControl: 'max-age=60',
  versionId: 'v1',
  etag: '"e"',
  lastModified: new Date('2026-01-02T00:00:00Z'),
};
const before = new Date('2026-01-01T00:00:00Z').toUTCString();
const same = object.lastModified.toUTCString();
const after = new Date('2026-01-03T00:00:00Z').toUTCString();
const read = (headers: Record<string, string>, given = object) =>
  readObject({ method: 'GET', headers: Object.entries(headers) }, given);

describe('readObject', () => {
  it("returns S3's headers for an object", () => {
    expect(read({})).toEqual({
      status: 200,
      headers: [
        ['Content-Type', 'application/octet-stream'],
        ['Content-Length', '10'],
        ['Accept-Ranges', 'bytes'],
        ['ETag', '"e"'],
        ['Last-Modified', same],
        ['Cache-Control', 'max-age=60'],
        ['x-amz-version-id', 'v1'],
        ['Server', 'AmazonS3'],
      ],
      body: whole,
    });
  });

  it('returns the encoding of an object that has one, unchanged, also with a range of its bytes', () => {
    const encoded = { ...object, contentEncoding: 'br' };
    expect(headerOf(read({}, encoded).headers, 'content-encoding')).toBe('br');
    expect(headerOf(read({ range: 'bytes=2-4' }, encoded).headers, 'content-encoding')).toBe('br');
  });

  it.each([
    ['bytes=2-4', '234', 'bytes 2-4/10'],
    ['bytes=8-', '89', 'bytes 8-9/10'],
    ['bytes=8-99', '89', 'bytes 8-9/10'],
    ['bytes=-3', '789', 'bytes 7-9/10'],
    ['bytes=-99', '0123456789', 'bytes 0-9/10'],
    ['bytes=0-0', '0', 'bytes 0-0/10'],
  ])('returns the range %s', (range, body, span) => {
    const answer = read({ range });
    expect([answer.status, answer.body.toString(), headerOf(answer.headers, 'content-range')]).toEqual([
      206,
      body,
      span,
    ]);
    expect(headerOf(answer.headers, 'content-length')).toBe(String(body.length));
  });

  it.each(['bytes=0-1,4-5', 'bytes=4-2', 'bytes=-', 'bytes=a-b', 'bytes 0-1', 'items=0-1', 'bytes=1.5-2'])(
    'returns the whole object for %s',
    (range) => {
      expect(read({ range })).toMatchObject({ status: 200, body: whole });
    },
  );

  it.each(['bytes=10-', 'bytes=99-100', 'bytes=-0'])('refuses the range %s', (range) => {
    const answer = read({ range });
    expect([answer.status, headerOf(answer.headers, 'content-range')]).toEqual([416, 'bytes */10']);
    expect(answer.body.toString()).toContain('<Code>InvalidRange</Code>');
  });

  it('refuses a range of an empty object', () => {
    expect(read({ range: 'bytes=0-' }, { ...object, ...withBytes(emptyBody) }).status).toBe(416);
  });

  it.each([
    ['the ETag', '"e"', 206],
    ['another ETag', '"f"', 200],
    ['the date', same, 206],
    ['another date', after, 200],
  ])('returns a range if %s still holds', (_, condition, status) => {
    expect(read({ range: 'bytes=0-1', 'if-range': condition }).status).toBe(status);
  });

  // RFC 9110, 13.2.2.
  it.each([
    [{ 'if-match': '"e"' }, 200],
    [{ 'if-match': '*' }, 200],
    [{ 'if-match': '"f"' }, 412],
    [{ 'if-unmodified-since': before }, 412],
    [{ 'if-unmodified-since': same }, 200],
    [{ 'if-match': '"e"', 'if-unmodified-since': before }, 200],
    [{ 'if-none-match': '"e"' }, 304],
    [{ 'if-none-match': 'W/"e"' }, 304],
    [{ 'if-none-match': '"f", "e"' }, 304],
    [{ 'if-none-match': '"f"' }, 200],
    [{ 'if-modified-since': same }, 304],
    [{ 'if-modified-since': before }, 200],
    [{ 'if-none-match': '"f"', 'if-modified-since': after }, 200],
    [{ 'if-modified-since': 'never' }, 200],
  ])('answers the conditions %o with %i', (headers, status) => {
    const answer = read(headers as unknown as Record<string, string>);
    expect(answer.status).toBe(status);
    if (status === 304) expect(answer.body).toHaveLength(0);
  });
});
