/** Verifies an ID token. login-nonce.ts checks the nonce afterwards. */
import { traitsOf } from '../../contract/provider-traits.ts';
import { accept, type Result, refuse } from '../shared/refusal.ts';
import { signedClaims } from './signed-claims.ts';
import type { TrustedIssuer, TrustedIssuers } from './trusted-issuers.ts';

/** How far the provider's clock may differ from ours, in seconds. */
const clockToleranceSeconds = 60;
/** OpenID Connect Core 1.0, 2: a subject has at most 255 characters. */
const maximumSubjectLength = 255;

/** A token's claims, after its signature, times, audience and issuer were checked. */
export interface VerifiedClaims {
  readonly issuer: TrustedIssuer;
  readonly subject: string;
  /** Seconds since 1970. */
  readonly issuedAt: number;
  readonly nonce: string | undefined;
  /** Every claim, unchanged. */
  readonly all: Readonly<Record<string, unknown>>;
}

type Claims = Readonly<Record<string, unknown>>;

const shown = (value: unknown): string | number | null =>
  typeof value === 'string' || typeof value === 'number' ? value : value === undefined ? null : typeof value;

const time = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);

const compactForm = /^([\w-]+)\.([\w-]+)\.([\w-]*)$/;

const parse = (part: string): Claims => Object(JSON.parse(Buffer.from(part, 'base64url').toString('utf8'))) as Claims;

/**
 * Parses a compact JWS (RFC 7515, 7.1) before any key is fetched. The claims are not verified yet. The library also
 * accepts padding, spare bits and claims of any depth, and does not say which claim it refuses.
 */
function peek(idToken: string): { readonly header: Claims; readonly payload: Claims } | undefined {
  const [, header, payload, proof] = compactForm.exec(idToken) ?? [];
  if (header === undefined || payload === undefined || proof === undefined) return undefined;
  // Rejects spare bits, so that a token has one encoding. The signature protects the other two parts.
  if (Buffer.from(proof, 'base64url').toString('base64url') !== proof) return undefined;
  try {
    return { header: parse(header), payload: parse(payload) };
  } catch {
    return undefined;
  }
}

/**
 * Returns our entry for the issuer that the token names. This is not verified yet: it only selects the entry that all
 * other checks use, the signature first.
 */
function issuerOf(payload: Claims, issuers: TrustedIssuers): TrustedIssuer | undefined {
  const issuer = payload['iss'];
  return typeof issuer === 'string' ? issuers.get(issuer) : undefined;
}

/** OpenID Connect Core 1.0, 3.1.3.7: one audience or several, and all of them must be ours. */
function isForUs(audience: unknown, audiences: readonly string[]): boolean {
  const named: readonly unknown[] = Array.isArray(audience) ? audience : [audience];
  return named.length > 0 && named.every((one) => typeof one === 'string' && audiences.includes(one));
}

/** Checks the claims that say whether a token is for us. A token that fails here never makes us fetch keys. */
function checkAddress(header: Claims, payload: Claims, issuer: TrustedIssuer): Result<string> {
  const { algorithm, audiences } = issuer;
  // Pinned, so the code never tries `none`, or an HMAC with the public key as its secret (RFC 8725, 2.1).
  if (header['alg'] !== algorithm) return refuse('algorithm-refused', { alg: shown(header['alg']) });
  // RFC 7515, 4.1.11: a critical extension that we do not understand must be refused, and we understand none.
  if (header['crit'] !== undefined) return refuse('id-token-malformed', { header: 'crit' });
  const kid = header['kid'];
  if (typeof kid !== 'string' || kid === '') return refuse('id-token-malformed', { header: 'kid' });
  const audience = payload['aud'];
  const mayBe = traitsOf(issuer).namesSeveralAudiences || typeof audience === 'string';
  if (!mayBe || !isForUs(audience, audiences)) {
    return refuse('audience-refused', { aud: shown(audience) });
  }
  return accept(kid);
}

// RFC 9068, 2.1; OpenID Connect Back-Channel Logout 1.0, 2.4: other signed tokens name their type.
const isOtherType = (type: unknown): boolean =>
  typeof type === 'string' && /^(application\/)?(at|logout|secevent|token-introspection)\+jwt$/i.test(type);

/**
 * An issuer may sign other tokens with the same keys, and even for the same audience. They must not pass as ID tokens
 * (RFC 8725, 3.11). Cognito names the type in `token_use`, Keycloak in the claim `typ`, others in the header.
 * @see
 * https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-tokens-verifying-a-jwt.html
 */
function isIdToken(header: Claims, { token_use: use, typ, events }: Claims, issuer: TrustedIssuer): boolean {
  if (isOtherType(header['typ'])) return false;
  const { tokenUse } = traitsOf(issuer);
  if (tokenUse === 'header') return true;
  const fits = use === 'id' || (use === undefined && tokenUse === 'optional');
  return fits && typ !== 'Bearer' && events === undefined;
}

/** Checks the other claims of a signed token. Pure. */
export function checkClaims(claims: Claims, issuer: TrustedIssuer, nowSeconds: number): Result<VerifiedClaims> {
  const { sub, azp, exp, iat, nbf, nonce } = claims;
  // Any Google Cloud customer can get tokens with our audience for their service accounts. In these, `azp` names the
  // account.
  if (azp !== undefined && !(typeof azp === 'string' && issuer.audiences.includes(azp))) {
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

/** The library refuses a token with a claim of the wrong type. This finds the claim, for the log. */
function wrongType(unverified: Claims, issuer: TrustedIssuer, nowSeconds: number): Result<never> {
  const checked = checkClaims(unverified, issuer, nowSeconds);
  return checked.ok ? refuse('id-token-malformed') : checked;
}

/**
 * issuer -> address -> key -> signature -> claims. Never throws. Calls `meanwhile` when a token says it is for us,
 * before waiting for its key, so that the caller can load what it needs after the verification.
 */
export async function verifyIdToken(
  idToken: string,
  issuers: TrustedIssuers,
  nowSeconds: number,
  meanwhile?: () => void,
): Promise<Result<VerifiedClaims>> {
  const unverified = peek(idToken);
  if (unverified === undefined) return refuse('id-token-malformed');
  const { header, payload } = unverified;
  const issuer = issuerOf(payload, issuers);
  if (issuer === undefined) return refuse('issuer-refused', { iss: shown(payload['iss']) });
  const address = checkAddress(header, payload, issuer);
  if (!address.ok) return address;
  const verifying = signedClaims(idToken, address.value, issuer);
  meanwhile?.();
  const signed = await verifying;
  if (!signed.ok)
    return signed.refusal.reason === 'id-token-malformed' ? wrongType(payload, issuer, nowSeconds) : signed;
  const claims = signed.value;
  if (!isIdToken(header, claims, issuer)) return refuse('no-id-token', { use: shown(claims['token_use']) });
  return checkClaims(claims, issuer, nowSeconds);
}
