/** Owns the verification of a Google ID token. No nonce (login-nonce.ts), no rules; the clock is given; fetches only through the key set. */
import { JwtParseError } from 'aws-jwt-verify/error';
import { verifyJwtSync } from 'aws-jwt-verify/jwt-verifier';
import { googleIssuer } from '../contract/layout.ts';
import type { KeySet } from './key-set.ts';
import { accept, type Result, refuse } from './refusal.ts';

/** How far the provider's clock may be from ours, in seconds. */
export const clockToleranceSeconds = 60;
/** OpenID Connect Core 1.0, 2: a subject has at most 255 characters. */
const maximumSubjectLength = 255;

// Google writes its issuer in two ways; one spelling is compared and stored.
const issuerSpellings: Readonly<Record<string, string>> = {
  'accounts.google.com': googleIssuer,
  [googleIssuer]: googleIssuer,
};

/** What a token says once its signature and every time, audience and issuer check have passed. */
export interface VerifiedClaims {
  readonly issuer: string;
  readonly subject: string;
  /** Seconds since 1970. */
  readonly issuedAt: number;
  readonly nonce: string | undefined;
  /** Every claim, as it came. */
  readonly all: Readonly<Record<string, unknown>>;
}

export interface IdTokenOptions {
  /** Client IDs that a token may be for. */
  readonly audiences: readonly string[];
  readonly keySet: KeySet;
}

type Claims = Readonly<Record<string, unknown>>;

const shown = (value: unknown): string | number | null =>
  typeof value === 'string' || typeof value === 'number' ? value : value === undefined ? null : typeof value;

const time = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);

const parse = (bytes: Buffer): Claims => Object(JSON.parse(bytes.toString('utf8'))) as Claims;

/** A first look at what nothing vouches for yet; the library parses again, and strictly, when it verifies. */
function peek(idToken: string): { readonly header: Claims; readonly payload: Claims } | undefined {
  const parts = idToken.split('.', 4);
  const [header, payload, signature] = parts.map((part) => Buffer.from(part, 'base64url'));
  if (header === undefined || payload === undefined || signature === undefined || parts.length > 3) return undefined;
  // No padding (RFC 7515, 2) and no spare bits: a token has one spelling.
  if ([header, payload, signature].some((bytes, at) => bytes.toString('base64url') !== parts[at])) return undefined;
  try {
    return { header: parse(header), payload: parse(payload) };
  } catch {
    return undefined;
  }
}

const issuerOf = (claims: Claims): string | undefined => {
  const issuer = claims['iss'];
  return typeof issuer === 'string' && Object.hasOwn(issuerSpellings, issuer) ? issuerSpellings[issuer] : undefined;
};

/** The claims that say whether a token is ours at all; a token that fails here never makes us fetch keys. */
function checkAddress(header: Claims, payload: Claims, audiences: readonly string[]): Result<string> {
  // Pinned, so that neither `none` nor an HMAC with the public key as its secret (RFC 8725, 2.1) is ever tried.
  if (header['alg'] !== 'RS256') return refuse('algorithm-refused', { alg: shown(header['alg']) });
  // RFC 7515, 4.1.11: whoever does not understand a critical extension must refuse; we understand none.
  if (header['crit'] !== undefined) return refuse('id-token-malformed', { header: 'crit' });
  const kid = header['kid'];
  if (typeof kid !== 'string' || kid === '') return refuse('id-token-malformed', { header: 'kid' });
  if (issuerOf(payload) === undefined) return refuse('issuer-refused', { iss: shown(payload['iss']) });
  const audience = payload['aud'];
  if (typeof audience !== 'string' || !audiences.includes(audience)) {
    return refuse('audience-refused', { aud: shown(audience) });
  }
  return accept(kid);
}

/** Everything that a signed token must also say. Pure. */
export function checkClaims(claims: Claims, audiences: readonly string[], nowSeconds: number): Result<VerifiedClaims> {
  const { iss, sub, azp, exp, iat, nbf, nonce } = claims;
  const issuer = issuerOf(claims);
  if (issuer === undefined) return refuse('issuer-refused', { iss: shown(iss) });
  // Any Google Cloud customer can have tokens with our audience made for their service accounts; `azp` then names the account.
  if (azp !== undefined && !(typeof azp === 'string' && audiences.includes(azp))) {
    return refuse('authorized-party-refused', { azp: shown(azp) });
  }
  if (typeof sub !== 'string' || sub === '' || sub.length > maximumSubjectLength) return refuse('subject-missing');
  if (!time(exp)) return refuse('expiry-missing');
  if (exp + clockToleranceSeconds <= nowSeconds) return refuse('expired', { exp, now: nowSeconds });
  if (!time(iat)) return refuse('issued-at-missing');
  if (iat - clockToleranceSeconds > nowSeconds) return refuse('issued-in-future', { iat, now: nowSeconds });
  if (nbf !== undefined && !(time(nbf) && nbf - clockToleranceSeconds <= nowSeconds)) {
    return refuse('not-yet-valid', { nbf: shown(nbf), now: nowSeconds });
  }
  if (nonce !== undefined && typeof nonce !== 'string') return refuse('nonce-wrong');
  return accept({ issuer, subject: sub, issuedAt: iat, nonce, all: claims });
}

/** address -> key -> signature -> claims. Never throws. */
export async function verifyIdToken(
  idToken: string,
  options: IdTokenOptions,
  nowSeconds: number,
): Promise<Result<VerifiedClaims>> {
  const unverified = peek(idToken);
  if (unverified === undefined) return refuse('id-token-malformed');
  const address = checkAddress(unverified.header, unverified.payload, options.audiences);
  if (!address.ok) return address;
  const kid = address.value;
  const key = await options.keySet.find(kid);
  if (!key.ok) return key;
  let claims: Claims;
  try {
    claims = verifyJwtSync(
      idToken,
      key.value.jwk,
      // The library reads the machine's clock and passes a token without `exp`: times are checked below, against the clock that is given.
      { issuer: null, audience: [...options.audiences], graceSeconds: Number.POSITIVE_INFINITY },
      () => key.value.key,
    ) as Claims;
  } catch (error) {
    return refuse(error instanceof JwtParseError ? 'id-token-malformed' : 'signature-wrong', { kid });
  }
  return checkClaims(claims, options.audiences, nowSeconds);
}
