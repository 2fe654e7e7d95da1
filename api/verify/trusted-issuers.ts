/** The issuers that the API trusts, and with what: one entry for each provider of the site. */
import type { Environment } from '../../contract/environment.ts';
import { bareGoogleIssuer, googleIssuer, userPoolIssuer } from '../../contract/layout.ts';
import { type ProviderKind, traitsOf } from '../../contract/provider-traits.ts';
import type { Watch } from '../shared/invocations.ts';
import type { Log } from '../shared/log.ts';
import { fetchBounded, fetchTimeoutMs } from './bounded-fetch.ts';
import { fetchDiscoveredKeySet } from './discovery.ts';
import { createKeySet, type KeySet } from './key-set.ts';
import type { SignatureAlgorithm } from './signature-algorithm.ts';

/** How far an issuer is believed about people. */
export interface IssuerTrust {
  readonly kind: ProviderKind;
  /**
   * Who vouches for an address (`Identity.vouchers`) to the domains that they are believed about. Google is not among
   * them: it says so itself, by `hd`.
   */
  readonly trustedDomains: ReadonlyMap<string, ReadonlySet<string>>;
  /** Rules that name neither people nor an issuer are about its people. */
  readonly isDefault: boolean;
}

/** Everything that a token of an issuer is held to; nothing of another issuer's entry ever counts for it. */
export interface TrustedIssuer extends IssuerTrust {
  /** The one spelling that is compared and stored. */
  readonly issuer: string;
  /** Pinned; what a token's header says is compared with it and never followed. */
  readonly algorithm: SignatureAlgorithm;
  /** What `aud` may be; the identity pool knows the first one. */
  readonly audiences: readonly string[];
  readonly keySet: KeySet;
  /** What Cognito's identity pools call it; null: they do not know it. */
  readonly identityLogin: string | null;
}

/** By `iss` as tokens have it. */
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
  /** Whether the instance was awake during a fetch. Default: nothing freezes it. */
  readonly watch?: Watch;
}

/** The issuers of a site. Throws when the stack named a user pool among the providers and did not say which. */
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
