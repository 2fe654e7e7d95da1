/**
 * The claims of a token whose signature is good. aws-jwt-verify reads the token and verifies it, with keys of our key
 * set.
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
 * The library's own checks are laxer than ours, so it makes none: it compares times with the machine's clock, lets a
 * token without `exp` pass, and lets one audience of ours excuse any other.
 */
const signatureOnly = { issuer: null, audience: null, graceSeconds: Number.POSITIVE_INFINITY };

const jwks = new WeakMap<KeyObject, JwkWithKid>();

/**
 * The form in which the library asks for a key. Made once for each key: to export one costs more than to verify with
 * it.
 */
function jwkOf(key: KeyObject, kid: string, alg: SignatureAlgorithm): JwkWithKid {
  const known = jwks.get(key);
  if (known !== undefined) return known;
  const jwk = { ...key.export({ format: 'jwk' }), kid, alg, use: 'sig' } as JwkWithKid;
  jwks.set(key, jwk);
  return jwk;
}

/**
 * As `verifyJwt`, for the one algorithm that the library does not know. RFC 7518, 3.5: the salt is as long as the hash.
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
 * `kid` and `algorithm`: what the header says, and what the issuer is pinned to; they are compared before. Never
 * throws, and tells nothing that the library threw: its messages quote the token.
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
    // Our own key objects: the library would keep one for as long as it lives, by the name of the key.
    return accept(await verifyJwt(idToken, '', signatureOnly, getJwk, keyOf));
  } catch (error) {
    if (error instanceof RefusedRequest) return { ok: false, refusal: error.refusal };
    return error instanceof JwtParseError ? refuse('id-token-malformed') : refuse('signature-wrong', { kid });
  }
}
