/**
 * The invalidations of the local CloudFront: accepts what the service accepts, and records it. There is no cache to
 * invalidate.
 */
import { randomBytes } from 'node:crypto';
import { Refusal } from './api.ts';
import { textAt, texts, type XmlElement, xml } from './xml.ts';

interface Invalidation {
  readonly distribution: string;
  readonly reference: string;
  readonly paths: readonly string[];
}

/** @see https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/InvalidationLimits.html */
const maximumPaths = 3000;
const maximumWildcards = 15;

export class Invalidations {
  private readonly all: Invalidation[] = [];

  /** The answer of CreateInvalidation. Throws a `Refusal`. */
  create(distribution: string, sent: XmlElement | undefined): XmlElement {
    const reference = textAt(sent, 'CallerReference');
    const paths = texts(sent, 'Path');
    checkPaths(paths, Number(textAt(sent, 'Paths', 'Quantity')));
    const earlier = this.all.find((one) => one.reference === reference);
    if (earlier !== undefined && earlier.paths.join('\n') !== paths.join('\n')) {
      throw new Refusal(400, 'InvalidationBatchAlreadyExists', reference);
    }
    this.all.push({ distribution, reference, paths });
    return xml('Invalidation', [
      xml('Id', `I${randomBytes(7).toString('hex').toUpperCase()}`),
      xml('Status', 'InProgress'),
      xml('CreateTime', new Date().toISOString()),
      sent,
    ]);
  }

  /** Paths of each invalidation of a distribution so far, oldest first. */
  of(distribution: string): readonly (readonly string[])[] {
    return this.all.filter((one) => one.distribution === distribution).map(({ paths }) => paths);
  }
}

/** @see https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/invalidation-specifying-objects.html */
function checkPaths(paths: readonly string[], quantity: number): void {
  if (paths.length === 0 || paths.length !== quantity) throw new Refusal(400, 'InconsistentQuantities', `${quantity}`);
  if (paths.some((path) => !/^\/[\x21-\x7e]*$/.test(path) || /["<>#{}|\\^[\]`]|%(?![0-9A-Fa-f]{2})/.test(path))) {
    throw new Refusal(400, 'InvalidArgument', 'Your request contains one or more invalid invalidation paths.');
  }
  const wildcards = paths.filter((path) => path.endsWith('*')).length;
  if (wildcards > maximumWildcards || paths.length - wildcards > maximumPaths) {
    throw new Refusal(400, 'TooManyInvalidationsInProgress', `${paths.length}`);
  }
}
