/** Builds the list of issuers that the API trusts: one entry for each provider of the site. */
import type { Environment } from '../../contract/environment.ts';
import { bareGoogleIssuer, googleIssuer, userPoolIssuer } from '../../contract/layout.ts';
import { type ProviderKind, traitsOf } from '../../contract/provider-traits.ts';
import type { Watch } from '../shared/invocations.ts';
import type { Log } from '../shared/log.ts';
import { fetchBounded, fetchTimeoutMs } from './bounded-fetch.ts';
import { fetchDiscoveredKeySet } from './discovery.ts';
import { createKeySet, type KeySet } from './key-set.ts';
import type { SignatureAlgorithm } from './signature-algorithm.ts';

/** How far the API trusts an issuer's statements about people. */
export interface IssuerTrust {
  readonly kind: ProviderKind;
  /**
   * Maps each voucher for an address (`Identity.vouchers`) to the domains that it is trusted for. Google is not in the
   * map: it names the domain itself, in `hd`.
   */
  readonly trustedDomains: ReadonlyMap<string, ReadonlySet<string>>;
  /** Rules that name neither people nor an issuer apply to its people. */
  readonly isDefault: boolean;
}

/** The settings that a token of this issuer is checked against. Settings of other issuers never apply to it. */
export interface TrustedIssuer extends IssuerTrust {
  /** The issuer's name, in the one form that is compared and stored. */
  readonly issuer: string;
  /** Pinned. The token's header is compared with it, and never followed. */
  readonly algorithm: SignatureAlgorithm;
  /** Allowed values of `aud`. The identity pool knows the first one. */
  readonly audiences: readonly string[];
  readonly keySet: KeySet;
  /** The issuer's name in Cognito's identity pools; null: they do not know it. */
  readonly identityLogin: string | null;
}

/** Keyed by the `iss` of tokens. */
export type TrustedIssuers = ReadonlyMap<string, TrustedIssuer>;

export const issuersByName = (issuers: readonly TrustedIssuer[]): TrustedIssuers =>
  new Map(
    issuers.flatMap((one) => {
      const { otherIssuerName } = traitsOf(one);
      return [[one.issuer, one] as const, ...(otherIssuerName === null ? [] : [[otherIssuerName, one] as const])];
    }),
  );

export const trustedGoogle = (audiences: readonly string[], keySet: KeySet): TrustedIssuer => ({
  kind: 'google',
  issuer: googleIssuer,
  algorithm: 'RS256',
  audiences,
  keySet,
  trustedDomains: new Map(),
  isDefault: true,
  identityLogin: bareGoogleIssuer,
});

const withoutScheme = (url: string): string => url.slice(url.indexOf('//') + 2);

export interface IssuerOptions {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly log: Log;
  /** Whether the instance stayed awake during a fetch. Default: nothing freezes it. */
  readonly watch?: Watch;
}

/** The issuers of a site. Throws if the stack named a user pool provider but did not say which pool. */
export function createTrustedIssuers(
  { providers, userPool }: Pick<Environment, 'providers' | 'userPool'>,
  options: IssuerOptions,
): readonly TrustedIssuer[] {
  const hasOwner = providers.some((provider) => traitsOf(provider).ownsUnnamedRules === 'always');
  const isDefault = (provider: { readonly kind: ProviderKind }): boolean => {
    const { ownsUnnamedRules } = traitsOf(provider);
    return ownsUnnamedRules === 'always' || (ownsUnnamedRules === 'alone' && !hasOwner);
  };
  const keySetAt = (url: string, algorithm: SignatureAlgorithm = 'RS256'): KeySet =>
    createKeySet({ ...options, url, algorithm, fetchText: () => fetchBounded(url) });

  function trusted(provider: Environment['providers'][number]): TrustedIssuer {
    switch (provider.kind) {
      case 'google':
        return trustedGoogle([provider.clientId, ...provider.otherClientIds], keySetAt(provider.keySetUrl));
      case 'cognitoUserPool': {
        if (userPool === null) throw new Error('Lambda environment: no user pool');
        const issuer = userPoolIssuer(userPool.id);
        return {
          kind: provider.kind,
          issuer,
          algorithm: 'RS256',
          audiences: [userPool.clientId],
          keySet: keySetAt(`${provider.endpoint}/${userPool.id}/.well-known/jwks.json`),
          trustedDomains: new Map(
            Object.entries(provider.trustedDomains).map(([name, domains]) => [name, new Set(domains)]),
          ),
          isDefault: isDefault(provider),
          identityLogin: withoutScheme(issuer),
        };
      }
      case 'oidc': {
        const { issuer, algorithm, keySetUrl, discoveryUrl } = provider;
        const discovered = (): Promise<string> =>
          fetchDiscoveredKeySet({ discoveryUrl, issuer, timeoutMs: fetchTimeoutMs, now: options.now }, fetchBounded);
        return {
          kind: provider.kind,
          issuer,
          algorithm,
          audiences: provider.audiences,
          keySet:
            keySetUrl === null
              ? createKeySet({ ...options, url: discoveryUrl, algorithm, fetchText: discovered })
              : keySetAt(keySetUrl, algorithm),
          trustedDomains: new Map([[issuer, new Set(provider.trustedDomains)]]),
          isDefault: isDefault(provider),
          identityLogin: null,
        };
      }
    }
  }

  return providers.map(trusted);
}
