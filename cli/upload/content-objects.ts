/** The calls to the content bucket: lists, uploads and deletes objects under `www/`. */
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import {
  DeleteObjectsCommand,
  HeadObjectCommand,
  type HeadObjectCommandOutput,
  PutObjectCommand,
  paginateListObjectsV2,
  type S3Client,
} from '@aws-sdk/client-s3';
import { contentPrefix } from '../../contract/layout.ts';
import type { OtherAddress } from '../../stacks/content/addresses.ts';
import { awsError } from '../aws-error.ts';
import { changedMeanwhile, type FileReader, type LocalFile } from './local-files.ts';

/** A version of an object. */
export interface ObjectVersion {
  /** Without quotes. For what an upload put there, it depends on the content only. */
  readonly etag: string;
  /** When it was written at the latest, in epoch seconds, by the clock of S3. */
  readonly by: number;
}

/** An object as the bucket lists it. */
export interface ListedObject {
  /** Path on the site. */
  readonly path: string;
  readonly etag: string;
  /** Size in bytes. */
  readonly size: number;
  /** Epoch seconds. */
  readonly modified: number;
}

/** An object in the bucket. */
export interface StoredObject extends ObjectVersion {
  readonly contentType: string | undefined;
  readonly contentEncoding: string | undefined;
  readonly cacheControl: string | undefined;
  /** The SHA-256 that the upload stored with it, in hex; undefined if no upload put it there. */
  readonly sha256: string | undefined;
  /** What kind of another address it is; undefined for a file. */
  readonly address: OtherAddress['kind'] | undefined;
}

export interface ContentObjectsOptions {
  readonly client: S3Client;
  readonly bucket: string;
  readonly region: string;
  /** Ends all calls at once. */
  readonly signal: AbortSignal;
}

/** The metadata in which an upload stores the checksum. Objects from elsewhere do not have it. */
const checksumName = 's3nator-sha256';
/** The metadata that marks another address of a file: `copy` or `redirect`. Files do not have it. */
const addressName = 's3nator-address';
/** The number of objects that S3 deletes in one call. */
const deletedAtOnce = 1000;
/** The number of tries. The SDK does not retry what it reads from a stream. */
const streamAttempts = 4;

const keyOf = (path: string): string => `${contentPrefix}${path}`;

export class ContentObjects {
  private readonly options: ContentObjectsOptions;

  constructor(options: ContentObjectsOptions) {
    this.options = options;
  }

  /** Everything under `www/`, by path on the site. */
  async list(): Promise<Map<string, ListedObject>> {
    const { client, bucket, signal } = this.options;
    const listed = new Map<string, ListedObject>();
    try {
      // XML cannot contain every character of a key.
      const input = { Bucket: bucket, Prefix: `${contentPrefix}/`, EncodingType: 'url' } as const;
      for await (const { Contents = [] } of paginateListObjectsV2({ client }, input, { abortSignal: signal })) {
        for (const { Key = '', Size = 0, ETag, LastModified } of Contents) {
          const path = decodeURIComponent(Key.slice(contentPrefix.length).replaceAll('+', ' '));
          listed.set(path, { path, etag: ownCopy(unquoted(ETag)), size: Size, modified: seconds(LastModified) });
        }
      }
    } catch (error) {
      throw this.explained(error, 's3:ListBucket');
    }
    return listed;
  }

  /** The object at `path`; undefined if it is gone. */
  async head(path: string): Promise<StoredObject | undefined> {
    const { client, bucket, signal } = this.options;
    let found: HeadObjectCommandOutput;
    try {
      const command = new HeadObjectCommand({ Bucket: bucket, Key: keyOf(path) });
      found = await withOwnSignal(signal, (own) => client.send(command, { abortSignal: own.signal }));
    } catch (error) {
      if (error instanceof Error && error.name === 'NotFound') return undefined;
      throw this.explained(error, 's3:GetObject', path);
    }
    const { ETag, LastModified, ContentType, ContentEncoding, CacheControl, Metadata } = found;
    return {
      etag: unquoted(ETag),
      by: seconds(LastModified),
      contentType: ContentType,
      contentEncoding: ContentEncoding,
      cacheControl: CacheControl,
      sha256: Metadata?.[checksumName],
      address: kindOf(Metadata?.[addressName]),
    };
  }

