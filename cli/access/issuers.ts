/** Owns which issuers a site knows, as far as the config says it. Trusts nobody. */
import { issuerOf, type SiteConfig, userPoolAddresses } from '../../contract/config.ts';
import { googleIssuer } from '../../contract/layout.ts';

/** An issuer in one spelling: rules may name a provider by its kind. */
export const fullIssuer = (issuer: string): string => (issuer === 'google' ? googleIssuer : issuer);

/** Whether anybody comes from an issuer, which may be the kind of a provider. */
export const knowsIssuer =
  ({ providers, region }: Pick<SiteConfig, 'providers' | 'region'>) =>
  (issuer: string): boolean =>
    providers.some((provider) => {
      if (issuer === provider.kind || issuer === issuerOf(provider)) return true;
      // The ID of a pool that the stack makes stands in no config.
      if (provider.kind !== 'cognitoUserPool' || provider.existing !== undefined) return false;
      return issuer.startsWith(`${userPoolAddresses(provider, region).endpoint}/`);
    });
