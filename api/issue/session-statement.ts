/** Writes and reads the session statement, the signed value of the session cookie. Uses no clock. */
import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import * as v from 'valibot';
import { addressStates } from '../decide/identity.ts';
import { accept, type Result, refuse } from '../shared/refusal.ts';
import { isCanonicalSignature } from './ecdsa-signature.ts';
import { fingerprintOf, isSigningKeyType, type SigningKey } from './signing-key.ts';

/** Longest cookie value, in bytes. Browsers refuse a cookie of more than 4,096 bytes with its name and attributes. */
export const maximumStatementBytes = 3_500;

/** Keeps the signed bytes distinct from a CloudFront policy, which is JSON and signed with the same key. */
const prefix = 's3nator-session/2\n';
/**
 * Prefix of statements from before signatures had one canonical form. They stay valid until their sessions end, so the
 * upgrade signs nobody out. Each renewal writes a new statement.
 */
const earlierPrefix = 's3nator-session/1\n';

const text = v.pipe(v.string(), v.minLength(1));
const seconds = v.pipe(v.number(), v.integer(), v.minValue(0));

const statementSchema = v.strictObject({
  /** Origin of the site, so that no other site's session is valid here. */
  aud: text,
  /** Fingerprint of the key that signed the statement. */
  kid: text,
  /** Random. The audit names the session by it. */
  sid: text,
  iss: text,
  sub: text,
  email: v.optional(text),
  /** State of the address at sign-in. A renewal trusts the address no more than that. */
  // Sessions issued before this field existed stay valid, with an unverified address.
  addressState: v.optional(v.picklist(addressStates), 'unverified'),
  hd: v.optional(text),
  /** For a user pool: everyone who vouches for the address. */
  vouchers: v.optional(v.array(text)),
  /** The claims that the config names. */
  claims: v.optional(v.record(v.string(), v.unknown())),
  /** Cognito identity ID. */
  identityId: v.optional(text),
  /** When the person proved their identity. A renewal never changes it. */
  signedInAt: seconds,
  /** The grant's path. */
  path: text,
  /** When the signed cookies end. */
  expiresAt: seconds,
});

export type SessionStatement = v.InferOutput<typeof statementSchema>;

/** Fingerprint to public half. */
export interface TrustedKeys {
  /** Throws an error with the fingerprint if the key is not a signing key. */
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

/** The largest field. A claim is named `claims.NAME`. */
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

/** Accepts only one encoding. Otherwise the same bytes could be sent as different cookies of one session. */
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

/** An ECDSA signature has a second form that verifies, and anybody can compute it. */
const isOfOneSpelling = (bytes: Buffer, signature: Buffer, key: KeyObject): boolean =>
  key.asymmetricKeyType !== 'ec' || bytes.indexOf(earlierPrefix) === 0 || isCanonicalSignature(signature);

/**
 * Returns the statement if a trusted key signed it for this site. The caller checks whether it is still in force. Never
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
