/** Checks signing keys in KMS: their kind, who may sign, and that CloudFront accepts their signatures. */
import assert from 'node:assert/strict';
import { createPublicKey, verify } from 'node:crypto';
import { createKmsSigningKey } from '../../api/issue/kms-signing-key.ts';
import type { Answer } from '../local-aws/sdk.ts';
import type { Steps } from '../report.ts';
import type { LiveSite } from './live-site.ts';
import { type Asked, accountId, decide, readPolicies, type Verdict } from './simulator.ts';

const specs = {
  'P-256': { spec: 'ECC_NIST_P256', algorithm: 'ECDSA_SHA_256' },
  'RSA-2048': { spec: 'RSA_2048', algorithm: 'RSASSA_PKCS1_V1_5_SHA_256' },
} as const;

/** The usable keys of a site, by their names. */
export async function kmsKeysOf({ sdk, prefix }: Pick<LiveSite, 'sdk' | 'prefix'>): Promise<Map<string, Answer>> {
  const { Keys } = await sdk.call('kms', 'list_keys');
  const keys = new Map<string, Answer>();
  for (const { KeyId } of Keys) {
    const { KeyMetadata } = await sdk.call('kms', 'describe_key', { KeyId });
    const [, name] = new RegExp(`^${prefix}: signs cookies, ([0-9a-f]{16})$`).exec(KeyMetadata.Description) ?? [];
    if (name !== undefined && KeyMetadata.KeyState === 'Enabled') keys.set(name, KeyMetadata);
  }
  return keys;
}

/** Public half of a key as KMS returns it. */
export async function publicPemOf({ sdk }: Pick<LiveSite, 'sdk'>, KeyId: string): Promise<string> {
  const { PublicKey } = await sdk.call('kms', 'get_public_key', { KeyId });
  const key = createPublicKey({ key: Buffer.from(PublicKey, 'base64'), format: 'der', type: 'spki' });
  return key.export({ type: 'spki', format: 'pem' }).toString();
}

export async function checkKms(
  site: LiveSite,
  names: readonly string[],
  endpoint: string,
  steps: Steps,
): Promise<void> {
  const { config, sdk } = site;
  const { spec, algorithm } = specs[config.signing.key];
  const keys = await kmsKeysOf(site);
  await steps.check('KMS has the keys of the list, for signatures only, and no others for the site', () => {
    assert.deepEqual([...keys.keys()].sort(), [...names].sort());
    for (const { KeySpec, KeyUsage, Origin, MultiRegion } of keys.values()) {
      assert.deepEqual([KeySpec, KeyUsage, Origin, MultiRegion ?? false], [spec, 'SIGN_VERIFY', 'AWS_KMS', false]);
    }
  });
  const { S3NATOR_KMS_KEY_ARN, S3NATOR_KEY_PAIR_ID } = site.function.Environment.Variables;
  await steps.check('the Lambda signs with the signer, and CloudFront has its public half', async () => {
    assert.equal(S3NATOR_KMS_KEY_ARN, keys.get(names[0] ?? '').Arn);
    const key = await createKmsSigningKey({
      keyArn: S3NATOR_KMS_KEY_ARN,
      keyType: config.signing.key,
      fingerprint: names[0] ?? '',
      keyPairId: S3NATOR_KEY_PAIR_ID,
      clientOptions: {
        endpoint,
        region: config.region,
        credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
      },
      log: () => {},
    })();
    const policy = Buffer.from('{"Statement":[]}');
    const signature = key.ok ? await key.value.sign(policy, 'SHA256') : key;
    assert.ok(signature.ok, JSON.stringify(signature));
    const { PublicKey } = await sdk.call('cloudfront', 'get_public_key', { Id: S3NATOR_KEY_PAIR_ID });
    assert.ok(verify('sha256', policy, PublicKey.PublicKeyConfig.EncodedKey, signature.value));
  });
  await checkSigners(site, { algorithm, signer: S3NATOR_KMS_KEY_ARN, next: keys.get(names[1] ?? '').Arn }, steps);
}

interface Signing {
  readonly algorithm: string;
  /** ARNs. */
  readonly signer: string;
  readonly next: string;
}

async function checkSigners(site: LiveSite, { algorithm, signer, next }: Signing, steps: Steps): Promise<void> {
  const { roles } = await readPolicies(site);
  const lambda = roles.get(`${site.prefix}-auth`);
  assert.ok(lambda);
  const { Policy } = await site.sdk.call('kms', 'get_key_policy', { KeyId: signer, PolicyName: 'default' });
  const requiredContext = { 'kms:SigningAlgorithm': algorithm, 'kms:MessageType': 'DIGEST' };
  const sign: Asked = {
    who: lambda.arn,
    identityPolicies: lambda.own,
    resourcePolicy: JSON.parse(Policy),
    action: 'kms:Sign',
    resource: signer,
    context: { ...requiredContext, 'aws:PrincipalArn': lambda.arn },
  };
  const administrator = `arn:aws:iam::${accountId}:role/administrator`;
  const everything = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] };
  const asAdministrator: Asked = {
    ...sign,
    who: administrator,
    identityPolicies: [everything],
    context: { ...requiredContext, 'aws:PrincipalArn': administrator },
  };
  const lambdaContext = { ...sign.context };
  const cases: readonly [string, Asked, Verdict][] = [
    ['the Lambda may sign with the signer', sign, 'Allowed'],
    ['the Lambda may not sign with the next key', { ...sign, resource: next }, 'ImplicitlyDenied'],
    [
      'the Lambda may not sign whole messages',
      { ...sign, context: { ...lambdaContext, 'kms:MessageType': 'RAW' } },
      'ImplicitlyDenied',
    ],
    [
      'the Lambda may not sign with another algorithm',
      { ...sign, context: { ...lambdaContext, 'kms:SigningAlgorithm': 'RSASSA_PSS_SHA_256' } },
      'ImplicitlyDenied',
    ],
    ['the Lambda may not delete the key', { ...sign, action: 'kms:ScheduleKeyDeletion' }, 'ImplicitlyDenied'],
    ['the Lambda may sign only if its role allows it, too', { ...sign, identityPolicies: [] }, 'ImplicitlyDenied'],
    ['an administrator of the account may not sign', asAdministrator, 'ImplicitlyDenied'],
    [
      'an administrator may not let others sign through a grant',
      { ...asAdministrator, action: 'kms:CreateGrant' },
      'ImplicitlyDenied',
    ],
    ['an administrator may delete the key', { ...asAdministrator, action: 'kms:ScheduleKeyDeletion' }, 'Allowed'],
    ['an anonymous caller may not sign', { ...sign, who: undefined, identityPolicies: [] }, 'ImplicitlyDenied'],
  ];
  for (const [rule, asked, verdict] of cases) {
    await steps.check(rule, async () => assert.equal(await decide(asked), verdict));
  }
}
