/**
 * Signing keys in KMS: who may use and administer them, and which parts are published. Private halves never leave KMS.
 */
import { DataAwsCallerIdentity } from '@cdktf/provider-aws/lib/data-aws-caller-identity/index.js';
import { DataAwsKmsPublicKey } from '@cdktf/provider-aws/lib/data-aws-kms-public-key/index.js';
import { DataAwsPartition } from '@cdktf/provider-aws/lib/data-aws-partition/index.js';
import { KmsKey } from '@cdktf/provider-aws/lib/kms-key/index.js';
import { Construct } from 'constructs';
import { policyDocument, type Statement } from '../text/policy-document.ts';
import type { PublishedKey } from './key-group.ts';
import { type KeyRoles, type KeyType, mapKeys } from './key-list.ts';
import type { KmsKeyNames, NamedKey } from './signing-keys.ts';

export interface KmsKeysProps {
  /** Site and stage. */
  readonly name: string;
  readonly keys: KmsKeyNames;
  /** Name of the only role that may sign. */
  readonly signerRole: string;
}

/**
 * KMS never deletes a key at once. This is its longest waiting period, in days. Until then the deletion can be
 * canceled.
 */
const deletionWindowInDays = 30;

/**
 * KMS's names for a key type and for the way CloudFront checks its signatures.
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/symm-asymm-choose-key-spec.html
 */
const specs = {
  'P-256': { spec: 'ECC_NIST_P256', algorithm: 'ECDSA_SHA_256' },
  'RSA-2048': { spec: 'RSA_2048', algorithm: 'RSASSA_PKCS1_V1_5_SHA_256' },
} as const satisfies Record<KeyType, object>;

/** Everything an administrator may do. This includes neither signing nor letting others sign. */
const administration = [
  'kms:CancelKeyDeletion',
  'kms:DescribeKey',
  'kms:DisableKey',
  'kms:EnableKey',
  'kms:GetKeyPolicy',
  'kms:GetKeyRotationStatus',
  'kms:GetPublicKey',
  'kms:ListGrants',
  'kms:ListKeyPolicies',
  'kms:ListResourceTags',
  'kms:PutKeyPolicy',
  'kms:RevokeGrant',
  'kms:ScheduleKeyDeletion',
  'kms:TagResource',
  'kms:UntagResource',
  'kms:UpdateKeyDescription',
];

interface MadeKey {
  readonly key: KmsKey;
  readonly published: PublishedKey;
}

export class KmsKeys extends Construct {
  /** What CloudFront and the API know about the keys. */
  readonly published: KeyRoles<PublishedKey>;
  readonly signer: KmsKey;
  private readonly made: KeyRoles<MadeKey>;
  private readonly condition: NonNullable<Statement['Condition']>;

  constructor(scope: Construct, id: string, { name, keys, signerRole }: KmsKeysProps) {
    super(scope, id);
    const { spec, algorithm } = specs[keys.key];
    this.condition = { StringEquals: { 'kms:SigningAlgorithm': algorithm, 'kms:MessageType': 'DIGEST' } };
    const { accountId } = new DataAwsCallerIdentity(this, 'account');
    const { partition } = new DataAwsPartition(this, 'partition');
    const account = `arn:${partition}:iam::${accountId}`;
    // With the account as principal, IAM decides who in the account gets these rights. A role as principal would have
    // to exist first.
    const Principal = { AWS: `${account}:root` };
    const policy = policyDocument([
      { Sid: 'Administer', Effect: 'Allow', Principal, Action: administration, Resource: '*' },
      {
        Sid: 'Sign',
        Effect: 'Allow',
        Principal,
        Action: 'kms:Sign',
        Resource: '*',
        Condition: { ...this.condition, ArnEquals: { 'aws:PrincipalArn': `${account}:role/${signerRole}` } },
      },
    ]);
    const make = ({ fingerprint }: NamedKey): MadeKey => {
      const key = new KmsKey(this, `key_${fingerprint}`, {
        description: `${name}: signs cookies, ${fingerprint}`,
        customerMasterKeySpec: spec,
        keyUsage: 'SIGN_VERIFY',
        deletionWindowInDays,
        policy,
        // The key goes after the Lambda has stopped using it.
        lifecycle: { createBeforeDestroy: true },
      });
      const { publicKey, publicKeyPem } = new DataAwsKmsPublicKey(this, `public_${fingerprint}`, { keyId: key.arn });
      return { key, published: { fingerprint, pem: publicKeyPem, spki: publicKey } };
    };
    this.made = mapKeys(keys, make);
    this.signer = this.made.signer.key;
    this.published = mapKeys(this.made, ({ published }) => published);
  }

  /**
   * What the API may do with the keys: sign digests with the signer, and during a rotation, while an earlier Lambda may
   * still run, with the previous signer.
   */
  signerStatement(): Statement {
    const { signer, retiring } = this.made;
    return {
      Effect: 'Allow',
      Action: 'kms:Sign',
      Resource: [signer.key.arn, ...(retiring === undefined ? [] : [retiring.key.arn])],
      Condition: this.condition,
    };
  }
}
