/**
 * The invalidations of the local CloudFront: accepts what the service accepts, and records it. There is no cache to
 * invalidate.
 */
import { randomBytes } from 'node:crypto';
import { invalidationRefusal } from '../../emulator/cloudfront/invalidation-paths.ts';
import { Refusal } from './api.ts';
import { textAt, texts, type XmlElement, xml } from './xml.ts';

interface Invalidation {
  readonly distribution: string;
  readonly reference: string;
  readonly paths: readonly string[];
}

export class Invalidations {
  private readonly all: Invalidation[] = [];

  /** The answer of CreateInvalidation. Throws a `Refusal`. */
  create(distribution: string, sent: XmlElement | undefined): XmlElement {
    const reference = textAt(sent, 'CallerReference');
    const paths = texts(sent, 'Path');
    const refusal = invalidationRefusal(paths, Number(textAt(sent, 'Paths', 'Quantity')));
    if (refusal !== undefined) throw new Refusal(400, refusal.code, refusal.message);
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
