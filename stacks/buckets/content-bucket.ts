/** The bucket with the site's files. Only the site's own distribution can read it. */
import { Construct } from 'constructs';
import { contentPrefix } from '../../contract/layout.ts';
import type { OtherAddress } from '../content/addresses.ts';
import { type ContentFile, fileHash } from '../content/content-files.ts';
import { redirectPage, servedRedirect } from '../content/redirect-page.ts';
import { filledFile, type ServedAs, type ServingRules, servedAs } from '../content/served-file.ts';
import { distributionReader } from '../edge/distribution-access.ts';
import { fromStack } from '../state/stack-folder.ts';
import { templateLiteral } from '../text/template-literal.ts';
import { type ObjectAttributes, writeObjects } from './content-objects.ts';
import { LockedBucket } from './locked-bucket.ts';

export interface ContentBucketProps {
  /** Site and stage. */
  readonly name: string;
  readonly files: readonly ContentFile[];
  /** Their other addresses. */
  readonly addresses: readonly OtherAddress[];
  /** What the config says about how files are served. */
  readonly serving: ServingRules;
  /** Content-Security-Policy of the shipped pages. */
  readonly contentSecurityPolicy: string;
  readonly deletionProtection: boolean;
}

export class ContentBucket extends Construct {
  readonly locked: LockedBucket;

  constructor(scope: Construct, id: string, props: ContentBucketProps) {
    super(scope, id);
    this.locked = new LockedBucket(this, 'locked', { ...props, purpose: 'site' });
    writeObjects(new Construct(this, 'file'), {
      bucket: this.locked.bucket.id,
      dependsOn: this.locked.settings,
      objects: this.objects(props),
    });
  }

  /** Lets this distribution, and no other, read the site's files. Call it once. */
  admit(distributionArn: string): void {
    this.locked.admitOnly(distributionReader(this.locked.bucket.arn, contentPrefix, distributionArn));
  }

  /** The attributes of every object, by path: the files, and their other addresses. */
  private objects({ files, addresses, serving, contentSecurityPolicy }: ContentBucketProps) {
    const relative = fromStack(this);
    const objects = new Map<string, ObjectAttributes>();
    const put = (path: string, { contentType, contentEncoding, cacheControl }: ServedAs, body: ObjectAttributes) => {
      objects.set(path, {
        key: templateLiteral(`${contentPrefix}${path}`),
        content_type: contentType,
        ...(contentEncoding !== undefined && { content_encoding: contentEncoding }),
        cache_control: cacheControl,
        ...body,
      });
    };
    const stored = new Map(
      files.map((listed) => {
        const { path, file } = listed;
        const page = filledFile(listed, { paths: serving.paths, policy: contentSecurityPolicy });
        const body: ObjectAttributes =
          page === undefined
            ? { source: templateLiteral(relative(file)), source_hash: fileHash(file) }
            : { content: templateLiteral(page) };
        return [path, { served: servedAs(listed, serving), body }];
      }),
    );
    for (const [path, { served, body }] of stored) put(path, served, body);
    for (const address of addresses) {
      const of = stored.get(address.of);
      if (of === undefined) throw new Error(`${address.path} is an address of ${address.of}, which is not there`);
      if (address.kind === 'copy') put(address.path, of.served, of.body);
      else put(address.path, servedRedirect, { content: templateLiteral(redirectPage(address)) });
    }
    return objects;
  }
}
