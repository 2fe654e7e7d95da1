/**
 * A site with a user pool whose hosted sign-in a browser finds at the pool's own host name, as on AWS.
 */
import type { Browser } from 'playwright';
import { type RunningSite, unthrottled } from './site.ts';
import { launchBrowser } from './visitor.ts';

export const hostedSignIn = 'example-docs.auth.eu-west-1.amazoncognito.com';
export const poolLabel = 'Sign in with Example';

/** The config of a site with a user pool, too. `logout`: signing out ends its session as well. */
export const withPool =
  ({ logout }: { readonly logout: boolean }) =>
  (text: string): string =>
    unthrottled(text).replace(
      'providers: [',
      `providers: [
        { kind: 'cognitoUserPool', label: '${poolLabel}', logout: ${logout},
           trustedDomains: { Cognito: ['example.com'] },
          provision: { domainPrefix: 'example-docs', passwords: { selfSignUp: false } } },`,
    );

/** A browser for which the name of the hosted sign-in leads to the stand-in. Its certificate nobody signed. */
export const launchPoolBrowser = (site: RunningSite): Promise<Browser> =>
  launchBrowser([`--host-resolver-rules=MAP ${hostedSignIn} ${new URL(site.issuers.origin).host}`]);
