/**
 * The part of S3's REST API, path style, that the Lambda uses. Does not emulate roles: every caller may do everything.
 */
import { emptyBody, headerOf, type Request, type Response } from '../message/http-message.ts';
import type { Bucket } from '../s3/object-store.ts';
import { bucketListing, versionListing } from '../s3/s3-listing.ts';
import { invalidUri, noSuchKey, preconditionFailed, readObject, s3Error } from '../s3/s3-read.ts';

const empty = (status: number, headers: Response['headers'] = []): Response => ({
  status,
  headers: [['Server', 'AmazonS3'], ...headers],
  body: emptyBody,
});

async function putObject(request: Request, bucket: Bucket, key: string): Promise<Response> {
  const contentEncoding = headerOf(request.headers, 'content-encoding');
  if (contentEncoding?.includes('aws-chunked')) {
    return s3Error(501, 'NotImplemented', 'PutObject with aws-chunked is not emulated');
  }
  const ifMatch = headerOf(request.headers, 'if-match');
  const ifNoneMatch = headerOf(request.headers, 'if-none-match');
  const before = await bucket.get(key);
  if (ifNoneMatch === '*' && before !== undefined) return preconditionFailed('If-None-Match');
  if (ifMatch !== undefined && before === undefined) return noSuchKey(key);
  if (ifMatch !== undefined && ifMatch !== before?.etag) return preconditionFailed('If-Match');
  const versionId = bucket.put(
    key,
    { bytes: request.body },
    {
      contentType: headerOf(request.headers, 'content-type') ?? 'application/octet-stream',
      contentEncoding,
      cacheControl: headerOf(request.headers, 'cache-control'),
      own: request.headers.filter(([name]) => name.toLowerCase().startsWith('x-amz-meta-')),
    },
  );
  const etag = (await bucket.get(key))?.etag ?? '';
  return empty(200, [['ETag', etag], ...(versionId === 'null' ? [] : [['x-amz-version-id', versionId] as const])]);
}

/** Name of the requested operation, for answers about operations that are not emulated. */
function operationOf(request: Request, parameters: URLSearchParams): string {
  const named = parameters.get('x-id');
  if (named !== null) return named;
  const [first] = [...parameters.keys()];
  return `${request.method}${first === undefined ? '' : ` ?${first}`}`;
}

/** Bucket and key of a path-style path; undefined if it is not UTF-8. */
export function addressOf(path: string): { readonly name: string; readonly key: string } | undefined {
  try {
    const [name = '', ...key] = decodeURIComponent(path.slice(1)).split('/');
    return { name, key: key.join('/') };
  } catch {
    return undefined;
  }
}

/** Answers `/<bucket>[/<key>]`. */
export async function answerS3(request: Request, buckets: ReadonlyMap<string, Bucket>): Promise<Response> {
  const parameters = new URLSearchParams(request.query);
  const notImplemented = (): Response =>
    s3Error(501, 'NotImplemented', `S3 ${operationOf(request, parameters)} is not emulated`);
  const address = addressOf(request.path);
  if (address === undefined) return invalidUri();
  const { name, key } = address;
  const bucket = buckets.get(name);
  if (bucket === undefined) {
    return name === '' ? notImplemented() : s3Error(404, 'NoSuchBucket', 'The specified bucket does not exist');
  }
  const known = new Set([
    'x-id',
    'versionId',
    'versions',
    'list-type',
    'prefix',
    'max-keys',
    'start-after',
    'continuation-token',
  ]);
  if ([...parameters.keys()].some((parameter) => !known.has(parameter))) return notImplemented();
  if (key === '') {
    if (request.method === 'HEAD') return empty(200);
    if (request.method !== 'GET') return notImplemented();
    if (parameters.has('versions')) return versionListing(bucket, parameters);
    return parameters.get('list-type') === '2' ? bucketListing(bucket, parameters) : notImplemented();
  }
  const versionId = parameters.get('versionId') ?? undefined;
  switch (request.method) {
    case 'GET':
    case 'HEAD': {
      const object = await bucket.get(key, versionId);
      if (object !== undefined) return readObject(request, object);
      return versionId === undefined
        ? noSuchKey(key)
        : s3Error(404, 'NoSuchVersion', 'The specified version does not exist.', { Key: key });
    }
    case 'PUT':
      return headerOf(request.headers, 'x-amz-copy-source') === undefined
        ? putObject(request, bucket, key)
        : notImplemented();
    case 'DELETE':
      bucket.remove(key, versionId);
      return empty(204);
    default:
      return notImplemented();
  }
}
