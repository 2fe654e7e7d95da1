/** Owns a bucket that nobody reads unless a policy says so: no public access, no ACLs, encrypted, versioned, TLS only. */
import { S3Bucket } from '@cdktf/provider-aws/lib/s3-bucket/index.js';
import { S3BucketOwnershipControls } from '@cdktf/provider-aws/lib/s3-bucket-ownership-controls/index.js';
import { S3BucketPolicy } from '@cdktf/provider-aws/lib/s3-bucket-policy/index.js';
import { S3BucketPublicAccessBlock } from '@cdktf/provider-aws/lib/s3-bucket-public-access-block/index.js';
import { S3BucketServerSideEncryptionConfigurationA } from '@cdktf/provider-aws/lib/s3-bucket-server-side-encryption-configuration/index.js';
import { S3BucketVersioningA } from '@cdktf/provider-aws/lib/s3-bucket-versioning/index.js';
import type { ITerraformDependable } from 'cdktf';
import { Construct } from 'constructs';
import { policyDocument, type Statement } from '../text/policy-document.ts';

export interface LockedBucketProps {
  /** Site and stage. */
  readonly name: string;
  /** What it holds, the last part of its name. */
  readonly purpose: string;
  /** true: Terraform refuses every plan that would take the bucket away. */
  readonly deletionProtection: boolean;
}

/** S3 takes 63 characters and the provider adds 26 to a prefix. */
const maximumPrefixLength = 37;

export class LockedBucket extends Construct {
  readonly bucket: S3Bucket;
  /** Settings that whatever is put into the bucket must wait for: before them it is neither closed nor versioned. */
  readonly settings: ITerraformDependable[];

  constructor(scope: Construct, id: string, { name, purpose, deletionProtection }: LockedBucketProps) {
    super(scope, id);
    const ending = `-${purpose}-`;
    this.bucket = new S3Bucket(this, 'bucket', {
      bucketPrefix: `${name.slice(0, maximumPrefixLength - ending.length)}${ending}`,
      lifecycle: { preventDestroy: deletionProtection },
    });
    const bucket = this.bucket.id;
    const publicAccessBlock = new S3BucketPublicAccessBlock(this, 'public_access_block', {
      bucket,
      blockPublicAcls: true,
      blockPublicPolicy: true,
      ignorePublicAcls: true,
      restrictPublicBuckets: true,
    });
    const ownership = new S3BucketOwnershipControls(this, 'ownership', {
      bucket,
      rule: { objectOwnership: 'BucketOwnerEnforced' },
    });
    const encryption = new S3BucketServerSideEncryptionConfigurationA(this, 'encryption', {
      bucket,
      rule: [{ applyServerSideEncryptionByDefault: { sseAlgorithm: 'AES256' } }],
    });
    // An object from before has no version, so that destroying it would leave a delete marker, and the bucket not empty.
    const versioning = new S3BucketVersioningA(this, 'versioning', {
      bucket,
      versioningConfiguration: { status: 'Enabled' },
    });
    this.settings = [publicAccessBlock, ownership, encryption, versioning];
  }

  /** Attaches the bucket policy: the given statements, and a refusal of everything that comes without TLS. Call it once. */
  admitOnly(statements: readonly Statement[]): void {
    new S3BucketPolicy(this, 'policy', {
      bucket: this.bucket.id,
      policy: policyDocument([
        ...statements,
        {
          Sid: 'TlsOnly',
          Effect: 'Deny',
          Principal: '*',
          Action: 's3:*',
          Resource: [this.bucket.arn, `${this.bucket.arn}/*`],
          Condition: { Bool: { 'aws:SecureTransport': 'false' } },
        },
      ]),
      // S3 refuses two settings of one bucket at the same time.
      dependsOn: this.settings,
    });
  }
}
