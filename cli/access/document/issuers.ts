/** Which issuers a site knows, from its config and its deploy. */
import type { SiteConfig } from '../../../contract/config.ts';
import { cognitoEndpoint, googleIssuer, userPoolIssuer } from '../../../contract/layout.ts';
import { issuerOf } from '../../../contract/providers.ts';
import type { UserPoolIds } from '../../deployed-site.ts';

/** An issuer in one spelling: rules may name a provider by its kind. */
export const fullIssuer = (issuer: string): string => (issuer === 'google' ? googleIssuer : issuer);

export interface KnownSite {
  readonly config: Pick<SiteConfig, 'providers' | 'region'>;
  /** The user pool that the stack made; null: none, or not known. */
  readonly userPool: UserPoolIds | null;
}

/** Whether the site has a provider with this issuer, or of this kind. */
export const knowsIssuer =
  ({ config: { providers, region }, userPool }: KnownSite) =>
  (issuer: string): boolean =>
    providers.some((provider) => {
      if (issuer === provider.kind || issuer === issuerOf(provider)) return true;
      if (provider.kind !== 'cognitoUserPool' || provider.existing !== undefined) return false;
      // The config does not have the ID of a pool that the stack makes.
      if (userPool !== null) return issuer === userPoolIssuer(userPool.id);
      return issuer.startsWith(`${cognitoEndpoint(region)}/${region}_`);
    });
