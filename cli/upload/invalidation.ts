/** Which paths to invalidate in CloudFront, and the call that does it. */
import { randomUUID } from 'node:crypto';
import { type CloudFrontClient, CreateInvalidationCommand } from '@aws-sdk/client-cloudfront';
import { rootObject } from '../../contract/layout.ts';
import { awsError } from '../aws-error.ts';

/** The one path that stands for all copies of a distribution. */
export const everything = '/*';

/**
 * Above so many paths all copies are forgotten instead: AWS counts that as one path, and asks money for paths above 1,000 a month.
 * @see https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/PayingForInvalidation.html
 */
export const maximumPaths = 100;

/**
 * Paths to forget when the objects at `changed` were replaced or taken away. Nothing is forgotten for a new object: nobody has a copy, and that
 * it was missing CloudFront remembers for ten seconds. `indexRewriting`: a folder's page is also known by the folder's two names.
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

/** One set of paths that covers both. */
export const joined = (some: readonly string[], others: readonly string[]): string[] =>
  bounded(new Set([...some, ...others]));

const bounded = (paths: ReadonlySet<string>): string[] =>
  paths.size > maximumPaths || paths.has(everything) ? [everything] : [...paths].sort();

/** As a browser asks for it; `?` and `#` of a name are no query and no fragment, and a final `*` no wildcard. */
const encoded = (path: string): string =>
  encodeURI(path).replace(/[?#*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);

/** Tells CloudFront to forget `paths`; it takes a minute or so until all edges have. */
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
        `distribution ${distribution}: too many invalidations are in progress. The files are uploaded. Fix: run the same command again in some minutes`,
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
