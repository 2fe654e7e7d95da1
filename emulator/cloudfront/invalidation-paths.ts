/** The paths that CloudFront takes in an invalidation. */

/** @see https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html */
const maximumPaths = 3000;
const maximumWildcards = 15;
const maximumLength = 4000;

/** A refusal of CreateInvalidation, by its code in the API. */
export interface InvalidationRefusal {
  readonly code: 'InvalidArgument' | 'TooManyInvalidationsInProgress' | 'InconsistentQuantities';
  readonly message: string;
}

/**
 * Why CloudFront refuses an invalidation of `paths`; undefined if it takes it. `quantity`: the number that the request
 * says. Counts only this request, and not what is still in progress.
 * @see https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/invalidation-specifying-objects.html
 */
export function invalidationRefusal(
  paths: readonly string[],
  quantity = paths.length,
): InvalidationRefusal | undefined {
  if (paths.length === 0 || paths.length !== quantity)
    return { code: 'InconsistentQuantities', message: `${quantity}` };
  if (!paths.every(isPath)) {
    return { code: 'InvalidArgument', message: 'Your request contains one or more invalid invalidation paths.' };
  }
  const wildcards = paths.filter((path) => path.endsWith('*')).length;
  if (wildcards > maximumWildcards || paths.length - wildcards > maximumPaths) {
    return { code: 'TooManyInvalidationsInProgress', message: `${paths.length}` };
  }
  return undefined;
}

/**
 * An absolute path of at most 4,000 characters, with a wildcard at its end only. Characters beyond ASCII and the unsafe
 * ones of RFC 1738 (section 2.2) are encoded, except `~`, which CloudFront does not take in an invalidation at all: it
 * refuses a raw one, and `%7E` has no effect.
 * @see https://github.com/aws/aws-sdk/issues/525
 */
const isPath = (path: string): boolean =>
  path.length <= maximumLength &&
  /^\/[\x21-\x7e]*$/.test(path) &&
  !/["<>#{}|\\^~[\]`]|%(?![0-9A-Fa-f]{2})/.test(path) &&
  !path.slice(0, -1).includes('*');
