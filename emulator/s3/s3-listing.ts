/** S3's two listings, of keys and of versions, as XML. */
import { type Response, textResponse } from '../message/http-message.ts';
import type { Bucket } from './object-store.ts';
import { escapeXml } from './s3-read.ts';

const element = (name: string, value: string | number | boolean): string =>
  `<${name}>${escapeXml(String(value))}</${name}>`;

function document(root: string, content: string): Response {
  const xml =
    '<?xml version="1.0" encoding="UTF-8"?>\n' +
    `<${root} xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${content}</${root}>`;
  return textResponse(200, 'application/xml', xml, [['Server', 'AmazonS3']]);
}

const pageSize = (parameters: URLSearchParams): number =>
  Math.min(Math.max(Number(parameters.get('max-keys') ?? 1000) || 0, 0), 1000);

/** Answer of ListObjectsV2; `delimiter` is not supported. */
export function bucketListing(bucket: Bucket, parameters: URLSearchParams): Response {
  const prefix = parameters.get('prefix') ?? '';
  const after = parameters.get('continuation-token') ?? parameters.get('start-after') ?? '';
  const size = pageSize(parameters);
  const keys = bucket
    .keys(prefix)
    .filter((key) => after === '' || Buffer.compare(Buffer.from(key), Buffer.from(after)) > 0);
  const page = keys.slice(0, size);
  const modified = new Map(bucket.versions(prefix).flatMap((entry) => (entry.isLatest ? [[entry.key, entry]] : [])));
  const last = page.at(-1);
  const truncated = keys.length > page.length && last !== undefined;
  const contents = page.map((key) => {
    const date = modified.get(key)?.lastModified.toISOString() ?? '';
    const storage = element('StorageClass', 'STANDARD');
    return `<Contents>${element('Key', key)}${element('LastModified', date)}${storage}</Contents>`;
  });
  return document(
    'ListBucketResult',
    [
      element('Name', bucket.name),
      element('Prefix', prefix),
      element('KeyCount', page.length),
      element('MaxKeys', size),
      element('IsTruncated', truncated),
      ...(truncated ? [element('NextContinuationToken', last)] : []),
      ...contents,
    ].join(''),
  );
}

/** Answer of ListObjectVersions, always in one page. */
export function versionListing(bucket: Bucket, parameters: URLSearchParams): Response {
  const prefix = parameters.get('prefix') ?? '';
  const entries = bucket.versions(prefix).map((entry) => {
    const root = entry.isDeleteMarker ? 'DeleteMarker' : 'Version';
    const content = [
      element('Key', entry.key),
      element('VersionId', entry.versionId),
      element('IsLatest', entry.isLatest),
      element('LastModified', entry.lastModified.toISOString()),
    ];
    return `<${root}>${content.join('')}</${root}>`;
  });
  return document(
    'ListVersionsResult',
    [
      element('Name', bucket.name),
      element('Prefix', prefix),
      element('MaxKeys', 1000),
      element('IsTruncated', false),
      ...entries,
    ].join(''),
  );
}
