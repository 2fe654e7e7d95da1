/** Reads and writes the access documents in S3: versions, conditional writes, and AWS's own time. */
import { userInfo } from 'node:os';
import type { GetObjectCommandOutput, S3Client } from '@aws-sdk/client-s3';
import { maximumDocumentBytes } from '../../../contract/access-rules.ts';
import { contentPrefix } from '../../../contract/layout.ts';
import { awsError } from '../../aws-error.ts';
import type { AccessTarget } from '../shared/target.ts';

/** The longest page of the site that is read, in bytes. */
const maximumPageBytes = 1_048_576;
/** How many objects are listed. */
const maximumKeys = 10_000;
/** How many versions are listed. */
const maximumVersions = 1_000;

/** A document as it is stored now, or as it was in an earlier version. */
export interface StoredDocument {
  /** undefined: too long, and not read. */
  readonly text: string | undefined;
  readonly bytes: number;
  readonly etag: string;
  readonly version: string;
  readonly modified: Date;
  /** Who wrote it: the user name on their machine; undefined for a deploy or another tool. */
  readonly changedBy: string | undefined;
}

export interface StoredVersion {
  readonly version: string;
  readonly modified: Date;
  /** Whether it is a delete marker. */
  readonly isDeletion: boolean;
}

export interface AccessStore {
  /** The newest version, or the named one; undefined if there is none. */
  read(key: string, version?: string): Promise<StoredDocument | undefined>;
  /** Newest first. */
  versions(key: string): Promise<readonly StoredVersion[]>;
  /**
   * Writes only if the newest version is still `over` (undefined: if there is none). Resolves to the new version, or to
   * `conflict`.
   */
  write(
    key: string,
    text: string,
    over: StoredDocument | undefined,
  ): Promise<{ readonly version: string } | 'conflict'>;
  /** Objects of the private bucket under a prefix: at most the first 10,000, in the order of their keys. */
  keys(prefix: string): Promise<readonly { readonly key: string; readonly modified: Date }[]>;
  /** Deletes an object. Its versions stay. */
  remove(key: string): Promise<void>;
  /** Whether the site has a file under this key, or under one that begins with it. */
  hasContent(key: string, exactly: boolean): Promise<boolean>;
  /** The text of a file of the site; undefined if there is none, or if it is too long. */
  content(key: string): Promise<string | undefined>;
  /** The time of AWS's last answer, in milliseconds since 1970. The local clock may be wrong. */
  now(): number;
}

interface Failure {
  readonly name?: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
}

const statusOf = (error: unknown): number | undefined => (error as Failure).$metadata?.httpStatusCode;

/** Printable ASCII, because it travels in a header. */
function operatorName(): string {
  try {
    return userInfo()
      .username.replace(/[^\x21-\x7e]/g, '?')
      .slice(0, 64);
  } catch {
    return '?';
  }
}

