import { constants, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { isSignedBy, type SignatureAlgorithm, signatureKeyOf } from './signature-algorithm.ts';

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' });
const short = generateKeyPairSync('rsa', { modulusLength: 2047 });
const message = Buffer.from('header.payload');
const pss = { padding: constants.RSA_PKCS1_PSS_PADDING };
const p1363 = { dsaEncoding: 'ieee-p1363' as const };

const cases: readonly [SignatureAlgorithm, { publicKey: KeyObject; privateKey: KeyObject }, Buffer][] = [
  ['RS256', rsa, sign('sha256', message, rsa.privateKey)],
  ['PS256', rsa, sign('sha256', message, { key: rsa.privateKey, ...pss, saltLength: 32 })],
  ['ES256', p256, sign('sha256', message, { key: p256.privateKey, ...p1363 })],
  ['ES384', p384, sign('sha384', message, { key: p384.privateKey, ...p1363 })],
];

const jwkOf = (key: KeyObject, more: object = {}): Record<string, unknown> => ({
  ...key.export({ format: 'jwk' }),
  kid: 'k',
  ...more,
});

describe('isSignedBy', () => {
  it.each(cases)('%s takes its own signature, and no other one nor another message', (algorithm, pair, signature) => {
    const key = signatureKeyOf(jwkOf(pair.publicKey), algorithm) as KeyObject;
    expect(isSignedBy(algorithm, message, key, signature)).toBe(true);
    expect(isSignedBy(algorithm, Buffer.from('header.other'), key, signature)).toBe(false);
    for (const [other, , foreign] of cases) {
      if (other !== algorithm) expect(isSignedBy(algorithm, message, key, foreign)).toBe(false);
    }
  });

  it('PS256 takes a salt as long as the hash only', () => {
    const key = signatureKeyOf(jwkOf(rsa.publicKey), 'PS256') as KeyObject;
    for (const saltLength of [0, 20, 64]) {
      const signature = sign('sha256', message, { key: rsa.privateKey, ...pss, saltLength });
      expect(isSignedBy('PS256', message, key, signature)).toBe(false);
    }
  });

  it.each([p256, p384])('an elliptic signature in DER is none', ({ publicKey, privateKey }) => {
    const algorithm = publicKey === p256.publicKey ? 'ES256' : 'ES384';
    const key = signatureKeyOf(jwkOf(publicKey), algorithm) as KeyObject;
    const der = sign(algorithm === 'ES256' ? 'sha256' : 'sha384', message, privateKey);
    expect(isSignedBy(algorithm, message, key, der)).toBe(false);
  });
});

describe('signatureKeyOf', () => {
  it.each(cases)('takes a published key that is for %s, or does not say what for', (algorithm, { publicKey }) => {
    for (const more of [{}, { use: 'sig' }, { alg: algorithm }, { use: 'sig', alg: algorithm }]) {
      expect(signatureKeyOf(jwkOf(publicKey, more), algorithm)?.equals(publicKey)).toBe(true);
    }
  });

  it.each<[string, Record<string, unknown>, SignatureAlgorithm]>([
    ['of another kind', jwkOf(p256.publicKey), 'RS256'],
    ['on another curve', jwkOf(p384.publicKey), 'ES256'],
    ['that says another curve', jwkOf(p384.publicKey, { crv: 'P-256' }), 'ES256'],
    ['for another algorithm', jwkOf(rsa.publicKey, { alg: 'PS256' }), 'RS256'],
    ['for encryption', jwkOf(rsa.publicKey, { use: 'enc' }), 'RS256'],
    ['whose use is null', jwkOf(rsa.publicKey, { use: null }), 'RS256'],
    ['that is too short', jwkOf(short.publicKey), 'PS256'],
    ['without a point', jwkOf(p256.publicKey, { x: undefined }), 'ES256'],
    ['whose point is not on the curve', jwkOf(p256.publicKey, { x: 'AAAA' }), 'ES256'],
    ['without a modulus', jwkOf(rsa.publicKey, { n: '' }), 'RS256'],
    ['that is symmetric', { kty: 'oct', k: 'c2VjcmV0' }, 'RS256'],
    ['that is nothing', {}, 'ES256'],
  ])('leaves out a key %s', (_, jwk, algorithm) => {
    expect(signatureKeyOf(jwk, algorithm)).toBeUndefined();
  });

  // RFC 7517, 4.3; Wycheproof, JSON Web Signature, tests 355 and 356.
  it.each(cases)('takes a key for %s whose operations are to verify', (algorithm, { publicKey }) => {
    for (const key_ops of [['verify'], ['sign', 'verify'], ['verify', 'sign']]) {
      expect(signatureKeyOf(jwkOf(publicKey, { key_ops }), algorithm)?.equals(publicKey)).toBe(true);
      expect(signatureKeyOf(jwkOf(publicKey, { key_ops, use: 'sig' }), algorithm)?.equals(publicKey)).toBe(true);
    }
  });

  const wrongOperations: readonly [string, unknown][] = [
    ['encryption', ['encrypt']],
    ['wrapping keys', ['wrapKey', 'unwrapKey']],
    ['agreeing on keys', ['deriveKey', 'deriveBits']],
    ['signing alone', ['sign']],
    ['nothing', []],
    ['encryption beside verifying', ['verify', 'encrypt']],
    ['something unknown beside verifying', ['verify', 'Verify']],
    ['verifying, twice', ['verify', 'verify']],
    ['a text', 'verify'],
    ['an object', { verify: true, length: 1 }],
    ['a list in a list', [['verify']]],
    ['null', null],
  ];
  const wrongKeys = cases.flatMap(([algorithm, key]) =>
    wrongOperations.map(([name, operations]) => [name, algorithm, key, operations] as const),
  );
  it.each(wrongKeys)('leaves out a key whose operations are %s, for %s', (_, algorithm, { publicKey }, key_ops) => {
    expect(signatureKeyOf(jwkOf(publicKey, { key_ops }), algorithm)).toBeUndefined();
    expect(signatureKeyOf(jwkOf(publicKey, { key_ops, use: 'sig' }), algorithm)).toBeUndefined();
  });
});
