/** Reads which keys were deployed when, from the versions of the key list in S3. Opens no key. */
import type { S3Client } from '@aws-sdk/client-s3';
import { keysInUseKey } from '../contract/layout.ts';
import { parseKeyList } from '../stacks/keys/key-list.ts';
import type { DeployedSite } from './deployed-site.ts';
import type { DeployedList } from './key-schedule.ts';

/** The number of versions to read. A rotation writes two. */
const maximumVersions = 20;
/** One request with its retry, in milliseconds. */
const timeoutMs = 10_000;

/** Newest first. Rejects with a plain `Error` that names the bucket and the fix. */
export async function deployedKeys({
  privateBucket,
  region,
}: Pick<DeployedSite, 'privateBucket' | 'region'>): Promise<readonly [DeployedList, ...DeployedList[]]> {
  const sdk = await import('@aws-sdk/client-s3');
  const client = new sdk.S3Client({ region, maxAttempts: 2 });
  try {
    return await readVersions(sdk, client, privateBucket);
  } catch (error) {
    const { name } = error as Error;
    throw new Error(
      `s3://${privateBucket}/${keysInUseKey} cannot be read (${name}). \
Fix: use AWS credentials that may s3:ListBucketVersions and s3:GetObjectVersion there`,
      { cause: error },
    );
  } finally {
    client.destroy();
  }
}

async function readVersions(
  sdk: typeof import('@aws-sdk/client-s3'),
  client: S3Client,
  Bucket: string,
): Promise<readonly [DeployedList, ...DeployedList[]]> {
  const limit = () => ({ abortSignal: AbortSignal.timeout(timeoutMs) });
  const { Versions = [] } = await client.send(
    new sdk.ListObjectVersionsCommand({ Bucket, Prefix: keysInUseKey, MaxKeys: maximumVersions }),
    limit(),
  );
  const lists = await Promise.all(
    Versions.filter(({ Key }) => Key === keysInUseKey).map(async ({ VersionId, LastModified }) => {
      const { Body } = await client.send(
        new sdk.GetObjectCommand({ Bucket, Key: keysInUseKey, ...(VersionId !== undefined && { VersionId }) }),
        limit(),
      );
      const list = parseKeyList((await Body?.transformToString()) ?? '');
      if (list === undefined || LastModified === undefined) throw new Error('version without a list');
      return { list, since: LastModified.getTime() };
    }),
  );
  const [newest, ...older] = lists.toSorted((a, b) => b.since - a.since);
  if (newest === undefined) throw Object.assign(new Error(), { name: 'NoSuchKey' });
  return [newest, ...older];
}
