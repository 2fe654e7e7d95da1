import { createHash, createPublicKey, verify } from 'node:crypto';
import { GetPublicKeyCommand, KMSClient, SignCommand } from '@aws-sdk/client-kms';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { KmsKeyModel } from '../model/policies.ts';
import { createReferences } from '../stack/references.ts';
import { sampleStack } from '../testing/sample-stack.ts';
import { createKeyPair } from '../testing/signed-cookies.ts';
import { type AwsEndpoint, startAwsEndpoint } from './aws-endpoint.ts';
import { createKeyMaterial, type KmsFailure } from './kms.ts';

const material = createKeyMaterial();
const keyOf = (id: string, spec: string): KmsKeyModel => ({
  arn: `arn:aws:kms:eu-west-1:111122223333:key/${id}`,
  spec,
  pair: material(id, spec),
});
const keys = [keyOf('1', 'ECC_NIST_P256'), keyOf('2', 'RSA_2048')] as const;
const algorithms = { ECC_NIST_P256: 'ECDSA_SHA_256', RSA_2048: 'RSASSA_PKCS1_V1_5_SHA_256' } as const;
let endpoint: AwsEndpoint;
let kms: KMSClient;

beforeAll(async () => {
  endpoint = await startAwsEndpoint({
    buckets: () => new Map(),
    identityPools: () => [],
    kmsKeys: () => keys,
    clock: Date.now,
  });
  kms = new KMSClient({
    endpoint: endpoint.url,
    region: 'eu-west-1',
    maxAttempts: 1,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
});
afterAll(async () => {
  kms.destroy();
  await endpoint.close();
});

const message = Buffer.from('a policy');
const digest = createHash('sha256').update(message).digest();
const request = {
  KeyId: keys[0].arn,
  Message: digest,
  MessageType: 'DIGEST',
  SigningAlgorithm: 'ECDSA_SHA_256',
} as const;

describe("KMS for the Lambda's own client", () => {
  it.each(keys)(
    'signs a digest, or a message, with a $spec key, so that its public half accepts the signature',
    async (key) => {
      const SigningAlgorithm = algorithms[key.spec as keyof typeof algorithms];
      const { PublicKey = new Uint8Array() } = await kms.send(new GetPublicKeyCommand({ KeyId: key.arn }));
      const publicKey = createPublicKey({ key: Buffer.from(PublicKey), format: 'der', type: 'spki' });
      for (const [MessageType, Message] of [
        ['DIGEST', digest],
        ['RAW', message],
      ] as const) {
        const answer = await kms.send(new SignCommand({ KeyId: key.arn, Message, MessageType, SigningAlgorithm }));
        expect(answer).toMatchObject({ KeyId: key.arn, SigningAlgorithm });
        expect(verify('sha256', message, publicKey, answer.Signature ?? Buffer.alloc(0))).toBe(true);
        expect(verify('sha256', Buffer.from('another'), publicKey, answer.Signature ?? Buffer.alloc(0))).toBe(false);
      }
    },
  );

  it('creates ECDSA signatures in DER for numbers of any length', async () => {
    for (let count = 0; count < 40; count++) {
      const bytes = Buffer.from(`policy ${count}`);
      const Message = createHash('sha256').update(bytes).digest();
      const { Signature = Buffer.alloc(0) } = await kms.send(new SignCommand({ ...request, Message }));
      expect(verify('sha256', bytes, keys[0].pair.publicKey, Signature)).toBe(true);
    }
  });

  it('finds a key by its ID, too', async () => {
    expect(await kms.send(new SignCommand({ ...request, KeyId: '1' }))).toMatchObject({ KeyId: keys[0].arn });
  });

  it.each([
    ['a key that the stack lacks', { KeyId: 'arn:aws:kms:eu-west-1:111122223333:key/3' }, 'NotFoundException'],
    ["another key type's algorithm", { KeyId: keys[1].arn }, 'InvalidKeyUsageException'],
    ['an algorithm with another hash', { SigningAlgorithm: 'ECDSA_SHA_384' }, 'InvalidKeyUsageException'],
    ['a digest of another length', { Message: Buffer.alloc(20) }, 'ValidationException'],
    ['a message that is too long', { MessageType: 'RAW', Message: Buffer.alloc(4097) }, 'ValidationException'],
    ['no message', { MessageType: 'RAW', Message: Buffer.alloc(0) }, 'ValidationException'],
  ] as const)('refuses %s', async (_, change, name) => {
    await expect(kms.send(new SignCommand({ ...request, ...change }))).rejects.toMatchObject({ name });
  });

  it.each<[KmsFailure, string]>([
    ['denied', 'AccessDeniedException'],
    ['disabled', 'DisabledException'],
    ['throttled', 'ThrottlingException'],
    ['error', 'KMSInternalException'],
  ])('fails on demand: %s', async (failure, name) => {
    endpoint.failKms(failure);
    await expect(kms.send(new SignCommand(request))).rejects.toMatchObject({ name });
    endpoint.failKms('none');
    expect((await kms.send(new SignCommand(request))).Signature).toBeDefined();
  });
});

describe('keys in KMS', () => {
  const stack = {
    ...sampleStack(createKeyPair('P-256'), (resources) => {
      resources['aws_kms_key'] = { signer: { customer_master_key_spec: 'ECC_NIST_P256' }, plain: {} };
    }),
    data: {
      aws_kms_public_key: {
        signer: { key_id: '${aws_kms_key.signer.arn}' },
        plain: { key_id: '${aws_kms_key.plain.arn}' },
      },
    },
  };

  it('stay the same while the emulator runs', () => {
    const pem = (host: string, from = material): string =>
      createReferences(stack, host, from).resolve('${data.aws_kms_public_key.signer.public_key_pem}');
    expect(pem('a')).toMatch(/^-----BEGIN PUBLIC KEY-----\n[^-]+\n-----END PUBLIC KEY-----\n$/);
    expect(pem('b')).toBe(pem('a'));
    expect(pem('a', createKeyMaterial())).not.toBe(pem('a'));
  });

  it('are published in two forms of one key', () => {
    const references = createReferences(stack, 'a', material);
    const der = Buffer.from(references.resolve('${data.aws_kms_public_key.signer.public_key}'), 'base64');
    expect(createPublicKey({ key: der, format: 'der', type: 'spki' }).export({ type: 'spki', format: 'pem' })).toBe(
      references.resolve('${data.aws_kms_public_key.signer.public_key_pem}'),
    );
  });

  it('must be for signing, and of a type that CloudFront accepts', () => {
    const references = createReferences(stack, 'a', material);
    expect(() => references.resolve('${data.aws_kms_public_key.plain.public_key}')).toThrow('no asymmetric key');
    expect(() => material('x', 'ECC_NIST_P384')).toThrow('does not make keys of the spec ECC_NIST_P384');
  });
});
