/**
 * Owns the session statement: the signed value of the session cookie, written and read side by side. No cookies, no
 * clock.
 */
import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import * as v from 'valibot';
import { addressStates } from '../decide/identity.ts';
import { accept, type Result, refuse } from '../shared/refusal.ts';
import { isCanonicalSignature } from './ecdsa-signature.ts';
import { fingerprintOf, isSigningKeyType, type SigningKey } from './signing-key.ts';

/** Longest cookie value, in bytes: browsers refuse a cookie of more than 4,096 with its name and attributes. */
export const maximumStatementBytes = 3_500;

/**
 * Makes the signed bytes something that can never be a CloudFront policy, which the same key signs and which is JSON.
 */
const prefix = 's3nator-session/2\n';
/**
 * Of statements from before signatures had one spelling. They are read until their sessions end, so that the upgrade
 * signs nobody out, and each renewal writes a new one.
 */
const earlierPrefix = 's3nator-session/1\n';

const text = v.pipe(v.string(), v.minLength(1));
const seconds = v.pipe(v.number(), v.integer(), v.minValue(0));

const statementSchema = v.strictObject({
  /** Origin of the site, so that no other site's session is valid here. */
  aud: text,
  /** Fingerprint of the key that signed the statement. */
  kid: text,
  /** Random; names the session in the audit. */
  sid: text,
  iss: text,
  sub: text,
  email: v.optional(text),
  /** What is known of the address: a renewal believes it no more than the sign-in did. */
  // A session from before it was written down is good still, and its address is not believed.
  addressState: v.optional(v.picklist(addressStates), 'unverified'),
  hd: v.optional(text),
  /** Of a user pool: who vouches for the address. */
  vouchers: v.optional(v.array(text)),
  /** The claims that the config names. */
  claims: v.optional(v.record(v.string(), v.unknown())),
  /** Cognito identity ID. */
  identityId: v.optional(text),
  /** When the person proved who they are; renewal never moves it. */
  signedInAt: seconds,
  /** The grant's path. */
  path: text,
  /** When the signed cookies end. */
  expiresAt: seconds,
});

export type SessionStatement = v.InferOutput<typeof statementSchema>;

/** Fingerprint to public half. */
export interface TrustedKeys {
  /** Throws, naming the fingerprint, on a key that is no signing key. */
  get(fingerprint: string): KeyObject | undefined;
}

function signingKeyOf(fingerprint: string, spki: Buffer): KeyObject {
  const key = createPublicKey({ key: spki, format: 'der', type: 'spki' });
  if (!isSigningKeyType(key)) throw new Error(`trusted key ${fingerprint} is neither P-256 nor RSA-2048`);
  return key;
}

/**
 * The environment's keys. Throws, naming the fingerprint, on one that is not the one it is called. `inKms`: they are
 * called by random names. Each is parsed when a session first names it: a cold start, and a sign-in after it, need
 * none.
 */
export function parseTrustedKeys(
  spkiByFingerprint: Readonly<Record<string, string>>,
  { inKms = false }: { readonly inKms?: boolean } = {},
): TrustedKeys {
  const unparsed = new Map(
    Object.entries(spkiByFingerprint).map(([fingerprint, base64]) => {
      const spki = Buffer.from(base64, 'base64');
      if (!inKms && fingerprintOf(spki) !== fingerprint) throw new Error(`trusted key ${fingerprint} is another key`);
      return [fingerprint, spki] as const;
    }),
  );
  const parsed = new Map<string, KeyObject>();
  return {
    get(fingerprint) {
      const spki = unparsed.get(fingerprint);
      if (spki === undefined) return undefined;
      const key = parsed.get(fingerprint) ?? signingKeyOf(fingerprint, spki);
      parsed.set(fingerprint, key);
      return key;
    },
  };
}

/** The field that takes most room; a claim as `claims.NAME`. */
function largestField(statement: SessionStatement): string {
  const { claims = {}, ...others } = statement;
  const fields = [
    ...Object.entries(others),
    ...Object.entries(claims).map(([name, value]) => [`claims.${name}`, value] as const),
  ].map(([name, value]) => ({ name, length: JSON.stringify(value)?.length ?? 0 }));
  return fields.reduce((largest, field) => (field.length > largest.length ? field : largest)).name;
}

/** base64url(bytes) `.` base64url(signature of the bytes). */
export async function encodeSession(statement: SessionStatement, key: SigningKey): Promise<Result<string>> {
  const bytes = Buffer.from(prefix + JSON.stringify(statement));
  const signature = await key.sign(bytes, 'SHA256');
  if (!signature.ok) return signature;
  const value = `${bytes.toString('base64url')}.${Buffer.from(signature.value).toString('base64url')}`;
  if (value.length <= maximumStatementBytes) return accept(value);
  return refuse('session-too-large', { claim: largestField(statement), bytes: value.length });
}

/** Only the one way of writing it: other spellings of the same bytes would be other cookies of the same session. */
function canonicalBytes(base64url: string): Buffer | undefined {
  const bytes = Buffer.from(base64url, 'base64url');
  return bytes.length > 0 && bytes.toString('base64url') === base64url ? bytes : undefined;
}

function parseStatement(bytes: Buffer): SessionStatement | undefined {
  const written = bytes.toString('utf8');
  if (!written.startsWith(prefix) && !written.startsWith(earlierPrefix)) return undefined;
  try {
    const result = v.safeParse(statementSchema, JSON.parse(written.slice(written.indexOf('\n') + 1)));
    return result.success ? result.output : undefined;
  } catch {
    return undefined;
  }
}

/** For an ECDSA signature there is another that verifies, which anybody can write down. */
const isOfOneSpelling = (bytes: Buffer, signature: Buffer, key: KeyObject): boolean =>
  key.asymmetricKeyType !== 'ec' || bytes.indexOf(earlierPrefix) === 0 || isCanonicalSignature(signature);

/**
 * The statement, if a trusted key signed it for this site; whether it is still in force is the caller's question. Never
 * throws.
 */
export function decodeSession(value: string, trustedKeys: TrustedKeys, audience: string): SessionStatement | undefined {
  if (value.length > maximumStatementBytes) return undefined;
  const [body = '', proof = '', ...rest] = value.split('.');
  const bytes = canonicalBytes(body);
  const signature = canonicalBytes(proof);
  if (bytes === undefined || signature === undefined || rest.length > 0) return undefined;
  const statement = parseStatement(bytes);
  const key = statement && trustedKeys.get(statement.kid);
  if (key === undefined || statement?.aud !== audience) return undefined;
  if (!isOfOneSpelling(bytes, signature, key)) return undefined;
  return verify('sha256', bytes, key, signature) ? statement : undefined;
}
