/** Owns reaching the private bucket through the AWS SDK, which is loaded at first use. Knows no object's meaning. */
import { Readable } from 'node:stream';
import type { GetObjectCommandOutput, S3ClientConfig } from '@aws-sdk/client-s3';
import { maximumDocumentBytes } from '../contract/access-rules.ts';

/** One operation with its retry, in milliseconds. */
const timeoutMs = 3_000;

export type ObjectReading =
  | { readonly kind: 'found'; readonly text: string; readonly etag: string; readonly version: string }
  /** Longer than an access document may be; not read. */
  | { readonly kind: 'oversized'; readonly version: string }
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'missing' }
  | { readonly kind: 'forbidden' }
  | { readonly kind: 'failed'; readonly cause: string };

/** `exists`: it was there already, or somebody is making it at this moment. */
export type ObjectCreation =
  | { readonly kind: 'created' }
  | { readonly kind: 'exists' }
  | { readonly kind: 'failed'; readonly cause: string };

export interface PrivateBucket {
  /** `unlessEtag`: answers `unchanged` while the object still has this ETag. `version`: that version instead of the newest. */
  read(key: string, options?: { readonly unlessEtag?: string; readonly version?: string }): Promise<ObjectReading>;
  /** Versions of one object, newest first; `undefined` when they are not to be had. */
  versions(key: string): Promise<readonly string[] | undefined>;
  /** Writes an object that must not be there yet. */
  create(key: string, text: string): Promise<ObjectCreation>;
}

/** What the SDK throws, as far as it is looked at. */
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
  // S3 always says how long an object is.
  if ((output.ContentLength ?? Number.POSITIVE_INFINITY) > maximumDocumentBytes) {
    if (output.Body instanceof Readable) output.Body.destroy();
    return { kind: 'oversized', version };
  }
  return { kind: 'found', text: (await output.Body?.transformToString()) ?? '', etag, version };
}

/** `clientOptions`: for the SDK's client, beside what it takes from Lambda's own variables. */
export function createPrivateBucket(bucket: string, clientOptions: S3ClientConfig): PrivateBucket {
  const load = async () => {
    const sdk = await import('@aws-sdk/client-s3');
    return { sdk, client: new sdk.S3Client({ maxAttempts: 2, ...clientOptions }) };
  };
  let loading: ReturnType<typeof load> | undefined;
  const s3 = (): ReturnType<typeof load> => {
    loading ??= load();
    return loading;
  };

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
    async create(key, text) {
      try {
        const { sdk, client } = await s3();
        const command = new sdk.PutObjectCommand({ Bucket: bucket, Key: key, Body: text, IfNoneMatch: '*' });
        await client.send(command, { abortSignal: AbortSignal.timeout(timeoutMs) });
        return { kind: 'created' };
      } catch (error) {
        const { name, $metadata } = error as ServiceFailure;
        // 409: another one is being written under the same name at this moment.
        const exists = $metadata?.httpStatusCode === 412 || $metadata?.httpStatusCode === 409;
        return exists ? { kind: 'exists' } : { kind: 'failed', cause: name ?? 'unknown' };
      }
    },
  };
}
