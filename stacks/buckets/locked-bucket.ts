/** A private bucket: no public access, no ACLs, encrypted, versioned, TLS only. Only its policy lets anyone read it. */
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
  /** What the bucket holds. The last part of its name. */
  readonly purpose: string;
  /** true: Terraform refuses every plan that would delete the bucket. */
  readonly deletionProtection: boolean;
}

/** S3 allows 63 characters, and the provider adds 26 to a prefix. */
const maximumPrefixLength = 37;

export class LockedBucket extends Construct {
  readonly bucket: S3Bucket;
  /**
   * Settings that every object in the bucket must wait for: without them the bucket is neither closed nor versioned.
   */
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
    // An object created earlier has no version. Destroying it would leave a delete marker, and the bucket not empty.
    const versioning = new S3BucketVersioningA(this, 'versioning', {
      bucket,
      versioningConfiguration: { status: 'Enabled' },
    });
    this.settings = [publicAccessBlock, ownership, encryption, versioning];
  }

  /** Attaches the bucket policy: the given statements, and a denial of every request without TLS. Call it once. */
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
      // S3 refuses two concurrent changes to the settings of one bucket.
      dependsOn: this.settings,
    });
  }
}
