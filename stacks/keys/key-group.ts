/** What CloudFront checks signed cookies with: the public keys and the key group that trusts them. */
import { CloudfrontKeyGroup } from '@cdktf/provider-aws/lib/cloudfront-key-group/index.js';
import { CloudfrontPublicKey } from '@cdktf/provider-aws/lib/cloudfront-public-key/index.js';
import { type ITerraformDependable, Token } from 'cdktf';
import { Construct } from 'constructs';
import { type KeyRoles, mapKeys, trustedKeys } from './key-list.ts';

/** What CloudFront and the API know about a key. */
export interface PublishedKey {
  readonly fingerprint: string;
  /** SPKI PEM with LF and one final newline; for a key in KMS, a reference to it. */
  readonly pem: string;
  /** SPKI DER in base64, or a reference to it. */
  readonly spki: string;
}

export interface KeyGroupProps {
  /** Site and stage. */
  readonly name: string;
  readonly keys: KeyRoles<PublishedKey>;
  /** What must exist before a key is trusted, so that a key change that cannot be completed changes nothing. */
  readonly after: readonly ITerraformDependable[];
}

export class KeyGroup extends Construct {
  readonly group: CloudfrontKeyGroup;
  readonly signer: CloudfrontPublicKey;
  readonly next: CloudfrontPublicKey;

  constructor(scope: Construct, id: string, { name, keys, after }: KeyGroupProps) {
    super(scope, id);
    // CloudFront cannot change a key. A new key is a new resource, created before the group drops the old one.
    const publicKey = ({ fingerprint, pem }: PublishedKey): CloudfrontPublicKey =>
      new CloudfrontPublicKey(this, `key_${fingerprint}`, {
        name: `${name}-${fingerprint}`,
        comment: 'Checks signed cookies',
        encodedKey: pem,
        lifecycle: {
          createBeforeDestroy: true,
          // Whenever anything about the key in KMS changes, Terraform knows its text only after the apply, and would
          // replace a key in use. The text never changes.
          ...(Token.isUnresolved(pem) && { ignoreChanges: ['encoded_key'] }),
        },
      });
    const published = mapKeys(keys, publicKey);
    this.signer = published.signer;
    this.next = published.next;
    // Edges learn about a change of the group over minutes. So the group trusts the next signer before it signs, and
    // the previous signer for as long as its cookies live.
    this.group = new CloudfrontKeyGroup(this, 'group', {
      name,
      items: trustedKeys(published).map((key) => key.id),
      dependsOn: [...after],
    });
  }
}
