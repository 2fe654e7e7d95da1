import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createInvocations, type Watch } from '../shared/invocations.ts';
import { clientOptionsFor } from '../testing/stub-aws.ts';
import { listen, type StubServer } from '../testing/stub-google.ts';
import { createKmsSigningKey } from './kms-signing-key.ts';
import type { SigningKey } from './signing-key.ts';

/** What the stand-in for KMS answers: a signature, an error by its name, nothing at all. */
type KmsAnswer = { readonly signature?: string } | { readonly error: string } | 'stalled';

const keyArn = 'arn:aws:kms:eu-west-1:111122223333:key/1';
/** r = 5, s = 6 and s = n - 6: two spellings of what KMS may answer. */
const lowSignature = Buffer.from('3006020105020106', 'hex');
const highSignature = Buffer.from(
  '3026020105022100ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc63254b',
  'hex',
);
let kms: StubServer;
let answer: KmsAnswer;
/** Answers that come before `answer`, one by one. */
let first: KmsAnswer[];
let calls: { readonly target: string | undefined; readonly input: Record<string, string> }[];
let lines: { readonly event: string; readonly fields: object }[];

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

beforeEach(async () => {
  answer = { signature: lowSignature.toString('base64') };
  first = [];
  calls = [];
  lines = [];
  const server = createServer(async (request, response) => {
    calls.push({
      target: request.headers['x-amz-target']?.toString(),
      input: JSON.parse(await bodyOf(request)) as Record<string, string>,
    });
    const given = first.shift() ?? answer;
    if (given === 'stalled') return;
    const failed = 'error' in given;
    const body = 'error' in given ? { __type: given.error, message: 'refused' } : { Signature: given.signature };
    response.writeHead(failed ? 400 : 200, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(body));
  });
  kms = await listen(server);
});
afterEach(async () => {
  vi.restoreAllMocks();
  await kms.close();
});

interface KeyOptions {
  readonly keyType?: 'P-256' | 'RSA-2048';
  /** Default: 1. */
  readonly maxAttempts?: number | undefined;
  readonly watch?: Watch;
}

async function keyFor({ keyType = 'P-256', ...options }: KeyOptions = {}): Promise<SigningKey> {
  const { maxAttempts } = { maxAttempts: 1, ...options };
  const key = await createKmsSigningKey({
    keyArn,
    keyType,
    fingerprint: '0123456789abcdef',
    keyPairId: 'K1',
    clientOptions: { ...clientOptionsFor(kms), ...(maxAttempts !== undefined && { maxAttempts }) },
    log: (_level, event, fields) => void lines.push({ event, fields }),
    ...(options.watch !== undefined && { watch: options.watch }),
  })();
  if (!key.ok) throw new Error('no key');
  return key.value;
}

