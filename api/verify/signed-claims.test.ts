import { constants, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { accept, refuse } from '../shared/refusal.ts';
import { type SignatureAlgorithm, signatureKeyOf } from './signature-algorithm.ts';
import { signedClaims } from './signed-claims.ts';

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' });
const pss = { padding: constants.RSA_PKCS1_PSS_PADDING };
const p1363 = { dsaEncoding: 'ieee-p1363' as const };

type Pair = { readonly publicKey: KeyObject; readonly privateKey: KeyObject };
type Sign = (message: Buffer) => Buffer;

const cases: readonly [SignatureAlgorithm, Pair, Sign][] = [
  ['RS256', rsa, (message) => sign('sha256', message, rsa.privateKey)],
  ['PS256', rsa, (message) => sign('sha256', message, { key: rsa.privateKey, ...pss, saltLength: 32 })],
  ['ES256', p256, (message) => sign('sha256', message, { key: p256.privateKey, ...p1363 })],
  ['ES384', p384, (message) => sign('sha384', message, { key: p384.privateKey, ...p1363 })],
];

const encoded = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const textOf = (alg: SignatureAlgorithm, claims: object): string =>
  `${encoded({ alg, kid: 'k' })}.${encoded({ sub: '1001', ...claims })}`;
const tokenOf = (text: string, signature: Buffer): string => `${text}.${signature.toString('base64url')}`;

const keyOf = ({ publicKey }: Pair, algorithm: SignatureAlgorithm): KeyObject =>
  signatureKeyOf({ ...publicKey.export({ format: 'jwk' }), kid: 'k' }, algorithm) as KeyObject;

async function outcome(token: string, algorithm: SignatureAlgorithm, key: KeyObject): Promise<string> {
  const signed = await signedClaims(token, 'k', { algorithm, keySet: { find: async () => accept(key) } });
  return signed.ok ? 'signed' : signed.refusal.reason;
}

describe('signedClaims', () => {
  it.each(cases)('%s accepts its own signature, but no other signature or message', async (algorithm, pair, signed) => {
    const key = keyOf(pair, algorithm);
    const text = textOf(algorithm, {});
    const other = textOf(algorithm, { sub: '1002' });
    expect(await outcome(tokenOf(text, signed(Buffer.from(text))), algorithm, key)).toBe('signed');
    expect(await outcome(tokenOf(other, signed(Buffer.from(text))), algorithm, key)).toBe('signature-wrong');
    for (const [foreign, , signedBy] of cases) {
      if (foreign === algorithm) continue;
      expect(await outcome(tokenOf(text, signedBy(Buffer.from(text))), algorithm, key)).toBe('signature-wrong');
    }
  });

  it('PS256 takes a salt as long as the hash only', async () => {
    const text = textOf('PS256', {});
    for (const saltLength of [0, 20, 64]) {
      const signature = sign('sha256', Buffer.from(text), { key: rsa.privateKey, ...pss, saltLength });
      expect(await outcome(tokenOf(text, signature), 'PS256', keyOf(rsa, 'PS256'))).toBe('signature-wrong');
    }
  });

  it.each([
    ['ES256', p256, 'sha256'],
    ['ES384', p384, 'sha384'],
  ] as const)('an elliptic signature in DER is refused: %s', async (algorithm, pair, hash) => {
    const text = textOf(algorithm, {});
    const der = sign(hash, Buffer.from(text), pair.privateKey);
    expect(await outcome(tokenOf(text, der), algorithm, keyOf(pair, algorithm))).toBe('signature-wrong');
  });

  it.each(cases)('a replaced key with the same name verifies nothing: %s', async (algorithm, pair, signed) => {
    const text = textOf(algorithm, { iss: 'https://issuer.example' });
    const token = tokenOf(text, signed(Buffer.from(text)));
    const fresh =
      pair === rsa
        ? generateKeyPairSync('rsa', { modulusLength: 2048 })
        : generateKeyPairSync('ec', { namedCurve: pair === p256 ? 'P-256' : 'P-384' });
    expect(await outcome(token, algorithm, keyOf(pair, algorithm))).toBe('signed');
    expect(await outcome(token, algorithm, keyOf(fresh, algorithm))).toBe('signature-wrong');
    expect(await outcome(token, algorithm, keyOf(pair, algorithm))).toBe('signed');
  });

  it.each(cases)('leaves times and audience to the later checks: %s', async (algorithm, pair, signed) => {
    const claims = { iss: 'a', aud: 'b', exp: 1, nbf: 9_999_999_999, iat: 9_999_999_999 };
    const text = textOf(algorithm, claims);
    const keySet = { find: async () => accept(keyOf(pair, algorithm)) };
    const result = await signedClaims(tokenOf(text, signed(Buffer.from(text))), 'k', { algorithm, keySet });
    expect(result).toEqual(accept({ sub: '1001', ...claims }));
  });

  it.each(cases)(
    'a claim of the wrong type is refused before any key is asked for: %s',
    async (algorithm, _, signed) => {
      const keySet = { find: () => Promise.reject(new Error('asked')) };
      for (const claims of [{ exp: '1' }, { nbf: '1' }, { iat: [1] }, { sub: 7 }, { jti: 7 }, { scope: ['openid'] }]) {
        const text = textOf(algorithm, claims);
        const result = await signedClaims(tokenOf(text, signed(Buffer.from(text))), 'k', { algorithm, keySet });
        expect(result).toEqual(refuse('id-token-malformed'));
      }
    },
  );

  it.each(cases)('a refusal of the key set is passed on: %s', async (algorithm, _, signed) => {
    const text = textOf(algorithm, {});
    const keySet = { find: async () => refuse('key-set-unavailable', { cause: 'ECONNREFUSED' }) };
    const result = await signedClaims(tokenOf(text, signed(Buffer.from(text))), 'k', { algorithm, keySet });
    expect(result).toEqual(refuse('key-set-unavailable', { cause: 'ECONNREFUSED' }));
  });

  it.each(cases)('a refusal contains no part of the token: %s', async (algorithm, pair, signed) => {
    const text = textOf(algorithm, { email: 'alice@example.com' });
    const other = textOf(algorithm, { email: 'bob@example.com' });
    const keySet = { find: async () => accept(keyOf(pair, algorithm)) };
    const unreadable = Buffer.from('{"email":"alice').toString('base64url');
    const broken = `${encoded({ alg: algorithm, kid: 'k' })}.${unreadable}.AAAA`;
    for (const token of [tokenOf(other, signed(Buffer.from(text))), broken]) {
      const result = JSON.stringify(await signedClaims(token, 'k', { algorithm, keySet }));
      expect(result).toContain('"ok":false');
      for (const secret of ['alice', 'bob', ...token.split('.')]) expect(result).not.toContain(secret);
    }
  });
});
