/**
 * Returns a token's claims if its signature is good. aws-jwt-verify parses and verifies it with keys of our key set.
 */
import { constants, type KeyObject, verify } from 'node:crypto';
import { JwtInvalidSignatureError, JwtParseError } from 'aws-jwt-verify/error';
import type { JwksCache, JwkWithKid } from 'aws-jwt-verify/jwk';
import { decomposeUnverifiedJwt } from 'aws-jwt-verify/jwt';
import { verifyJwt } from 'aws-jwt-verify/jwt-verifier';
import { accept, RefusedRequest, type Result, refuse } from '../shared/refusal.ts';
import type { KeySet } from './key-set.ts';
import type { SignatureAlgorithm } from './signature-algorithm.ts';

type Claims = Readonly<Record<string, unknown>>;

/**
 * Turns off the library's own checks, which are laxer than ours: it uses the machine's clock, accepts a token without
 * `exp`, and accepts any other audiences beside one of ours.
 */
const signatureOnly = { issuer: null, audience: null, graceSeconds: Number.POSITIVE_INFINITY };

const jwks = new WeakMap<KeyObject, JwkWithKid>();

/** A key as the library needs it. Created once for each key, because exporting takes longer than verifying. */
function jwkOf(key: KeyObject, kid: string, alg: SignatureAlgorithm): JwkWithKid {
  const known = jwks.get(key);
  if (known !== undefined) return known;
  const jwk = { ...key.export({ format: 'jwk' }), kid, alg, use: 'sig' } as JwkWithKid;
  jwks.set(key, jwk);
  return jwk;
}

/**
 * Like `verifyJwt`, for the one algorithm that the library does not support. RFC 7518, 3.5: the salt is as long as the
 * hash.
 */
async function verifyPs256(idToken: string, keyOf: () => Promise<KeyObject>): Promise<Claims> {
  const { headerB64, payloadB64, signatureB64, payload } = decomposeUnverifiedJwt(idToken);
  const options = { key: await keyOf(), padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 };
  const signed = Buffer.from(`${headerB64}.${payloadB64}`);
  if (!verify('sha256', signed, options, Buffer.from(signatureB64, 'base64url')))
    throw new JwtInvalidSignatureError('');
  return payload;
}

/**
 * `kid` and `algorithm`: the key ID in the header, and the pinned algorithm. The caller has already compared the
 * header's algorithm with it. Never throws, and never passes on the library's messages, because they quote the token.
 */
export async function signedClaims(
  idToken: string,
  kid: string,
  { algorithm, keySet }: { readonly algorithm: SignatureAlgorithm; readonly keySet: Pick<KeySet, 'find'> },
): Promise<Result<Claims>> {
  let finding: ReturnType<KeySet['find']> | undefined;
  const keyOf = async (): Promise<KeyObject> => {
    finding ??= keySet.find(kid);
    const found = await finding;
    if (found.ok) return found.value;
    throw new RefusedRequest(found.refusal);
  };
  const getJwk: JwksCache['getJwk'] = async () => jwkOf(await keyOf(), kid, algorithm);
  try {
    if (algorithm === 'PS256') return accept(await verifyPs256(idToken, keyOf));
    // Passes our own key objects: the library would cache each key for its whole life, under the key's name.
    return accept(await verifyJwt(idToken, '', signatureOnly, getJwk, keyOf));
  } catch (error) {
    if (error instanceof RefusedRequest) return { ok: false, refusal: error.refusal };
    return error instanceof JwtParseError ? refuse('id-token-malformed') : refuse('signature-wrong', { kid });
  }
}
