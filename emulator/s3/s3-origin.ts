/** S3's answers to CloudFront. The bucket policy decides, and a missing key is 404 only for callers that may list. */

import type { Request, Response } from '../message/http-message.ts';
import type { BucketPolicy } from '../model/policies.ts';
import { allows, type Caller } from './bucket-policy.ts';
import type { Bucket } from './object-store.ts';
import { bucketListing } from './s3-listing.ts';
import { accessDenied, invalidUri, noSuchKey, readObject, s3Error } from './s3-read.ts';

export interface S3Origin {
  readonly bucket: Bucket;
  readonly policy: BucketPolicy;
  readonly caller: Caller;
  /** Prefix of the path, without a slash at its end. */
  readonly originPath: string;
}

/** S3 reads `+` in a path as a space. A plus sign in a key has to be sent as `%2B`. */
function keyOf(path: string): string | undefined {
  try {
    return decodeURIComponent(path.replaceAll('+', ' ')).slice(1);
  } catch {
    return undefined;
  }
}

/** Answers one origin request. Paths are literal: S3 does not interpret `..` or `//`. */
export async function readFromBucket(request: Request, origin: S3Origin): Promise<Response> {
  const { bucket, policy, caller } = origin;
  const arn = `arn:aws:s3:::${bucket.name}`;
  const mayList = (): boolean => allows(policy, 's3:ListBucket', arn, caller);
  const key = keyOf(`${origin.originPath}${request.path}`);
  if (key === undefined) return invalidUri();
  switch (request.method) {
    case 'GET':
    case 'HEAD':
      break;
    case 'OPTIONS':
      return s3Error(403, 'AccessForbidden', 'CORSResponse: CORS is not enabled for this bucket.');
    case 'POST':
      return s3Error(405, 'MethodNotAllowed', 'The specified method is not allowed against this resource.');
    default:
      return accessDenied();
  }
  if (key === '') return mayList() ? bucketListing(bucket, new URLSearchParams(request.query)) : accessDenied();
  if (!allows(policy, 's3:GetObject', `${arn}/${key}`, caller)) return accessDenied();
  const object = await bucket.get(key);
  if (object === undefined) return mayList() ? noSuchKey(key) : accessDenied();
  return readObject(request, object);
}
