import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { type SignatureAlgorithm, signatureKeyOf } from './signature-algorithm.ts';

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' });
const short = generateKeyPairSync('rsa', { modulusLength: 2047 });
const cases: readonly [SignatureAlgorithm, { publicKey: KeyObject; privateKey: KeyObject }][] = [
  ['RS256', rsa],
  ['PS256', rsa],
  ['ES256', p256],
  ['ES384', p384],
];

const jwkOf = (key: KeyObject, more: object = {}): Record<string, unknown> => ({
  ...key.export({ format: 'jwk' }),
  kid: 'k',
  ...more,
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
