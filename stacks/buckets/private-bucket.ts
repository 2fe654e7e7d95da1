/** Owns the bucket that no distribution can reach: signing keys and access documents. Never opens a private key. */
import { createHash } from 'node:crypto';
import { S3Object } from '@cdktf/provider-aws/lib/s3-object/index.js';
import { Construct } from 'constructs';
import { type AccessDocument, accessDocumentVersion, emptyAccessDocument } from '../../contract/access-rules.ts';
import type { SiteConfig } from '../../contract/config.ts';
import {
  accessConfigKey,
  accessLiveKey,
  answeredRequestsPrefix,
  openRequestsPrefix,
  privateKeyObject,
  pseudonymKeyObject,
  requestDigestKey,
} from '../../contract/layout.ts';
import { trustedKeys } from '../keys/key-list.ts';
import { privateKeyFile, type SigningKeys } from '../keys/signing-keys.ts';
import type { Statement } from '../text/policy-document.ts';
import { templateLiteral } from '../text/template-literal.ts';
import { LockedBucket } from './locked-bucket.ts';

export interface PrivateBucketProps {
  /** Site and stage. */
  readonly name: string;
  /** The site, as its folder under `keys/` is called. */
  readonly site: string;
  readonly keys: SigningKeys;
  readonly access: SiteConfig['access'];
  readonly deletionProtection: boolean;
}

export class PrivateBucket extends Construct {
  readonly locked: LockedBucket;
  /** The private halves, if they are files. */
  readonly keyObjects: readonly S3Object[];
  private readonly fingerprints: readonly string[];

  constructor(scope: Construct, id: string, { name, site, keys, access, deletionProtection }: PrivateBucketProps) {
    super(scope, id);
    this.locked = new LockedBucket(this, 'locked', { name, purpose: 'private', deletionProtection });
    this.locked.admitOnly([]);
    const bucket = this.locked.bucket.id;
    const dependsOn = this.locked.settings;

    this.fingerprints = keys.store === 's3' ? trustedKeys(keys).map(({ fingerprint }) => fingerprint) : [];
    this.keyObjects = this.fingerprints.map(
      (fingerprint) =>
        new S3Object(this, `key_${fingerprint}`, {
          bucket,
          key: privateKeyObject(fingerprint),
          // From the stack's folder up to the folder that holds both `keys` and the output: the same text in every checkout.
          source: `../../../keys/${site}/${privateKeyFile(fingerprint)}`,
          contentType: 'application/x-pem-file',
          dependsOn,
          // Only creating it opens the file; later deploys, from any checkout, neither need nor replace it. It goes after the Lambda let go of it.
          lifecycle: { ignoreChanges: 'all', createBeforeDestroy: true },
        }),
    );

    const document: AccessDocument = { version: accessDocumentVersion, blocked: access.blocked, rules: access.rules };
    const contentType = 'application/json';
    new S3Object(this, 'access_config', {
      bucket,
      key: accessConfigKey,
      content: templateLiteral(json(document)),
      // Without it Terraform does not look at what others wrote there. S3's ETag of an object like this one is its MD5.
      etag: createHash('md5').update(json(document)).digest('hex'),
      contentType,
      dependsOn,
    });
    new S3Object(this, 'access_live', {
      bucket,
      key: accessLiveKey,
      content: json(emptyAccessDocument),
      contentType,
      dependsOn,
      // Operators own it from then on.
      lifecycle: { ignoreChanges: 'all' },
    });
  }

  /**
   * What the API may do here: read its keys, and the two access documents with their earlier versions; with pseudonyms, read and make the
   * key of those.
   */
  readerStatements({ pseudonyms }: { readonly pseudonyms: boolean }): Statement[] {
    const { arn } = this.locked.bucket;
    const documents = [accessConfigKey, accessLiveKey];
    const keys = this.fingerprints.map((fingerprint) => `${arn}/${privateKeyObject(fingerprint)}`);
    return [
      ...(keys.length === 0 ? [] : [{ Effect: 'Allow', Action: 's3:GetObject', Resource: keys } as const]),
      {
        Effect: 'Allow',
        Action: ['s3:GetObject', 's3:GetObjectVersion'],
        Resource: documents.map((key) => `${arn}/${key}`),
      },
      {
        Effect: 'Allow',
        Action: 's3:ListBucketVersions',
        Resource: arn,
        Condition: { StringEquals: { 's3:prefix': documents } },
      },
      ...(pseudonyms ? [pseudonymKeyStatement(`${arn}/${pseudonymKeyObject}`)] : []),
    ];
  }

  /** What the API may do with requests for access: make and count them, and look at the answers, which only operators write. */
  requestStatements(): Statement[] {
    const { arn } = this.locked.bucket;
    return [
      {
        Effect: 'Allow',
        Action: ['s3:GetObject', 's3:PutObject'],
        Resource: [`${arn}/${openRequestsPrefix}*`, `${arn}/${requestDigestKey}`],
      },
      { Effect: 'Allow', Action: 's3:GetObject', Resource: `${arn}/${answeredRequestsPrefix}*` },
      {
        Effect: 'Allow',
        Action: 's3:ListBucket',
        Resource: arn,
        Condition: { StringEquals: { 's3:prefix': openRequestsPrefix } },
      },
    ];
  }
}

const pseudonymKeyStatement = (Resource: string): Statement => ({
  Effect: 'Allow',
  Action: ['s3:GetObject', 's3:PutObject'],
  Resource,
});

const json = (document: AccessDocument): string => `${JSON.stringify(document, null, 2)}\n`;
