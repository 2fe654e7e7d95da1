/** The record of the deployed keys: which ones are in force, and since when. */
import type { LambdaFunction } from '@cdktf/provider-aws/lib/lambda-function/index.js';
import { S3Object } from '@cdktf/provider-aws/lib/s3-object/index.js';
import { Construct } from 'constructs';
import { keysInUseKey } from '../../contract/layout.ts';
import { formatKeyList } from '../keys/key-list.ts';
import { keyListOf, type SigningKeys } from '../keys/signing-keys.ts';
import type { LockedBucket } from './locked-bucket.ts';

export interface KeysInUseProps {
  readonly bucket: LockedBucket;
  readonly keys: SigningKeys;
  /** The last resource that a key change touches. */
  readonly after: LambdaFunction;
}

export class KeysInUse extends Construct {
  constructor(scope: Construct, id: string, { bucket, keys, after }: KeysInUseProps) {
    super(scope, id);
    // Terraform writes this object only when the list changes, so each version's time is when that list came into
    // force.
    new S3Object(this, 'list', {
      bucket: bucket.bucket.id,
      key: keysInUseKey,
      content: formatKeyList(keyListOf(keys)),
      contentType: 'application/json',
      dependsOn: [...bucket.settings, after],
    });
  }
}
