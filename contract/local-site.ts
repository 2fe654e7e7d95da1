/** Derives the local site from the deployed one: stand-ins replace the providers, and there is no domain. */
import type { SiteConfig } from './config.ts';
import { isLoopback } from './config-values.ts';
import { cognitoEndpoint } from './layout.ts';
import { type ProviderConfig, placeholderClientId, poolRegion } from './providers.ts';

/** Replaces the placeholder of a fresh clone. */
const localClientId = 'local.apps.googleusercontent.com';

/** Values of the local run that replace a site's live ones. */
export interface LocalValues {
  /** Origin where the emulator serves the site, for example `http://localhost:8080`. */
  readonly siteOrigin: string;
  /** Origin of the stand-in Google, which answers http at the same port, too; null: the real Google. */
  readonly standInGoogle: string | null;
  /** Origin of the stand-in for every other issuer. A user pool's hosted sign-in uses its host, over https. */
  readonly standInIssuers: string;
  /** Life of the signed cookies in seconds, short enough to watch a renewal. Default: the config's. */
  readonly cookieSeconds?: number | undefined;
}

function localProvider(provider: ProviderConfig, region: string, local: LocalValues): ProviderConfig {
  const { standInGoogle, standInIssuers } = local;
  switch (provider.kind) {
    case 'google':
      return {
        ...provider,
        clientId: provider.clientId === placeholderClientId ? localClientId : provider.clientId,
        ...(standInGoogle !== null && {
          scriptUrl: `${standInGoogle}/gsi/client`,
          // The API does not know the certificate of a stand-in that browsers reach by https.
          keySetUrl: `${standInGoogle.replace(/^https:/, 'http:')}/oauth2/v3/certs`,
        }),
      };
    case 'cognitoUserPool': {
      const { host } = new URL(cognitoEndpoint(poolRegion(provider, region)));
      return { ...provider, hostedSignIn: new URL(standInIssuers).host, endpoint: `${standInIssuers}/${host}` };
    }
    case 'oidc': {
      // An issuer on this machine is already a stand-in.
      if (isLoopback(new URL(provider.issuer).hostname)) return provider;
      const query = `issuer=${encodeURIComponent(provider.issuer)}`;
      return {
        ...provider,
        keySetUrl: provider.keySetUrl && `${standInIssuers}/jwks?${query}`,
        discoveryUrl: `${standInIssuers}/openid-configuration?${query}`,
      };
    }
  }
}

/**
 * Returns the site for the laptop. It replaces the addresses of the providers and a placeholder client ID, adds the
 * local origin to `allowedOrigins`, and drops the custom domain, whose certificate and records do not exist locally. It
 * can shorten the life of the cookies. Everything else, such as issuers, audiences and rules, stays as deployed.
 */
export function localSite(site: SiteConfig, local: LocalValues): SiteConfig {
  return {
    ...site,
    domain: null,
    session: { ...site.session, cookieSeconds: local.cookieSeconds ?? site.session.cookieSeconds },
    allowedOrigins: [...site.allowedOrigins, local.siteOrigin],
    providers: site.providers.map((provider) => localProvider(provider, site.region, local)),
  };
}
