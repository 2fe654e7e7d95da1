/** A test Google that signs any header and claims, with any algorithm and key. */
import { constants, createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { expect } from 'vitest';
import type { GatewayAnswer } from '../receive/gateway.ts';
import { jwkOf } from './stub-google.ts';
import { aliceClaims, bearer, codeOf, googleKey, type TestSite } from './test-site.ts';

export type Fields = Readonly<Record<string, unknown>>;

export const base64url = (value: Fields | string): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

/** Signature of `input`, base64url. An unknown algorithm name is signed with RS256. */
export function signatureOf(algorithm: unknown, input: string, key: KeyObject): string {
  const bytes = Buffer.from(input);
  switch (algorithm) {
    case 'RS384':
      return sign('sha384', bytes, key).toString('base64url');
    case 'RS512':
      return sign('sha512', bytes, key).toString('base64url');
    case 'PS256':
      return sign('sha256', bytes, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }).toString(
        'base64url',
      );
    case 'ES256':
      return sign('sha256', bytes, { key, dsaEncoding: 'ieee-p1363' }).toString('base64url');
    case 'HS256':
    case 'HS384':
    case 'HS512':
      return createHmac(`sha${algorithm.slice(2)}`, key)
        .update(bytes)
        .digest('base64url');
    default:
      return sign('sha256', bytes, key).toString('base64url');
  }
}

const rsa = (modulusLength: number) => generateKeyPairSync('rsa', { modulusLength });

/** Keys that Google publishes beside the good one. A verifier that checks only `kid` would use them. */
export const oddKeys = { ec: generateKeyPairSync('ec', { namedCurve: 'P-256' }), enc: rsa(2048), weak: rsa(1024) };

export const otherKey = rsa(2048);

const odd = (key: KeyObject, fields: Fields): Fields => ({ ...key.export({ format: 'jwk' }), ...fields });

/** The key set of Google with the odd keys before the good one. */
export const hostileKeySet = JSON.stringify({
  keys: [
    odd(oddKeys.ec.publicKey, { kid: 'ec', use: 'sig', alg: 'ES256' }),
    odd(oddKeys.enc.publicKey, { kid: 'enc', use: 'enc' }),
    odd(oddKeys.weak.publicKey, { kid: 'weak', use: 'sig', alg: 'RS256' }),
    { kty: 'oct', kid: 'oct', k: 'c2VjcmV0', alg: 'HS256' },
    jwkOf(googleKey),
  ],
});

/** alice's claims with `changes` applied; `undefined` removes a claim. */
export const claimsOf = (changes: Fields = {}): Fields => ({ ...aliceClaims, ...changes });

/** A token signed with `header.alg`. A string is signed unchanged. */
export function hostileToken(claims: Fields | string, header: Fields = {}, key = googleKey.privateKey): string {
  const fields: Fields = { alg: 'RS256', kid: googleKey.kid, typ: 'JWT', ...header };
  const input = `${base64url(fields)}.${base64url(claims)}`;
  return `${input}.${signatureOf(fields['alg'], input, key)}`;
}

export const signInWith = (site: TestSite, token: string): Promise<GatewayAnswer> => site.send(bearer(token));

/** Checks that a sign-in was refused: no cookie, and one of `codes` with its status. */
export function expectRefused(answer: GatewayAnswer, ...codes: readonly string[]): void {
  expect(answer.cookies).toBeUndefined();
  const code = codeOf(answer);
  expect(codes).toContain(code);
  expect(answer.statusCode).toBe(code === 'temporarily_unavailable' ? 503 : 401);
}