describe('createKmsSigningKey', () => {
  it.each([
    ['P-256', 'ECDSA_SHA_256'],
    ['RSA-2048', 'RSASSA_PKCS1_V1_5_SHA_256'],
  ] as const)('has KMS sign a digest with a %s key, and sends it nothing else', async (keyType, algorithm) => {
    const key = await keyFor({ keyType });
    expect(key).toMatchObject({ keyPairId: 'K1', fingerprint: '0123456789abcdef' });
    expect(calls).toEqual([]);
    const signature = await key.sign(Buffer.from('policy'), 'SHA256');
    expect(signature.ok && Buffer.from(signature.value)).toEqual(lowSignature);
    expect(calls).toEqual([
      {
        target: 'TrentService.Sign',
        input: {
          KeyId: keyArn,
          Message: createHash('sha256').update('policy').digest('base64'),
          MessageType: 'DIGEST',
          SigningAlgorithm: algorithm,
        },
      },
    ]);
  });

  it.each<[KmsAnswer, string]>([
    [{ error: 'AccessDeniedException' }, 'AccessDeniedException'],
    [{ error: 'KMSInvalidStateException' }, 'KMSInvalidStateException'],
    [{}, 'no signature'],
    [{ signature: 'c2lnbmF0dXJl' }, 'TypeError'],
  ])('is unavailable when KMS answers %j, and the log says why', async (given, cause) => {
    const key = await keyFor();
    answer = given;
    expect(await key.sign(Buffer.from('policy'), 'SHA256')).toEqual({
      ok: false,
      refusal: { reason: 'signing-key-unavailable', evidence: { cause } },
    });
    expect(lines).toEqual([{ event: 'signing-key-unavailable', fields: { key: keyArn, cause } }]);
    expect(await key.signPolicy('policy', 'SHA256')).toMatchObject({
      ok: false,
      refusal: { reason: 'signing-key-unavailable' },
    });
    answer = { signature: lowSignature.toString('base64') };
    expect((await key.sign(Buffer.from('policy'), 'SHA256')).ok).toBe(true);
  });

  it('writes P-256 signatures in canonical form, whatever KMS returns, and RSA ones unchanged', async () => {
    answer = { signature: highSignature.toString('base64') };
    const [ecdsa, rsa] = [await keyFor(), await keyFor({ keyType: 'RSA-2048' })];
    // Asked again, it is remembered so.
    for (const _ of ['first', 'again'])
      expect(await ecdsa.sign(Buffer.from('policy'), 'SHA256')).toEqual({ ok: true, value: lowSignature });
    expect(calls).toHaveLength(1);
    const signed = await rsa.sign(Buffer.from('policy'), 'SHA256');
    expect(signed.ok && Buffer.from(signed.value)).toEqual(highSignature);
  });

  it('does not wait for a KMS that never answers', async () => {
    const key = await keyFor();
    answer = 'stalled';
    const limits: number[] = [];
    const timeout = AbortSignal.timeout.bind(AbortSignal);
    vi.spyOn(AbortSignal, 'timeout').mockImplementation((milliseconds) => {
      limits.push(milliseconds);
      return timeout(1);
    });
    expect(await key.sign(Buffer.from('policy'), 'SHA256')).toMatchObject({
      ok: false,
      refusal: { reason: 'signing-key-unavailable' },
    });
    // A sign-in needs two signatures, and Lambda gives it ten seconds.
    expect(limits).toEqual([2000]);
  });

  it('retries once if KMS is busy, and not twice', async () => {
    const key = await keyFor({ maxAttempts: undefined });
    first = [{ error: 'ThrottlingException' }];
    expect((await key.sign(Buffer.from('policy'), 'SHA256')).ok).toBe(true);
    expect([calls.length, lines]).toEqual([2, []]);
    first = [{ error: 'ThrottlingException' }, { error: 'ThrottlingException' }];
    expect(await key.sign(Buffer.from('another policy'), 'SHA256')).toMatchObject({
      ok: false,
      refusal: { evidence: { cause: 'ThrottlingException' } },
    });
    expect(calls).toHaveLength(4);
  });

  it('does not log a signature that Lambda froze', async () => {
    const { run, watch } = createInvocations();
    const key = await keyFor({ watch });
    answer = { error: 'AccessDeniedException' };
    let signing: Promise<unknown> | undefined;
    await run(async () => {
      signing = key.sign(Buffer.from('policy'), 'SHA256');
    });
    expect(await signing).toMatchObject({ ok: false });
    expect(lines).toEqual([]);
  });

  it('remembers a signature that came after a freeze', async () => {
    const { run, watch } = createInvocations();
    const key = await keyFor({ watch });
    let signing: ReturnType<SigningKey['sign']> | undefined;
    await run(async () => {
      signing = key.sign(Buffer.from('policy'), 'SHA256');
    });
    expect(await signing).toMatchObject({ ok: true });
    expect(await run(() => key.sign(Buffer.from('policy'), 'SHA256'))).toMatchObject({ ok: true });
    expect(calls).toHaveLength(1);
  });

  it('signs the same bytes only once', async () => {
    const key = await keyFor();
    const sign = (text: string) => key.sign(Buffer.from(text), 'SHA256');
    const first = await sign('policy');
    const another = Buffer.from('3006020107020108', 'hex');
    answer = { signature: another.toString('base64') };
    expect(await sign('policy')).toEqual(first);
    expect(calls).toHaveLength(1);
    const other = await sign('policy of another');
    expect(other.ok && Buffer.from(other.value)).toEqual(another);
    expect(calls).toHaveLength(2);
  });

  it('remembers a thousand signatures, and asks again for the oldest', async () => {
    const key = await keyFor();
    const sign = (number: number) => key.sign(Buffer.from(`policy ${number}`), 'SHA256');
    for (let number = 0; number <= 1000; number++) await sign(number);
    await sign(1000);
    await sign(1);
    expect(calls).toHaveLength(1001);
    await sign(0);
    expect(calls).toHaveLength(1002);
  });

  it('signs no SHA-1', async () => {
    const key = await keyFor();
    await expect(key.sign(Buffer.from('policy'), 'SHA1')).rejects.toThrow('KMS signs no SHA-1');
    expect(calls).toEqual([]);
  });
});
