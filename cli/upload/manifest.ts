/**
 * A list in the bucket of what uploads put there, so that the next upload need not ask for each object. Only saves
 * requests: without it, or if it does not fit the bucket, the upload asks S3.
 */
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { createGunzip, createGzip } from 'node:zlib';
import { DeleteObjectCommand, GetObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import * as v from 'valibot';
import { awsError } from '../aws-error.ts';
import type { ListedObject } from './content-objects.ts';
import { sharedText } from './shared-text.ts';

const key = 'upload/manifest.jsonl.gz';
const format = 1;

const entrySchema = v.object({
  /** As S3 calculated it, without quotes. */
  etag: v.string(),
  /** Size in bytes. */
  size: v.number(),
  /** Epoch seconds, by the clock of S3: a later change is somebody else's. */
  by: v.number(),
  /** SHA-256 of the content, in hex. */
  sha256: v.string(),
  contentType: v.optional(v.string()),
  contentEncoding: v.optional(v.string()),
  cacheControl: v.optional(v.string()),
  /** For another address of a file; absent for a file. */
  address: v.optional(v.picklist(['copy', 'redirect'])),
  /** Path of its file. */
  of: v.optional(v.string()),
});

/** An object that an upload put there. */
export type ManifestEntry = Readonly<v.InferOutput<typeof entrySchema>>;

const lineSchema = v.object({ path: v.string(), ...entrySchema.entries });

export interface ManifestOptions {
  readonly client: S3Client;
  readonly bucket: string;
  readonly region: string;
}

/** The longest time that an upload spends on saving after it failed or was interrupted, in milliseconds. */
const lastSaveMs = 3000;

export class Manifest {
  private readonly options: ManifestOptions;
  private readonly entries = new Map<string, ManifestEntry>();
  private isChanged = false;
  /** The stored version that `save` replaces. */
  private version: string | undefined;

  constructor(options: ManifestOptions) {
    this.options = options;
  }

  /**
   * Reads the stored entries that still describe the bucket. S3's ETag is about the content only, so an object that
   * somebody else wrote since, with the same content and maybe other headers, is recognized by its time.
   */
  async read(listed: ReadonlyMap<string, ListedObject>): Promise<void> {
    const { client, bucket } = this.options;
    let body: Readable;
    try {
      const { Body, VersionId } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
      this.version = VersionId;
      body = Body as Readable;
    } catch (error) {
      if (error instanceof Error && error.name === 'NoSuchKey') return;
      throw this.explained(error, 's3:GetObject');
    }
    const shared = sharedText();
    for await (const { path, ...entry } of entriesOf(body)) {
      const object = listed.get(path);
      if (object?.etag !== entry.etag || object.size !== entry.size || object.modified > entry.by) continue;
      // The list already has these texts.
      const { etag } = object;
      const of = entry.of && (listed.get(entry.of)?.path ?? entry.of);
      this.entries.set(object.path, compact({ ...entry, etag, of }, shared));
    }
  }

  get(path: string): ManifestEntry | undefined {
    return this.entries.get(path);
  }

  set(path: string, entry: ManifestEntry): void {
    this.isChanged = true;
    this.entries.set(path, entry);
  }

  delete(path: string): void {
    if (this.entries.delete(path)) this.isChanged = true;
  }

  /** Writes the entries, if any has changed. Of two uploads at once, the last one wins. */
  async save(signal?: AbortSignal): Promise<void> {
    if (!this.isChanged) return;
    const { client, bucket } = this.options;
    try {
      const Body = await compressed(this.entries);
      const input = { Bucket: bucket, Key: key, Body, ContentType: 'application/gzip' };
      await client.send(new PutObjectCommand(input), { ...(signal && { abortSignal: signal }) });
      this.isChanged = false;
    } catch (error) {
      throw this.explained(error, 's3:PutObject');
    }
    await this.forgetEarlier(signal);
  }

  /** Saves after a failure, which is what the caller reports. */
  async saveIfPossible(): Promise<void> {
    await this.save(AbortSignal.timeout(lastSaveMs)).catch(() => {});
  }

  /** Leaves no old version behind. A bucket without versions calls its only one `null`. */
  private async forgetEarlier(signal: AbortSignal | undefined): Promise<void> {
    const { client, bucket } = this.options;
    const { version } = this;
    if (version === undefined || version === 'null') return;
    try {
      const command = new DeleteObjectCommand({ Bucket: bucket, Key: key, VersionId: version });
      await client.send(command, { ...(signal && { abortSignal: signal }) });
    } catch (error) {
      throw this.explained(error, 's3:DeleteObjectVersion');
    }
  }

  private explained(error: unknown, action: string): unknown {
    const { bucket, region } = this.options;
    return awsError(error, { action, resource: `bucket ${bucket}, ${key}`, region });
  }
}

/** The entries up to the first line that is not one: a manifest that is cut off, or was written by another version. */
async function* entriesOf(body: Readable): AsyncGenerator<v.InferOutput<typeof lineSchema>> {
  const unpacked = createGunzip();
  body.on('error', (error) => unpacked.destroy(error));
  try {
    let isFirst = true;
    for await (const line of createInterface({ input: body.pipe(unpacked) })) {
      const value: unknown = JSON.parse(line);
      if (!isFirst) yield v.parse(lineSchema, value);
      else if (!v.is(v.object({ format: v.literal(format) }), value)) return;
      isFirst = false;
    }
  } catch {
    // The rest costs requests.
  } finally {
    body.destroy();
  }
}

/** The entry in as little memory as possible: there may be a hundred thousand. */
function compact(entry: ManifestEntry, shared: (text: string) => string): ManifestEntry {
  const { etag, size, by, sha256, contentType, contentEncoding, cacheControl, address, of } = entry;
  return {
    etag,
    size,
    by,
    sha256,
    contentType: contentType && shared(contentType),
    contentEncoding: contentEncoding && shared(contentEncoding),
    cacheControl: cacheControl && shared(cacheControl),
    address,
    of,
  };
}

async function compressed(entries: ReadonlyMap<string, ManifestEntry>): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of Readable.from(linesOf(entries)).pipe(createGzip())) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
}

function* linesOf(entries: ReadonlyMap<string, ManifestEntry>): Generator<string> {
  yield `${JSON.stringify({ format })}\n`;
  for (const [path, entry] of entries) yield `${JSON.stringify({ path, ...entry })}\n`;
}
