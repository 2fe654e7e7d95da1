/** A note in the bucket of what CloudFront must still forget, so that the next upload finishes what this one began. */
import { DeleteObjectCommand, GetObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { awsError } from '../aws-error.ts';
import { everything, repaired } from './invalidation.ts';

const key = 'upload/pending-invalidation.json';

/** A stored note. */
export interface PendingNote {
  /** Paths to invalidate. */
  readonly paths: readonly string[];
  readonly version: string | undefined;
}

export interface PendingOptions {
  readonly client: S3Client;
  readonly bucket: string;
  readonly region: string;
}

export class PendingInvalidation {
  private readonly options: PendingOptions;

  constructor(options: PendingOptions) {
    this.options = options;
  }

  /** The note that an interrupted upload left; undefined if the last one finished. */
  async read(): Promise<PendingNote | undefined> {
    const { client, bucket } = this.options;
    try {
      const { Body, VersionId } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
      return { paths: parsed(await Body?.transformToString()), version: VersionId };
    } catch (error) {
      if (error instanceof Error && error.name === 'NoSuchKey') return undefined;
      throw this.explained(error, 's3:GetObject');
    }
  }

  async write(paths: readonly string[]): Promise<PendingNote> {
    const { client, bucket } = this.options;
    const Body = JSON.stringify({ version: 1, paths });
    try {
      const input = { Bucket: bucket, Key: key, Body, ContentType: 'application/json' };
      const { VersionId } = await client.send(new PutObjectCommand(input));
      return { paths, version: VersionId };
    } catch (error) {
      throw this.explained(error, 's3:PutObject');
    }
  }

  /** Deletes this version of the note, so that a note of another upload stays. Leaves no old version behind. */
  async clear({ version }: PendingNote): Promise<void> {
    const { client, bucket } = this.options;
    try {
      await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: key, VersionId: version }));
    } catch (error) {
      throw this.explained(error, 's3:DeleteObjectVersion');
    }
  }

  private explained(error: unknown, action: string): unknown {
    const { bucket, region } = this.options;
    return awsError(error, { action, resource: `bucket ${bucket}, ${key}`, region });
  }
}

/** What CloudFront must forget. A malformed note means everything. */
function parsed(text: string | undefined): readonly string[] {
  try {
    const { paths } = JSON.parse(text ?? '') as { paths?: unknown };
    if (Array.isArray(paths) && paths.every((path) => typeof path === 'string')) return paths.map(repaired);
  } catch {
    // Below.
  }
  return [everything];
}
