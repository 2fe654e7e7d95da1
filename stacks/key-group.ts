/** Owns what CloudFront checks signed cookies with: the public keys and the group that trusts them. */
import { CloudfrontKeyGroup } from '@cdktf/provider-aws/lib/cloudfront-key-group/index.js';
import { CloudfrontPublicKey } from '@cdktf/provider-aws/lib/cloudfront-public-key/index.js';
import type { ITerraformDependable } from 'cdktf';
import { Construct } from 'constructs';
import { trustedKeys } from './key-list.ts';
import type { PublicHalf, SigningKeys } from './signing-keys.ts';

export interface KeyGroupProps {
  /** Site and stage. */
  readonly name: string;
  readonly keys: SigningKeys;
  /** What must be there before a key is trusted: a change of keys that cannot be completed changes nothing. */
  readonly after: readonly ITerraformDependable[];
}

export class KeyGroup extends Construct {
  readonly group: CloudfrontKeyGroup;
  readonly signer: CloudfrontPublicKey;
  readonly next: CloudfrontPublicKey;

  constructor(scope: Construct, id: string, { name, keys, after }: KeyGroupProps) {
    super(scope, id);
    // CloudFront cannot change a key: another one is another resource, made before the group lets go of the old.
    const publicKey = ({ fingerprint, pem }: PublicHalf): CloudfrontPublicKey =>
      new CloudfrontPublicKey(this, `key_${fingerprint}`, {
        name: `${name}-${fingerprint}`,
        comment: 'Checks signed cookies',
        encodedKey: pem,
        lifecycle: { createBeforeDestroy: true },
      });
    const [signer, next, ...retiring] = trustedKeys(keys).map(publicKey) as [
      CloudfrontPublicKey,
      CloudfrontPublicKey,
      ...CloudfrontPublicKey[],
    ];
    this.signer = signer;
    this.next = next;
    // Edges learn a change of the group over minutes. So the next signer is in it before it signs, and the last one for as long as its cookies live.
    this.group = new CloudfrontKeyGroup(this, 'group', {
      name,
      items: [signer, next, ...retiring].map((key) => key.id),
      dependsOn: [...after],
    });
  }
}
