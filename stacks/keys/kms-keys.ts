/** Owns signing keys in KMS: who may use and administer them, and what is published of them. Their private halves leave KMS for nobody. */
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
  /** Name of the one role that may sign. */
  readonly signerRole: string;
}

/** KMS deletes no key at once; this is the longest it waits, in days, and the deletion can be cancelled all the while. */
const deletionWindowInDays = 30;

/** What KMS calls a key type and the way CloudFront checks its signatures. @see https://docs.aws.amazon.com/kms/latest/developerguide/symm-asymm-choose-key-spec.html */
const specs = {
  'P-256': { spec: 'ECC_NIST_P256', algorithm: 'ECDSA_SHA_256' },
  'RSA-2048': { spec: 'RSA_2048', algorithm: 'RSASSA_PKCS1_V1_5_SHA_256' },
} as const satisfies Record<KeyType, object>;

/** All that an administrator may do; neither signing nor granting it to others is among it. */
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
  /** What CloudFront and the API are told. */
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
    // The account as principal leaves it to IAM who of it may, within what is named here; a role as principal would have to be there first.
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
        // It goes after the Lambda let go of it.
        lifecycle: { createBeforeDestroy: true },
      });
      const { publicKey, publicKeyPem } = new DataAwsKmsPublicKey(this, `public_${fingerprint}`, { keyId: key.arn });
      return { key, published: { fingerprint, pem: publicKeyPem, spki: publicKey } };
    };
    this.made = mapKeys(keys, make);
    this.signer = this.made.signer.key;
    this.published = mapKeys(this.made, ({ published }) => published);
  }

  /** What the API may do with them: sign digests with the signer, and for as long as a Lambda of before a rotation runs, with the one before. */
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
