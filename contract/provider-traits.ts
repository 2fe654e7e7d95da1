/**
 * What each kind of provider may do, and how far it is believed. A new kind answers every question, or nothing
 * compiles.
 */
import type { Environment } from './environment.ts';
import { bareGoogleIssuer } from './layout.ts';

export type ProviderKind = Environment['providers'][number]['kind'];

export interface ProviderTraits {
  /** false: its tokens are for machines. Only a caller that is no browser may send them, as Bearer. */
  readonly signsInOnPages: boolean;
  /** Its sign-in may post a token as a form. */
  readonly postsForms: boolean;
  /**
   * People may ask for access where anyone may ask. false: anybody could fill the list, with as many jobs as they like.
   */
  readonly mayAskLikeAnyone: boolean;
  /** A token may name several audiences. */
  readonly namesSeveralAudiences: boolean;
  /**
   * What tells an ID token from what else is signed with the same keys. `required`: it says so in `token_use`;
   * `optional`: no claim may say otherwise; `header`: only its header may say otherwise.
   */
  readonly tokenUse: 'required' | 'optional' | 'header';
  /** In `email_verified` the text "true" means true. */
  readonly writesTrueAsText: boolean;
  /** Who vouches for an address: the issuer itself, or those whom the claims name. */
  readonly vouchers: 'issuer' | 'claims';
  /** Where the domain of an account comes from: the claim `hd`, or a verified address of a trusted domain. */
  readonly hostedDomain: 'hd' | 'trustedDomains';
  /** An address of Google Cloud's service accounts is one of a machine. */
  readonly hasServiceAccounts: boolean;
  /** The authority for addresses of gmail.com. */
  readonly hostsGmail: boolean;
  /** Without a verified address an account is nobody but its subject. */
  readonly needsAddress: boolean;
  /** A rule with `trustUnmanaged` that names no issuer believes it about addresses of other hosts. */
  readonly verifiesOtherHosts: boolean;
  /**
   * Whether rules that name no issuer are about its people. `alone`: only on a site without a provider for whom it is
   * `always`.
   */
  readonly ownsUnnamedRules: 'always' | 'alone' | 'never';
  /** Rules may call its issuer by the kind. */
  readonly isNamedByKind: boolean;
  /** A second spelling of its issuer in tokens. */
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
    // A service account's token may come without one.
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
    // For some federated people.
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

/** `kind`: of a provider, its issuer, or somebody's trust. */
export const traitsOf = ({ kind }: { readonly kind: ProviderKind }): ProviderTraits => providerTraits[kind];
