/** Reads and writes objects of the private bucket with the AWS SDK, which is loaded at first use. */
import { Readable } from 'node:stream';
import type { GetObjectCommandOutput, S3ClientConfig } from '@aws-sdk/client-s3';
import { maximumDocumentBytes } from '../../contract/access-rules.ts';
import { once } from './once.ts';

/** Limit for one operation, including its retry, in milliseconds. */
const timeoutMs = 3_000;

type ObjectReading =
  | { readonly kind: 'found'; readonly text: string; readonly etag: string; readonly version: string }
  /** Longer than an access document may be. The object is not read. */
  | { readonly kind: 'oversized'; readonly version: string }
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'missing' }
  | { readonly kind: 'forbidden' }
  | { readonly kind: 'failed'; readonly cause: string };

/** `exists`: the object exists now, or another writer is creating it. */
type ObjectCreation =
  | { readonly kind: 'created'; readonly etag: string }
  | { readonly kind: 'exists' }
  | { readonly kind: 'failed'; readonly cause: string };

/** An object in a listing of the bucket. */
export interface ListedObject {
  readonly key: string;
  /** S3 stores whole seconds. */
  readonly modified: Date;
}

export interface PrivateBucket {
  /** `unlessEtag`: `unchanged` if the object still has this ETag. `version`: that version instead of the newest. */
  read(key: string, options?: { readonly unlessEtag?: string; readonly version?: string }): Promise<ObjectReading>;
  /** Versions of one object, newest first; `undefined` if they cannot be listed. */
  versions(key: string): Promise<readonly string[] | undefined>;
  /** Writes a new object. Fails if it exists. */
  create(key: string, text: string): Promise<ObjectCreation>;
  /** Overwrites an object if it still has this ETag. */
  replace(key: string, text: string, etag: string): Promise<ObjectCreation>;
  /** At most `maximum` (1 to 1,000) of the objects under `prefix`; `undefined` if they cannot be listed. */
  list(prefix: string, maximum: number): Promise<readonly ListedObject[] | undefined>;
}

/** The fields that the code reads from an SDK error. */
interface ServiceFailure {
  readonly name?: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
}

function readingOf(failure: ServiceFailure): ObjectReading {
  switch (failure.$metadata?.httpStatusCode) {
    case 304:
      return { kind: 'unchanged' };
    case 403:
      return { kind: 'forbidden' };
    case 404:
      return { kind: 'missing' };
    default:
      return { kind: 'failed', cause: failure.name ?? 'unknown' };
  }
}

async function found(output: GetObjectCommandOutput): Promise<ObjectReading> {
  const etag = output.ETag ?? '';
  const version = output.VersionId ?? etag;
  // S3 always sends the length of an object.
  if ((output.ContentLength ?? Number.POSITIVE_INFINITY) > maximumDocumentBytes) {
    if (output.Body instanceof Readable) output.Body.destroy();
    return { kind: 'oversized', version };
  }
  return { kind: 'found', text: (await output.Body?.transformToString()) ?? '', etag, version };
}

/** `clientOptions`: extra options for the SDK's client. It reads the rest from Lambda's own variables. */
export function createPrivateBucket(bucket: string, clientOptions: S3ClientConfig): PrivateBucket {
  const s3 = once(async () => {
    // Imported one by one, so that the bundle has these operations and not the whole service.
    const { GetObjectCommand, ListObjectsV2Command, ListObjectVersionsCommand, PutObjectCommand, S3Client } =
      await import('@aws-sdk/client-s3');
    const sdk = { GetObjectCommand, ListObjectsV2Command, ListObjectVersionsCommand, PutObjectCommand };
    return { sdk, client: new S3Client({ maxAttempts: 2, ...clientOptions }) };
  });

  /** https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html */
  async function write(
    key: string,
    text: string,
    condition: { readonly IfNoneMatch: '*' } | { readonly IfMatch: string },
  ): Promise<ObjectCreation> {
    try {
      const { sdk, client } = await s3();
      const command = new sdk.PutObjectCommand({ Bucket: bucket, Key: key, Body: text, ...condition });
      const { ETag: etag = '' } = await client.send(command, { abortSignal: AbortSignal.timeout(timeoutMs) });
      return { kind: 'created', etag };
    } catch (error) {
      const { name, $metadata } = error as ServiceFailure;
      // 409: another writer is creating the same name. 404: the object to replace is gone.
      const exists = [404, 409, 412].includes($metadata?.httpStatusCode ?? 0) && name !== 'NoSuchBucket';
      return exists ? { kind: 'exists' } : { kind: 'failed', cause: name ?? 'unknown' };
    }
  }

  return {
    async read(key, { unlessEtag, version } = {}) {
      try {
        const { sdk, client } = await s3();
        const command = new sdk.GetObjectCommand({
          Bucket: bucket,
          Key: key,
          ...(unlessEtag !== undefined && { IfNoneMatch: unlessEtag }),
          ...(version !== undefined && { VersionId: version }),
        });
        return await found(await client.send(command, { abortSignal: AbortSignal.timeout(timeoutMs) }));
      } catch (error) {
        return readingOf(error as ServiceFailure);
      }
    },
    async versions(key) {
      try {
        const { sdk, client } = await s3();
        const command = new sdk.ListObjectVersionsCommand({ Bucket: bucket, Prefix: key });
        const { Versions } = await client.send(command, { abortSignal: AbortSignal.timeout(timeoutMs) });
        return (Versions ?? []).flatMap(({ Key, VersionId }) => (Key === key && VersionId ? [VersionId] : []));
      } catch {
        return undefined;
      }
    },
    create: (key, text) => write(key, text, { IfNoneMatch: '*' }),
    replace: (key, text, etag) => write(key, text, { IfMatch: etag }),
    async list(prefix, maximum) {
      try {
        const { sdk, client } = await s3();
        const command = new sdk.ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, MaxKeys: maximum });
        const { Contents = [] } = await client.send(command, { abortSignal: AbortSignal.timeout(timeoutMs) });
        return Contents.map(({ Key: key = '', LastModified: modified = new Date(0) }) => ({ key, modified }));
      } catch {
        return undefined;
      }
    },
  };
}
