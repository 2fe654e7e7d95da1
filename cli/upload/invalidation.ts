/** Which paths to invalidate in CloudFront, and the call that does it. */
import { randomUUID } from 'node:crypto';
import { type CloudFrontClient, CreateInvalidationCommand } from '@aws-sdk/client-cloudfront';
import { rootObject } from '../../contract/layout.ts';
import { awsError } from '../aws-error.ts';

/** The path that invalidates everything. */
export const everything = '/*';

/**
 * With more paths than this, everything is invalidated instead: AWS counts that as one path, and charges for more than
 * 1,000 paths a month.
 * @see https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/PayingForInvalidation.html
 */
export const maximumPaths = 100;

/**
 * The paths to invalidate if the objects at `changed` were replaced or deleted. A new object needs no invalidation:
 * CloudFront has no copy, and forgets a missing object after ten seconds. `indexRewriting`: a folder's page also has
 * the two names of the folder.
 * @see https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/invalidation-specifying-objects.html
 */
export function invalidationPaths(changed: readonly string[], indexRewriting: boolean): string[] {
  const paths = new Set<string>();
  for (const path of changed) {
    paths.add(encoded(path));
    if (!indexRewriting || !path.endsWith(`/${rootObject}`)) continue;
    const folder = path.slice(0, -rootObject.length);
    paths.add(encoded(folder));
    if (folder !== '/') paths.add(encoded(folder.slice(0, -1)));
  }
  return bounded(paths);
}

/** A set of paths that covers both. */
export const joined = (some: readonly string[], others: readonly string[]): string[] =>
  bounded(new Set([...some, ...others]));

const bounded = (paths: ReadonlySet<string>): string[] =>
  paths.size > maximumPaths || paths.has(everything) ? [everything] : [...paths].sort();

/**
 * The path as browsers send it. A `?` or `#` in a name is encoded, and so is a final `*`, which is not a wildcard here.
 */
const encoded = (path: string): string =>
  encodeURI(path).replace(/[?#*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);

/** Invalidates `paths` in CloudFront, which takes about a minute on all edges. */
export async function invalidate(
  client: CloudFrontClient,
  distribution: string,
  region: string,
  paths: readonly string[],
): Promise<void> {
  const batch = { CallerReference: randomUUID(), Paths: { Quantity: paths.length, Items: [...paths] } };
  try {
    await client.send(new CreateInvalidationCommand({ DistributionId: distribution, InvalidationBatch: batch }));
  } catch (error) {
    if (error instanceof Error && error.name === 'TooManyInvalidationsInProgress') {
      throw new Error(
        `distribution ${distribution}: too many invalidations are in progress. The files are uploaded. \
Fix: run the same command again in some minutes`,
        { cause: error },
      );
    }
    throw awsError(error, {
      action: 'cloudfront:CreateInvalidation',
      resource: `distribution ${distribution}`,
      region,
    });
  }
}
