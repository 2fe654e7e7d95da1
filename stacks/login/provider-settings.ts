/** The settings of each provider for the Lambda. */
import type { SiteConfig } from '../../contract/config.ts';
import type { Environment } from '../../contract/environment.ts';
import { discoveryUrlOf, type ProviderConfig, userPoolAddresses } from '../../contract/providers.ts';

type ProviderSettings = Environment['providers'][number];

function settingsOf(provider: ProviderConfig, { region, pages }: SiteConfig): ProviderSettings {
  switch (provider.kind) {
    case 'google':
      return provider;
    case 'cognitoUserPool': {
      const { kind, label, logout, trustedDomains } = provider;
      const { endpoint, hostedSignIn } = userPoolAddresses(provider, region);
      return { kind, label, hostedSignIn, callbackPath: pages.login, logout, endpoint, trustedDomains };
    }
    case 'oidc':
      return { ...provider, discoveryUrl: discoveryUrlOf(provider) };
  }
}

export const providerSettings = (site: SiteConfig): ProviderSettings[] =>
  site.providers.map((provider) => settingsOf(provider, site));
