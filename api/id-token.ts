/** Owns the verification of a Google ID token. No nonce (login-nonce.ts), no rules; the clock is given; fetches only through the key set. */
import { verify } from 'node:crypto';
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

interface ParsedToken {
  readonly header: Claims;
  readonly payload: Claims;
  /** What the signature is over. */
  readonly signed: Buffer;
  readonly signature: Buffer;
}

const compactForm = /^(([\w-]+)\.([\w-]+))\.([\w-]*)$/;

const parse = (part: string): Claims => Object(JSON.parse(Buffer.from(part, 'base64url').toString('utf8'))) as Claims;

/**
 * Takes a compact JWS (RFC 7515, 7.1) apart; nothing vouches for it yet. Every letter must be one of base64url: decoders skip others, and what is read
 * would not be what was signed.
 */
function parseToken(idToken: string): ParsedToken | undefined {
  const [, signed, header, payload, proof] = compactForm.exec(idToken) ?? [];
  if (signed === undefined || header === undefined || payload === undefined || proof === undefined) return undefined;
  const signature = Buffer.from(proof, 'base64url');
  // No spare bits, so that a token has one spelling. Of the other two parts the signature makes sure.
  if (signature.toString('base64url') !== proof) return undefined;
  try {
    return { header: parse(header), payload: parse(payload), signed: Buffer.from(signed), signature };
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
  const token = parseToken(idToken);
  if (token === undefined) return refuse('id-token-malformed');
  const address = checkAddress(token.header, token.payload, options.audiences);
  if (!address.ok) return address;
  const kid = address.value;
  const key = await options.keySet.find(kid);
  if (!key.ok) return key;
  // The key set holds RSA keys only, so this is RS256 (RFC 7518, 3.3) and nothing else.
  if (!verify('sha256', token.signed, key.value, token.signature)) return refuse('signature-wrong', { kid });
  return checkClaims(token.payload, options.audiences, nowSeconds);
}
