/** Owns what verified claims say about who someone is: address, domain, kind of account. Pure; grants nothing. */
import type { VerifiedClaims } from './id-token.ts';

/** Longest address that is looked at (RFC 5321, 4.5.3.1). */
const maximumEmailLength = 320;

// Exactly one @, visible ASCII only: lower-casing other letters may meet someone else's address (U+212A lower-cases to k).
const oneAddress = /^[\x21-\x3f\x41-\x7e]+@[\x21-\x3f\x41-\x7e]+$/;
const visibleAscii = /^[\x21-\x7e]+$/;
const serviceAccountAddress = /[@.]gserviceaccount\.com$/;

export interface Identity {
  readonly issuer: string;
  readonly subject: string;
  /** Lower-cased; whether it may be believed is `addressState`. */
  readonly email: string | undefined;
  readonly addressState: 'verified' | 'unverified' | 'malformed' | 'absent';
  /** Google's `hd` claim, lower-cased: the Workspace domain that the account belongs to. Never derived from the address. */
  readonly hostedDomain: string | undefined;
  /** A Google Cloud service account, by its address. */
  readonly isServiceAccount: boolean;
  /** Google is authoritative for the address; another one may have changed hands since it was verified. */
  readonly isManaged: boolean;
  /** The claims that the config names, for rules on claims. */
  readonly claims: Readonly<Record<string, unknown>>;
}

/** `address`: as it came, because lower-casing hides what is wrong with it. */
function addressState(address: string | undefined, verified: unknown): Identity['addressState'] {
  if (address === undefined) return 'absent';
  if (address.length > maximumEmailLength || !oneAddress.test(address)) return 'malformed';
  // Only the boolean: the text "false" would be true.
  return verified === true ? 'verified' : 'unverified';
}

/** `claimNames`: claims that the session keeps; no other is given to the rules. */
export function identify(verified: VerifiedClaims, claimNames: readonly string[]): Identity {
  const { email: claimed, email_verified: emailVerified, hd } = verified.all;
  const address = typeof claimed === 'string' && claimed !== '' ? claimed : undefined;
  const email = address?.toLowerCase();
  const hostedDomain = typeof hd === 'string' && visibleAscii.test(hd) ? hd.toLowerCase() : undefined;
  return {
    issuer: verified.issuer,
    subject: verified.subject,
    email,
    addressState: addressState(address, emailVerified),
    hostedDomain,
    isServiceAccount: email !== undefined && serviceAccountAddress.test(email),
    isManaged: hostedDomain !== undefined || email?.endsWith('@gmail.com') === true,
    claims: Object.fromEntries(
      claimNames.filter((name) => Object.hasOwn(verified.all, name)).map((name) => [name, verified.all[name]]),
    ),
  };
}