  /**
   * Uploads a file completely or not at all: S3 verifies the checksum before it stores the object. Returns what S3
   * stored; undefined if the answer does not say it.
   */
  async put(file: LocalFile, reader: FileReader): Promise<ObjectVersion | undefined> {
    for (let attempt = 1; ; attempt += 1) {
      const body = await reader.body(file);
      let broken: { readonly reason: unknown } | undefined;
      try {
        return await withOwnSignal(this.options.signal, (own) => {
          const fail = (reason: unknown): void => {
            broken = { reason };
            own.abort(reason);
          };
          if (!Buffer.isBuffer(body)) body.once('error', fail);
          return this.send(file, body, own.signal);
        });
      } catch (error) {
        if (broken !== undefined) throw broken.reason;
        if (isAnotherContent(error)) throw changedMeanwhile(file.file);
        const again = !Buffer.isBuffer(body) && attempt < streamAttempts && isTransient(error);
        if (!again) throw this.explained(error, 's3:PutObject', file.path);
      } finally {
        // S3 may answer before it has read everything, and then the file would stay open.
        if (!Buffer.isBuffer(body)) body.destroy();
      }
      await delay(2 ** attempt * 250, undefined, { signal: this.options.signal });
    }
  }

  private async send(
    file: LocalFile,
    body: Buffer | Readable,
    signal: AbortSignal,
  ): Promise<ObjectVersion | undefined> {
    const { client, bucket } = this.options;
    const command = new PutObjectCommand({
      Bucket: bucket,
      Key: keyOf(file.path),
      Body: body,
      ContentLength: file.size,
      ContentType: file.contentType,
      ContentEncoding: file.contentEncoding,
      CacheControl: file.cacheControl,
      ChecksumSHA256: Buffer.from(file.sha256, 'hex').toString('base64'),
      Metadata: {
        [checksumName]: file.sha256,
        ...(file.address !== undefined && { [addressName]: file.address.kind }),
      },
    });
    let date: string | undefined;
    command.middlewareStack.add(
      (next) => async (args) => {
        const result = await next(args);
        date = (result.response as { readonly headers?: Readonly<Record<string, string>> }).headers?.['date'];
        return result;
      },
      { step: 'deserialize' },
    );
    const answer = await client.send(command, { abortSignal: signal });
    const by = Date.parse(date ?? '') / 1000;
    return Number.isNaN(by) ? undefined : { etag: unquoted(answer.ETag), by };
  }

  /** Deletes objects. `onRemoved`: called with how many are gone. */
  async remove(paths: readonly string[], onRemoved: (count: number) => void): Promise<void> {
    const { client, bucket, signal } = this.options;
    for (let start = 0; start < paths.length; start += deletedAtOnce) {
      const Objects = paths.slice(start, start + deletedAtOnce).map((path) => ({ Key: keyOf(path) }));
      try {
        const command = new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects, Quiet: true } });
        const { Errors: [first] = [] } = await client.send(command, { abortSignal: signal });
        // The answer is 200 even if S3 refused some of them.
        if (first !== undefined) {
          const status = first.Code === 'AccessDenied' ? 403 : 500;
          throw Object.assign(new Error(first.Message), { name: first.Code, $metadata: { httpStatusCode: status } });
        }
      } catch (error) {
        throw this.explained(error, 's3:DeleteObject');
      }
      onRemoved(Objects.length);
    }
  }

  private explained(error: unknown, action: string, path = ''): unknown {
    const { bucket, region } = this.options;
    return awsError(error, { action, resource: `bucket ${bucket}${path && `, ${keyOf(path)}`}`, region });
  }
}

const kindOf = (text: string | undefined): StoredObject['address'] =>
  text === 'copy' || text === 'redirect' ? text : undefined;
/** A part of a text holds the whole text in memory: here, the list of a thousand objects. */
const ownCopy = (text: string): string => Buffer.from(text).toString();
const unquoted = (etag = ''): string => etag.replaceAll('"', '');
/** Whole epoch seconds, as in S3's own headers. An unknown time is later than any other. */
const seconds = (date: Date | undefined): number =>
  date === undefined ? Number.POSITIVE_INFINITY : Math.floor(date.getTime() / 1000);

/**
 * Runs a call that ends with `signal`, by a controller of its own: the SDK leaves its listener, and with it the whole
 * request, on each signal that it gets.
 */
async function withOwnSignal<T>(signal: AbortSignal, call: (own: AbortController) => Promise<T>): Promise<T> {
  signal.throwIfAborted();
  const own = new AbortController();
  const stop = (): void => own.abort(signal.reason);
  signal.addEventListener('abort', stop);
  try {
    return await call(own);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

/** S3 computed another checksum, or got less than was announced. */
const isAnotherContent = (error: unknown): boolean =>
  error instanceof Error && ['BadDigest', 'XAmzContentChecksumMismatch', 'IncompleteBody'].includes(error.name);

function isTransient(error: unknown): boolean {
  const { name, code, $metadata } = error as { name?: string; code?: string; $metadata?: { httpStatusCode?: number } };
  if ($metadata?.httpStatusCode !== undefined) return $metadata.httpStatusCode >= 500 || name === 'RequestTimeout';
  return name === 'TimeoutError' || ['ECONNRESET', 'EPIPE', 'ETIMEDOUT'].includes(code ?? '');
}
