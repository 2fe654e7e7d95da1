/** The bucket with the site's files. Only the site's own distribution can read it. */
import { S3Object } from '@cdktf/provider-aws/lib/s3-object/index.js';
import { Construct } from 'constructs';
import { contentPrefix } from '../../contract/layout.ts';
import { type ContentFile, fileHash } from '../content/content-files.ts';
import { filledPage, type ServingRules, servedAs } from '../content/served-file.ts';
import { distributionReader } from '../edge/distribution-access.ts';
import { fromStack } from '../state/stack-folder.ts';
import { templateLiteral } from '../text/template-literal.ts';
import { LockedBucket } from './locked-bucket.ts';

export interface ContentBucketProps {
  /** Site and stage. */
  readonly name: string;
  readonly files: readonly ContentFile[];
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
    const objects = new Construct(this, 'file');
    for (const { path, file } of props.files) {
      new S3Object(objects, objectId(path), {
        bucket: this.locked.bucket.id,
        key: templateLiteral(`${contentPrefix}${path}`),
        ...servedAs({ path, file }, props.serving),
        dependsOn: this.locked.settings,
        ...this.body(path, file, props),
      });
    }
  }

  /** Lets this distribution, and no other, read the site's files. Call it once. */
  admit(distributionArn: string): void {
    this.locked.admitOnly(distributionReader(this.locked.bucket.arn, contentPrefix, distributionArn));
  }

  private body(path: string, file: string, props: ContentBucketProps): Body {
    const page = filledPage(path, file, props.contentSecurityPolicy);
    if (page !== undefined) return { content: templateLiteral(page) };
    return { source: templateLiteral(fromStack(this, file)), sourceHash: fileHash(file) };
  }
}

/** A page with its policy filled in is part of the stack. Every other file is referenced by path and content hash. */
type Body = { readonly content: string } | { readonly source: string; readonly sourceHash: string };

/**
 * `constructs` writes a slash as two hyphens, so two hyphens in a name must become something else. `constructs` also
 * keeps children in a plain object, where names such as `constructor` are taken: these get two hyphens at the end,
 * where no path has a slash.
 */
function objectId(path: string): string {
  const id = path.slice(1).replaceAll('--', '-\u00b7-');
  return id in {} ? `${id}--` : id;
}
