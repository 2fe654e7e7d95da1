/** The bucket with signing keys and access documents. No distribution can reach it. Never reads a private key. */
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
  /** Name of the site's folder under `keys/`. */
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
          // From the stack's folder up to the folder that holds both `keys` and the output: the same in every checkout.
          source: `../../../keys/${site}/${privateKeyFile(fingerprint)}`,
          contentType: 'application/x-pem-file',
          dependsOn,
          // Terraform reads the file only to create the object. Later deploys, from any checkout, neither need nor
          // replace it. The object goes after the Lambda has stopped using it.
          lifecycle: { ignoreChanges: 'all', createBeforeDestroy: true },
        }),
    );

    const document: AccessDocument = { version: accessDocumentVersion, blocked: access.blocked, rules: access.rules };
    const contentType = 'application/json';
    new S3Object(this, 'access_config', {
      bucket,
      key: accessConfigKey,
      content: templateLiteral(json(document)),
      // Without the etag, Terraform does not notice what others write there. S3's ETag of such an object is its MD5.
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
      // From then on, operators own it.
      lifecycle: { ignoreChanges: 'all' },
    });
  }

  /**
   * What the API may do here: read its keys and the two access documents with their earlier versions; with pseudonyms,
   * also read and create the pseudonym key.
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

  /**
   * What the API may do with access requests: create and count them, and read the answers. Only operators write
   * answers.
   */
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
