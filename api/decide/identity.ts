/** Builds a person's identity from verified claims or from their session. */
import { isAddress, isDomain, lowerCase } from '../../contract/address.ts';
import { traitsOf } from '../../contract/provider-traits.ts';
import type { VerifiedClaims } from '../verify/id-token.ts';
import type { IssuerTrust } from '../verify/trusted-issuers.ts';
import { poolVouchers } from './pool-vouchers.ts';

// Ignores case, because a malformed address is not lower-cased.
const serviceAccountAddress = /[@.]gserviceaccount\.com$/i;

export const addressStates = ['verified', 'unverified', 'malformed', 'absent'] as const;

type AddressState = (typeof addressStates)[number];

/** The known facts about a person. The rest is derived from them. */
interface KnownIdentity {
  readonly issuer: string;
  /** How far the issuer is trusted. */
  readonly trust: IssuerTrust;
  readonly subject: string;
  /** In lower case if it is ASCII. `addressState` says whether to trust it. */
  readonly email: string | undefined;
  readonly addressState: AddressState;
  /**
   * Everyone who may have supplied the address: the issuer, or for a user pool the providers that are linked to the
   * account. The address is trusted only as far as all of them are. Empty: not known, so the address is not trusted.
   */
  readonly vouchers: readonly string[];
  /** The claims that the config names. Rules on claims use them. */
  readonly claims: Readonly<Record<string, unknown>>;
}

export interface Identity extends KnownIdentity {
  /**
   * The domain that the account belongs to. For Google it is the `hd` claim in lower case, never part of the address.
   * For another issuer it is the domain of a verified address, if the config trusts everyone who vouches for it about
   * that domain.
   */
  readonly hostedDomain: string | undefined;
  /** A Google Cloud service account, by its address. */
  readonly isServiceAccount: boolean;
  /** The issuer is authoritative for the address. Any other address may have a new owner since it was verified. */
  readonly isManaged: boolean;
}

function addressState(address: string | undefined, isVerified: boolean): AddressState {
  if (address === undefined) return 'absent';
  if (!isAddress(address)) return 'malformed';
  return isVerified ? 'verified' : 'unverified';
}

/**
 * Accepts only the boolean, because the text "false" is truthy. Cognito writes texts for some federated people.
 * @see https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-specifying-attribute-mapping.html
 */
const isVerified = (claim: unknown, trust: IssuerTrust): boolean =>
  claim === true || (claim === 'true' && traitsOf(trust).writesTrueAsText);

/** The claims of `all` that the config names. */
export const claimsNamed = (
  all: Readonly<Record<string, unknown>>,
  names: readonly string[],
): Record<string, unknown> =>
  Object.fromEntries(names.filter((name) => Object.hasOwn(all, name)).map((name) => [name, all[name]]));

/** The domain of a verified address, if everyone who may have supplied it is trusted for that domain. */
function trustedDomain({ trust, email, addressState: state, vouchers }: KnownIdentity): string | undefined {
  const domain = state === 'verified' ? email?.slice(email.indexOf('@') + 1) : undefined;
  if (domain === undefined || vouchers.length === 0) return undefined;
  return vouchers.every((one) => trust.trustedDomains.get(one)?.has(domain)) ? domain : undefined;
}

/** `workspace`: Google's `hd`. */
export function identityOf(known: KnownIdentity, workspace: string | undefined): Identity {
  const { email } = known;
  const traits = traitsOf(known.trust);
  const hostedDomain = traits.hostedDomain === 'hd' ? workspace : trustedDomain(known);
  return {
    ...known,
    hostedDomain,
    isServiceAccount: traits.hasServiceAccounts && email !== undefined && serviceAccountAddress.test(email),
    isManaged: hostedDomain !== undefined || (traits.hostsGmail && email?.endsWith('@gmail.com') === true),
  };
}

/** `claimNames`: the claims that the session keeps. Rules see no others. */
export function identify(verified: VerifiedClaims, claimNames: readonly string[]): Identity {
  const { issuer: trust, subject, all } = verified;
  const { email: claimed, email_verified: emailVerified, hd } = all;
  const address = typeof claimed === 'string' && claimed !== '' ? claimed : undefined;
  const known = {
    issuer: trust.issuer,
    trust,
    subject,
    email: address && lowerCase(address),
    addressState: addressState(address, isVerified(emailVerified, trust)),
    vouchers: traitsOf(trust).vouchers === 'claims' ? poolVouchers(all) : [trust.issuer],
    claims: claimsNamed(all, claimNames),
  };
  return identityOf(known, typeof hd === 'string' && isDomain(hd) ? lowerCase(hd) : undefined);
}
