import { describe, expect, it } from 'vitest';
import { policies, statementsAt, synthesizeSite } from '../testing/synthesized-site.ts';
import type { KmsKeyNames } from './signing-keys.ts';

const [a, b, c] = ['a', 'b', 'c'].map((digit) => ({ fingerprint: digit.repeat(16) })) as [
  KmsKeyNames['signer'],
  KmsKeyNames['signer'],
  KmsKeyNames['signer'],
];
const keys: KmsKeyNames = { store: 'kms', key: 'P-256', signer: a, next: b, retiring: undefined };
const inKms = (changes: Partial<KmsKeyNames> = {}) =>
  synthesizeSite<KmsKeyNames>({
    site: { signing: { store: 'kms', key: changes.key ?? 'P-256' } },
    keys: { ...keys, ...changes },
  });
const site = inKms();
const arnOf = ({ fingerprint }: { readonly fingerprint: string }): string => `<site/kms/key_${fingerprint}.arn>`;
const account = (text: string): string =>
  text.replace(
    /\$\{data\.aws_(partition|caller_identity)\.[\w-]+\.(partition|account_id)\}/g,
    (_, type) => `<${type}>`,
  );

describe('KmsKeys', () => {
  it.each([
    ['P-256', 'ECC_NIST_P256'],
    ['RSA-2048', 'RSA_2048'],
  ] as const)('makes a %s key for the signer and for the next signer, for signatures only', (key, spec) => {
    const made = inKms({ key }).resources('aws_kms_key');
    expect(made.map(({ path }) => path)).toEqual([`site/kms/key_${a.fingerprint}`, `site/kms/key_${b.fingerprint}`]);
    for (const { block } of made) {
      expect(block).toMatchObject({
        customer_master_key_spec: spec,
        key_usage: 'SIGN_VERIFY',
        deletion_window_in_days: 30,
        lifecycle: { create_before_destroy: true },
      });
    }
  });

  it("lets only the Lambda's role sign, and only digests with the one algorithm", () => {
    const root = { AWS: 'arn:<partition>:iam::<caller_identity>:root' };
    for (const { fingerprint } of [a, b]) {
      const [administer, sign, ...others] = statementsAt(site, `site/kms/key_${fingerprint}`).map(
        (statement) => JSON.parse(account(JSON.stringify(statement))) as Record<string, unknown>,
      );
      expect(others).toEqual([]);
      expect(sign).toEqual({
        Sid: 'Sign',
        Effect: 'Allow',
        Principal: root,
        Action: 'kms:Sign',
        Resource: '*',
        Condition: {
          StringEquals: { 'kms:SigningAlgorithm': 'ECDSA_SHA_256', 'kms:MessageType': 'DIGEST' },
          ArnEquals: { 'aws:PrincipalArn': 'arn:<partition>:iam::<caller_identity>:role/docs-prod-auth' },
        },
      });
      expect(administer).toMatchObject({ Effect: 'Allow', Principal: root, Resource: '*' });
      const actions = administer?.['Action'] as string[];
      expect(actions).toContain('kms:ScheduleKeyDeletion');
      expect(actions.join()).not.toMatch(/\*|Sign|CreateGrant|Decrypt/);
    }
    expect(site.resources('aws_iam_role').find(({ path }) => path === 'site/function/role')?.block.name).toBe(
      'docs-prod-auth',
    );
  });

  it("has RSA keys sign as CloudFront checks them, by each key's policy and by the Lambda's", () => {
    const rsa = inKms({ key: 'RSA-2048' });
    const paths = [`site/kms/key_${a.fingerprint}`, `site/kms/key_${b.fingerprint}`, 'site/function/policy'];
    const signs = paths.flatMap((path) => statementsAt(rsa, path).filter(({ Action }) => Action === 'kms:Sign'));
    expect(signs).toHaveLength(3);
    for (const { Condition } of signs) {
      expect(Condition).toMatchObject({
        StringEquals: { 'kms:SigningAlgorithm': 'RSASSA_PKCS1_V1_5_SHA_256', 'kms:MessageType': 'DIGEST' },
      });
    }
  });

  it('lets the Lambda sign with the signer only, and read no key from a bucket', () => {
    const statements = statementsAt(site, 'site/function/policy');
    expect(statements.filter(({ Action }) => String(Action).startsWith('kms:'))).toEqual([
      {
        Effect: 'Allow',
        Action: 'kms:Sign',
        Resource: [arnOf(a)],
        Condition: { StringEquals: { 'kms:SigningAlgorithm': 'ECDSA_SHA_256', 'kms:MessageType': 'DIGEST' } },
      },
    ]);
    expect(JSON.stringify(statements)).not.toContain('/keys/');
    expect(policies(site).flatMap(({ statements: all }) => all).length).toBeGreaterThan(5);
  });

  it('keeps the right to use the previous signer during a rotation, because an earlier Lambda may still run', () => {
    const rotated = inKms({ signer: b, next: c, retiring: a });
    const [statement] = statementsAt(rotated, 'site/function/policy').filter(({ Action }) => Action === 'kms:Sign');
    expect(statement?.Resource).toEqual([arnOf(b), arnOf(a)]);
    expect(rotated.resources('aws_kms_key')).toHaveLength(3);
    expect(rotated.resources('aws_cloudfront_public_key')).toHaveLength(3);
  });

  it('publishes the public half from KMS once, so that no late value in Terraform replaces a key in use', () => {
    const publicKeys = site.resources('aws_cloudfront_public_key');
    expect(publicKeys).toHaveLength(2);
    for (const { block, path } of publicKeys) {
      const fingerprint = path.slice(-16);
      expect(block.encoded_key).toMatch(
        new RegExp(`^\\$\\{data\\.aws_kms_public_key\\.site_kms_public_${fingerprint}_\\w+\\.public_key_pem\\}$`),
      );
      expect(block).toMatchObject({
        name: `docs-prod-${fingerprint}`,
        lifecycle: { create_before_destroy: true, ignore_changes: ['encoded_key'] },
      });
    }
  });

  it('tells the Lambda which key signs, and each public half by a separate plain reference', () => {
    const { variables } = site.only('aws_lambda_function').environment;
    expect(variables.S3NATOR_KMS_KEY_ARN).toBe(arnOf(a));
    for (const { fingerprint } of [a, b]) {
      expect(variables[`S3NATOR_TRUSTED_KEY_${fingerprint}`]).toMatch(
        /^\$\{data\.aws_kms_public_key\.[\w-]+\.public_key\}$/,
      );
    }
    expect(JSON.parse(variables.S3NATOR_SETTINGS).signing).toEqual({
      fingerprint: a.fingerprint,
      key: 'P-256',
      hash: 'SHA256',
    });
  });

  it('stores nothing about a key but the list of names', () => {
    const objects = site.resources('aws_s3_object').map(({ block }) => block);
    const stored = objects.filter(({ key }) => key.startsWith('keys/'));
    expect(stored.map(({ key }) => key)).toEqual(['keys/in-use.json']);
    expect(JSON.parse(stored[0].content)).toEqual({
      version: 1,
      store: 'kms',
      key: 'P-256',
      signer: a.fingerprint,
      next: b.fingerprint,
    });
  });

  it('creates nothing, and asks the account nothing, if keys are in files', () => {
    const files = synthesizeSite();
    expect(files.resources('aws_kms_key')).toEqual([]);
    expect(files.json.data).toBeUndefined();
    expect(files.only('aws_lambda_function').environment.variables).not.toHaveProperty('S3NATOR_KMS_KEY_ARN');
  });

  it("has room for three RSA keys in the Lambda's environment", () => {
    expect(() => inKms({ key: 'RSA-2048', retiring: c })).not.toThrow();
  });
});