export async function openAccessStore(target: AccessTarget): Promise<AccessStore> {
  const sdk = await import('@aws-sdk/client-s3');
  const client: S3Client = new sdk.S3Client({ maxAttempts: 3, ...target.clientOptions });
  let ahead = 0;
  client.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      const { headers } = result.response as { readonly headers?: Readonly<Record<string, string>> };
      const date = Date.parse(headers?.['date'] ?? '');
      if (!Number.isNaN(date)) ahead = date - Date.now();
      return result;
    },
    { step: 'deserialize', name: 'timeOfAnswer' },
  );

  async function call<T>(action: string, bucket: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw awsError(error, { action, resource: `bucket ${bucket}`, region: target.region });
    }
  }

  /** undefined: there is no such object. */
  const get = (Bucket: string, Key: string, VersionId?: string): Promise<GetObjectCommandOutput | undefined> =>
    call(VersionId === undefined ? 's3:GetObject' : 's3:GetObjectVersion', Bucket, async () => {
      try {
        return await client.send(new sdk.GetObjectCommand({ Bucket, Key, ...(VersionId && { VersionId }) }));
      } catch (error) {
        const { name } = error as Failure;
        // 405: the version is a delete marker.
        if (name === 'NoSuchKey' || name === 'NoSuchVersion' || statusOf(error) === 405) return undefined;
        throw error;
      }
    });

  /** The text, unless it is longer than `maximum` bytes. */
  async function textOf({ Body, ContentLength = Number.POSITIVE_INFINITY }: GetObjectCommandOutput, maximum: number) {
    if (ContentLength <= maximum) return (await Body?.transformToString()) ?? '';
    (Body as { destroy?: () => void } | undefined)?.destroy?.();
    return undefined;
  }

  const { privateBucket, contentBucket } = target;

  async function read(key: string, version?: string): Promise<StoredDocument | undefined> {
    const output = await get(privateBucket, key, version);
    if (output === undefined) return undefined;
    return {
      text: await textOf(output, maximumDocumentBytes),
      bytes: output.ContentLength ?? 0,
      etag: output.ETag ?? '',
      version: output.VersionId ?? '',
      modified: output.LastModified ?? new Date(0),
      changedBy: output.Metadata?.['changed-by'],
    };
  }

  return {
    read,
    versions: (key) =>
      call('s3:ListBucketVersions', privateBucket, async () => {
        const parameters = { Bucket: privateBucket, Prefix: key, MaxKeys: maximumVersions };
        const { Versions = [], DeleteMarkers = [] } = await client.send(new sdk.ListObjectVersionsCommand(parameters));
        const entries = [
          ...Versions.map((entry) => ({ ...entry, isDeletion: false })),
          ...DeleteMarkers.map((entry) => ({ ...entry, isDeletion: true })),
        ];
        return entries
          .filter(({ Key }) => Key === key)
          .map(
            ({
              VersionId: version = '',
              LastModified: modified = new Date(0),
              isDeletion,
              IsLatest: isLatest = false,
            }) => ({
              version,
              modified,
              isDeletion,
              isLatest,
            }),
          )
          .sort((one, other) => Number(other.isLatest) - Number(one.isLatest) || +other.modified - +one.modified);
      }),
    write: (key, text, over) =>
      call('s3:PutObject', privateBucket, async () => {
        try {
          const { VersionId } = await client.send(
            new sdk.PutObjectCommand({
              Bucket: privateBucket,
              Key: key,
              Body: text,
              ContentType: 'application/json',
              Metadata: { 'changed-by': operatorName() },
              // https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
              ...(over === undefined ? { IfNoneMatch: '*' } : { IfMatch: over.etag }),
            }),
          );
          return { version: VersionId ?? '' };
        } catch (error) {
          const status = statusOf(error);
          if (status !== 412 && status !== 409 && (error as Failure).name !== 'NoSuchKey') throw error;
          // An earlier try may have succeeded although its answer was lost.
          const now = await read(key);
          return now?.text === text ? { version: now.version } : 'conflict';
        }
      }),
    keys: (prefix) =>
      call('s3:ListBucket', privateBucket, async () => {
        const found: { key: string; modified: Date }[] = [];
        let ContinuationToken: string | undefined;
        do {
          const parameters = { Bucket: privateBucket, Prefix: prefix, ...(ContinuationToken && { ContinuationToken }) };
          const page = await client.send(new sdk.ListObjectsV2Command(parameters));
          for (const { Key: key = '', LastModified: modified = new Date(0) } of page.Contents ?? []) {
            found.push({ key, modified });
          }
          ContinuationToken = page.NextContinuationToken;
        } while (ContinuationToken !== undefined && found.length < maximumKeys);
        return found;
      }),
    remove: (key) =>
      call('s3:DeleteObject', privateBucket, async () => {
        await client.send(new sdk.DeleteObjectCommand({ Bucket: privateBucket, Key: key }));
      }),
    hasContent: (key, exactly) =>
      call('s3:ListBucket', contentBucket, async () => {
        const parameters = { Bucket: contentBucket, Prefix: `${contentPrefix}/${key}`, MaxKeys: 1 };
        const { Contents = [] } = await client.send(new sdk.ListObjectsV2Command(parameters));
        return Contents.some(({ Key }) => !exactly || Key === parameters.Prefix);
      }),
    async content(key) {
      const output = await get(contentBucket, `${contentPrefix}/${key}`);
      return output === undefined ? undefined : textOf(output, maximumPageBytes);
    },
    now: () => Date.now() + ahead,
  };
}
