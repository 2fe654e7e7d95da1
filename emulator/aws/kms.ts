/** Emulates KMS: creates asymmetric keys on first use, and answers requests about them. Evaluates no policy. */
import {
  constants,
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  privateEncrypt,
} from 'node:crypto';
import { type Response, textResponse } from '../message/http-message.ts';
import type { KmsKeyModel, KmsPair } from '../model/policies.ts';
import { type KeptState, noState } from '../s3/kept-state.ts';
import { type Block, isBlock } from '../terraform/terraform-json.ts';
import { signDigest } from './ecdsa.ts';

/** How the operation fails; for tests. */
export type KmsFailure = 'none' | 'denied' | 'disabled' | 'throttled' | 'error' | 'slow' | 'unreachable';

/** The key pair for a key ID: the same pair as long as its state is kept. Throws for an unknown spec. */
export type KeyMaterial = (keyId: string, spec: string) => KmsPair;

const specs: Readonly<Record<string, { readonly algorithm: string; readonly generate: () => KmsPair }>> = {
  ECC_NIST_P256: { algorithm: 'ECDSA_SHA_256', generate: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }) },
  RSA_2048: {
    algorithm: 'RSASSA_PKCS1_V1_5_SHA_256',
    generate: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
  },
};

function keptPair(pem: string | undefined): KmsPair | undefined {
  if (pem === undefined) return undefined;
  const privateKey = createPrivateKey(pem);
  return { privateKey, publicKey: createPublicKey(privateKey) };
}

/** `kept`: the keys that exist already. */
export function createKeyMaterial(kept: KeptState = noState): KeyMaterial {
  const pairs = new Map<string, KmsPair>();
  return (keyId, spec) => {
    const known = Object.hasOwn(specs, spec) ? specs[spec] : undefined;
    if (known === undefined) throw new Error(`the emulator's KMS does not make keys of the spec ${spec}`);
    const name = `${spec} ${keyId}`;
    const before = pairs.get(name) ?? keptPair(kept.kms.get(name));
    const pair = before ?? known.generate();
    pairs.set(name, pair);
    if (before === undefined) kept.noteKms(name, String(pair.privateKey.export({ type: 'pkcs8', format: 'pem' })));
    return pair;
  };
}

const answer = (status: number, body: Block): Response =>
  textResponse(status, 'application/x-amz-json-1.1', JSON.stringify(body));
const refused = (type: string, message: string, status = 400): Response => answer(status, { __type: type, message });

/** @see https://docs.aws.amazon.com/kms/latest/APIReference/CommonErrors.html */
export function failedKmsAnswer(failure: Exclude<KmsFailure, 'none' | 'slow' | 'unreachable'>): Response {
  switch (failure) {
    case 'denied':
      return refused('AccessDeniedException', 'User is not authorized to perform: kms:Sign');
    case 'disabled':
      return refused('DisabledException', 'The key is disabled.');
    case 'throttled':
      return refused('ThrottlingException', 'You have exceeded the rate at which you may call KMS.');
    case 'error':
      return refused('KMSInternalException', 'Internal failure', 500);
  }
}

/**
 * DER of `DigestInfo` for SHA-256, up to the digest.
 * @see RFC 8017, 9.2, note 1
 */
const sha256Info = Buffer.from('3031300d060960864801650304020105000420', 'hex');

function signatureOf({ spec, pair }: KmsKeyModel, digest: Buffer): Buffer {
  if (spec === 'ECC_NIST_P256') return signDigest(pair.privateKey, digest);
  const key = { key: pair.privateKey, padding: constants.RSA_PKCS1_PADDING };
  return privateEncrypt(key, Buffer.concat([sha256Info, digest]));
}

/** @see https://docs.aws.amazon.com/kms/latest/APIReference/API_Sign.html */
function sign(key: KmsKeyModel, input: Block): Response {
  const algorithm = specs[key.spec]?.algorithm;
  if (input['SigningAlgorithm'] !== algorithm) {
    return refused('InvalidKeyUsageException', `${key.arn} signs with ${algorithm}.`);
  }
  const message = Buffer.from(String(input['Message'] ?? ''), 'base64');
  const isDigest = input['MessageType'] === 'DIGEST';
  if (isDigest && message.length !== 32) {
    return refused('ValidationException', `Digest is invalid length for algorithm ${algorithm}.`);
  }
  if (message.length < 1 || message.length > 4096) {
    return refused('ValidationException', 'A message has 1 to 4096 bytes.');
  }
  const digest = isDigest ? message : createHash('sha256').update(message).digest();
  return answer(200, {
    KeyId: key.arn,
    Signature: signatureOf(key, digest).toString('base64'),
    SigningAlgorithm: algorithm,
  });
}

/** @see https://docs.aws.amazon.com/kms/latest/APIReference/API_GetPublicKey.html */
const getPublicKey = ({ arn, spec, pair }: KmsKeyModel): Response =>
  answer(200, {
    KeyId: arn,
    KeySpec: spec,
    KeyUsage: 'SIGN_VERIFY',
    PublicKey: pair.publicKey.export({ type: 'spki', format: 'der' }).toString('base64'),
    SigningAlgorithms: [specs[spec]?.algorithm],
  });

export type KmsOperation = 'Sign' | 'GetPublicKey';

/** Answers for a key by its ARN or ID. */
export function answerKms(keys: readonly KmsKeyModel[], operation: KmsOperation, body: string): Response {
  let input: unknown;
  try {
    input = JSON.parse(body);
  } catch {
    input = undefined;
  }
  if (!isBlock(input)) return refused('SerializationException', 'not JSON');
  const id = String(input['KeyId'] ?? '');
  const key = keys.find(({ arn }) => arn === id || arn.endsWith(`:key/${id}`));
  if (key === undefined) return refused('NotFoundException', `Key '${id}' does not exist`);
  switch (operation) {
    case 'Sign':
      return sign(key, input);
    case 'GetPublicKey':
      return getPublicKey(key);
  }
}
