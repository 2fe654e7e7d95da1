/** Verifies an ID token. The nonce is checked by login-nonce.ts, after this. */
import { traitsOf } from '../../contract/provider-traits.ts';
import { accept, type Result, refuse } from '../shared/refusal.ts';
import { signedClaims } from './signed-claims.ts';
import type { TrustedIssuer, TrustedIssuers } from './trusted-issuers.ts';

/** How far the provider's clock may be from ours, in seconds. */
const clockToleranceSeconds = 60;
/** OpenID Connect Core 1.0, 2: a subject has at most 255 characters. */
const maximumSubjectLength = 255;

/** What a token says once its signature and every time, audience and issuer check have passed. */
export interface VerifiedClaims {
  readonly issuer: TrustedIssuer;
  readonly subject: string;
  /** Seconds since 1970. */
  readonly issuedAt: number;
  readonly nonce: string | undefined;
  /** Every claim, as it came. */
  readonly all: Readonly<Record<string, unknown>>;
}

type Claims = Readonly<Record<string, unknown>>;

const shown = (value: unknown): string | number | null =>
  typeof value === 'string' || typeof value === 'number' ? value : value === undefined ? null : typeof value;

const time = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);

const compactForm = /^([\w-]+)\.([\w-]+)\.([\w-]*)$/;

const parse = (part: string): Claims => Object(JSON.parse(Buffer.from(part, 'base64url').toString('utf8'))) as Claims;

/**
 * A look into a compact JWS (RFC 7515, 7.1) before any key is fetched for it; nothing vouches for it yet. The library
 * also reads padding, spare bits and claims of any depth, and does not say which claim of a token it refuses.
 */
function peek(idToken: string): { readonly header: Claims; readonly payload: Claims } | undefined {
  const [, header, payload, proof] = compactForm.exec(idToken) ?? [];
  if (header === undefined || payload === undefined || proof === undefined) return undefined;
  // No spare bits, so that a token has one spelling. Of the other two parts the signature makes sure.
  if (Buffer.from(proof, 'base64url').toString('base64url') !== proof) return undefined;
  try {
    return { header: parse(header), payload: parse(payload) };
  } catch {
    return undefined;
  }
}

/**
 * The one of our issuers that the token says it is of. Nothing vouches for that yet: it only chooses the entry that
 * everything else is held to, the signature first.
 */
function issuerOf(payload: Claims, issuers: TrustedIssuers): TrustedIssuer | undefined {
  const issuer = payload['iss'];
  return typeof issuer === 'string' ? issuers.get(issuer) : undefined;
}

/** OpenID Connect Core 1.0, 3.1.3.7: one audience or several, of which none may be a stranger. */
function isForUs(audience: unknown, audiences: readonly string[]): boolean {
  const named: readonly unknown[] = Array.isArray(audience) ? audience : [audience];
  return named.length > 0 && named.every((one) => typeof one === 'string' && audiences.includes(one));
}

/** The claims that say whether a token is ours at all; a token that fails here never makes us fetch keys. */
function checkAddress(header: Claims, payload: Claims, issuer: TrustedIssuer): Result<string> {
  const { algorithm, audiences } = issuer;
  // Pinned, so that neither `none` nor an HMAC with the public key as its secret (RFC 8725, 2.1) is ever tried.
  if (header['alg'] !== algorithm) return refuse('algorithm-refused', { alg: shown(header['alg']) });
  // RFC 7515, 4.1.11: whoever does not understand a critical extension must refuse; we understand none.
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

// RFC 9068, 2.1; OpenID Connect Back-Channel Logout 1.0, 2.4: other tokens that an issuer signs say what they are.
const isOtherType = (type: unknown): boolean =>
  typeof type === 'string' && /^(application\/)?(at|logout|secevent|token-introspection)\+jwt$/i.test(type);

/**
 * What an issuer signs with the same keys, and for the same audience maybe, must not pass for an ID token (RFC 8725,
 * 3.11). Cognito says it in `token_use`, Keycloak in the claim `typ`, others in the header.
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

/** Everything that a signed token must also say. Pure. */
export function checkClaims(claims: Claims, issuer: TrustedIssuer, nowSeconds: number): Result<VerifiedClaims> {
  const { sub, azp, exp, iat, nbf, nonce } = claims;
  // Any Google Cloud customer can have tokens with our audience made for their service accounts; `azp` then names the
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

/** The library does not read a token with a claim of the wrong type. Says which claim it is, for the log. */
function wrongType(unverified: Claims, issuer: TrustedIssuer, nowSeconds: number): Result<never> {
  const checked = checkClaims(unverified, issuer, nowSeconds);
  return checked.ok ? refuse('id-token-malformed') : checked;
}

/**
 * issuer -> address -> key -> signature -> claims. Never throws. `meanwhile` is called for a token that says it is for
 * us, before the wait for its key: what comes after the verification can be loaded at the same time.
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
