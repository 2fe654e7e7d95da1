/** Owns what CloudFront checks signed cookies with: the two public keys and the group that trusts them. */
import { CloudfrontKeyGroup } from '@cdktf/provider-aws/lib/cloudfront-key-group/index.js';
import { CloudfrontPublicKey } from '@cdktf/provider-aws/lib/cloudfront-public-key/index.js';
import { Construct } from 'constructs';
import type { PublicHalf, SigningKeys } from './signing-keys.ts';

export interface KeyGroupProps {
  /** Site and stage. */
  readonly name: string;
  readonly keys: SigningKeys;
}

export class KeyGroup extends Construct {
  readonly group: CloudfrontKeyGroup;
  readonly signer: CloudfrontPublicKey;
  readonly next: CloudfrontPublicKey;

  constructor(scope: Construct, id: string, { name, keys }: KeyGroupProps) {
    super(scope, id);
    // CloudFront cannot change a key: another one is another resource, made before the group lets go of the old.
    const publicKey = ({ fingerprint, pem }: PublicHalf): CloudfrontPublicKey =>
      new CloudfrontPublicKey(this, `key_${fingerprint}`, {
        name: `${name}-${fingerprint}`,
        comment: 'Checks signed cookies',
        encodedKey: pem,
        lifecycle: { createBeforeDestroy: true },
      });
    this.signer = publicKey(keys.signer);
    this.next = publicKey(keys.next);
    // Edges learn a change of the group over minutes, so the next signer is in it before it signs.
    this.group = new CloudfrontKeyGroup(this, 'group', { name, items: [this.signer.id, this.next.id] });
  }
}
