/** Which paths to invalidate in CloudFront, and the call that does it. */
import { randomUUID } from 'node:crypto';
import { type CloudFrontClient, CreateInvalidationCommand } from '@aws-sdk/client-cloudfront';
import type { SiteConfig } from '../../contract/config.ts';
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
 * CloudFront has no copy, and forgets a missing object after ten seconds. With `indexRewriting`, a folder's page also
 * has the name of the folder. The fallback page has more addresses than anybody knows.
 * @see https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/invalidation-specifying-objects.html
 */
export function invalidationPaths(
  changed: readonly string[],
  { indexRewriting, fallback }: Pick<SiteConfig, 'indexRewriting' | 'fallback'>,
): string[] {
  if (fallback !== null && changed.includes(fallback.page)) return [everything];
  const paths = new Set<string>();
  for (const path of changed) {
    paths.add(encoded(path));
    if (indexRewriting !== null && path.endsWith(`/${rootObject}`))
      paths.add(encoded(path.slice(0, -rootObject.length)));
  }
  return bounded(paths);
}

/** A set of paths that covers both. */
export const joined = (some: readonly string[], others: readonly string[]): string[] =>
  bounded(new Set([...some, ...others]));

/**
 * The most wildcards that CloudFront works on at once.
 * @see https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html
 */
const maximumWildcards = 15;

/** As few paths as possible that cover `paths`. */
function bounded(paths: ReadonlySet<string>): string[] {
  const wildcards = [...paths].filter((path) => path.endsWith('*')).map((path) => path.slice(0, -1));
  const isCovered = (path: string): boolean =>
    wildcards.some((start) => path.startsWith(start) && path !== `${start}*`);
  const needed = wildcards.length === 0 ? [...paths] : [...paths].filter((path) => !isCovered(path));
  const tooMany = needed.length > maximumPaths || needed.filter((path) => path.endsWith('*')).length > maximumWildcards;
  return tooMany ? [everything] : needed.sort();
}

/**
 * The path as browsers send it. From a character whose form is not certain, it becomes a wildcard: CloudFront takes no
 * `~` in an invalidation, raw or encoded (webpack writes `runtime~main.js`), ignores what is encoded without need, and
 * wants `[`, `]`, `|` and `^` encoded, which browsers send as they are. A `*` is itself the wildcard.
 */
function encoded(path: string): string {
  const certain = path.replace(/[~*[\]|^].*$/su, '');
  const sent = encodeURI(certain).replace(/[?#]/g, encodeURIComponent);
  return certain === path ? sent : `${sent}*`;
}

/** A path of an older note, or one edited by hand, so that CloudFront takes it. */
export function repaired(path: string): string {
  const [start = ''] = /^\/(?:[\w\-.!'()/;,:@&=+$]|%[0-9A-F]{2})*/i.exec(path) ?? [];
  if (path.length > maximumLength || start === '') return everything;
  return path === start ? path : `${start}*`;
}

/** CloudFront's limit for one path. */
const maximumLength = 4000;

/**
 * Invalidates `paths` in CloudFront, which takes about a minute on all edges. If CloudFront refuses one of them,
 * everything is invalidated instead: a path that is never accepted must not block every later upload. Returns what was
 * invalidated.
 */
export async function invalidate(
  client: CloudFrontClient,
  distribution: string,
  region: string,
  paths: readonly string[],
): Promise<readonly string[]> {
  const batch = { CallerReference: randomUUID(), Paths: { Quantity: paths.length, Items: [...paths] } };
  try {
    await client.send(new CreateInvalidationCommand({ DistributionId: distribution, InvalidationBatch: batch }));
    return paths;
  } catch (error) {
    const isRefused = error instanceof Error && error.name === 'InvalidArgument' && !paths.includes(everything);
    if (isRefused) return await invalidate(client, distribution, region, [everything]);
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
