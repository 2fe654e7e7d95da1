/**
 * Defines what each kind of provider may do, and how far it is trusted. A new kind must set every trait, or it does not
 * compile.
 */
import type { Environment } from './environment.ts';
import { bareGoogleIssuer } from './layout.ts';

export type ProviderKind = Environment['providers'][number]['kind'];

export interface ProviderTraits {
  /** false: its tokens are for machines. Only a caller that is not a browser may send them, as Bearer. */
  readonly signsInOnPages: boolean;
  /** Its sign-in may post a token as a form. */
  readonly postsForms: boolean;
  /**
   * If anyone may ask for access, its people may, too. false: anybody could fill the list by starting any number of
   * jobs.
   */
  readonly mayAskLikeAnyone: boolean;
  /** A token may name several audiences. */
  readonly namesSeveralAudiences: boolean;
  /**
   * How to distinguish an ID token from other tokens that are signed with the same keys. `required`: `token_use` must
   * say so. `optional`: no claim may say otherwise. `header`: only the header may say otherwise.
   */
  readonly tokenUse: 'required' | 'optional' | 'header';
  /** In `email_verified`, the text "true" means true. */
  readonly writesTrueAsText: boolean;
  /** Who vouches for an address: the issuer itself, or the providers that the claims name. */
  readonly vouchers: 'issuer' | 'claims';
  /** Source of an account's domain: the claim `hd`, or a verified address in a trusted domain. */
  readonly hostedDomain: 'hd' | 'trustedDomains';
  /** An address of a Google Cloud service account belongs to a machine. */
  readonly hasServiceAccounts: boolean;
  /** The provider is the authority for addresses at gmail.com. */
  readonly hostsGmail: boolean;
  /** Without a verified address, an account only matches by its subject. */
  readonly needsAddress: boolean;
  /** A rule with `trustUnmanaged` but without an issuer trusts it about addresses at other hosts. */
  readonly verifiesOtherHosts: boolean;
  /** Whether rules that name no issuer apply to its people. `alone`: only if the site has no `always` provider. */
  readonly ownsUnnamedRules: 'always' | 'alone' | 'never';
  /** Rules may name its issuer by the kind. */
  readonly isNamedByKind: boolean;
  /** A second form of its issuer in tokens. */
  readonly otherIssuerName: string | null;
}

export const providerTraits = {
  google: {
    signsInOnPages: true,
    postsForms: true,
    mayAskLikeAnyone: true,
    namesSeveralAudiences: false,
    tokenUse: 'header',
    writesTrueAsText: false,
    vouchers: 'issuer',
    hostedDomain: 'hd',
    hasServiceAccounts: true,
    hostsGmail: true,
    // A service account's token may have no address.
    needsAddress: true,
    verifiesOtherHosts: true,
    ownsUnnamedRules: 'always',
    isNamedByKind: true,
    otherIssuerName: bareGoogleIssuer,
  },
  cognitoUserPool: {
    signsInOnPages: true,
    postsForms: false,
    mayAskLikeAnyone: true,
    namesSeveralAudiences: false,
    tokenUse: 'required',
    // Only for some federated people.
    writesTrueAsText: true,
    vouchers: 'claims',
    hostedDomain: 'trustedDomains',
    hasServiceAccounts: false,
    hostsGmail: false,
    needsAddress: false,
    verifiesOtherHosts: false,
    ownsUnnamedRules: 'alone',
    isNamedByKind: true,
    otherIssuerName: null,
  },
  oidc: {
    signsInOnPages: false,
    postsForms: false,
    mayAskLikeAnyone: false,
    namesSeveralAudiences: true,
    tokenUse: 'optional',
    writesTrueAsText: false,
    vouchers: 'issuer',
    hostedDomain: 'trustedDomains',
    hasServiceAccounts: false,
    hostsGmail: false,
    needsAddress: false,
    verifiesOtherHosts: false,
    ownsUnnamedRules: 'never',
    isNamedByKind: false,
    otherIssuerName: null,
  },
} as const satisfies Record<ProviderKind, ProviderTraits>;

/** `kind`: the kind of a provider, of its issuer, or of a person's trust. */
export const traitsOf = ({ kind }: { readonly kind: ProviderKind }): ProviderTraits => providerTraits[kind];
