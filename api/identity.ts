/** Owns who someone is, by verified claims or by their session: address, domain, kind of account. Pure; grants nothing. */
import type { VerifiedClaims } from './id-token.ts';
import type { SessionStatement } from './session-statement.ts';

/** Longest address that is looked at (RFC 5321, 4.5.3.1). */
const maximumEmailLength = 320;

// Exactly one @, visible ASCII only: lower-casing other letters may meet someone else's address (U+212A lower-cases to k).
const oneAddress = /^[\x21-\x3f\x41-\x7e]+@[\x21-\x3f\x41-\x7e]+$/;
const visibleAscii = /^[\x21-\x7e]+$/;
const serviceAccountAddress = /[@.]gserviceaccount\.com$/;

export const addressStates = ['verified', 'unverified', 'malformed', 'absent'] as const;

type AddressState = (typeof addressStates)[number];

/** What is known of someone; the rest follows from it. */
interface KnownIdentity {
  readonly issuer: string;
  readonly subject: string;
  /** Lower-cased; whether it may be believed is `addressState`. */
  readonly email: string | undefined;
  readonly addressState: AddressState;
  /** Google's `hd` claim, lower-cased: the Workspace domain that the account belongs to. Never derived from the address. */
  readonly hostedDomain: string | undefined;
  /** The claims that the config names, for rules on claims. */
  readonly claims: Readonly<Record<string, unknown>>;
}

export interface Identity extends KnownIdentity {
  /** A Google Cloud service account, by its address. */
  readonly isServiceAccount: boolean;
  /** Google is authoritative for the address; another one may have changed hands since it was verified. */
  readonly isManaged: boolean;
}

/** `address`: as it came, because lower-casing hides what is wrong with it. */
function addressState(address: string | undefined, verified: unknown): AddressState {
  if (address === undefined) return 'absent';
  if (address.length > maximumEmailLength || !oneAddress.test(address)) return 'malformed';
  // Only the boolean: the text "false" would be true.
  return verified === true ? 'verified' : 'unverified';
}

const claimsNamed = (all: Readonly<Record<string, unknown>>, names: readonly string[]): Record<string, unknown> =>
  Object.fromEntries(names.filter((name) => Object.hasOwn(all, name)).map((name) => [name, all[name]]));

const identityOf = (known: KnownIdentity): Identity => ({
  ...known,
  isServiceAccount: known.email !== undefined && serviceAccountAddress.test(known.email),
  isManaged: known.hostedDomain !== undefined || known.email?.endsWith('@gmail.com') === true,
});

/** `claimNames`: claims that the session keeps; no other is given to the rules. */
export function identify(verified: VerifiedClaims, claimNames: readonly string[]): Identity {
  const { email: claimed, email_verified: emailVerified, hd } = verified.all;
  const address = typeof claimed === 'string' && claimed !== '' ? claimed : undefined;
  return identityOf({
    issuer: verified.issuer,
    subject: verified.subject,
    email: address?.toLowerCase(),
    addressState: addressState(address, emailVerified),
    hostedDomain: typeof hd === 'string' && visibleAscii.test(hd) ? hd.toLowerCase() : undefined,
    claims: claimsNamed(verified.all, claimNames),
  });
}

/** The same person, as a session remembers them; `claimNames` may have changed since. */
export function rememberedIdentity(statement: SessionStatement, claimNames: readonly string[]): Identity {
  return identityOf({
    issuer: statement.iss,
    subject: statement.sub,
    email: statement.email,
    addressState: statement.addressState,
    hostedDomain: statement.hd,
    claims: claimsNamed(statement.claims ?? {}, claimNames),
  });
}
