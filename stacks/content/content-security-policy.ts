/** The Content-Security-Policy of the shipped pages, built from the providers' addresses. */
import type { SiteConfig } from '../../contract/config.ts';
import { userPoolAddresses } from '../../contract/providers.ts';

/** Placeholder for the policy in a shipped page, in the `content` of `<meta http-equiv="Content-Security-Policy">`. */
export const policyPlaceholder = '{{content-security-policy}}';

/** The nonce that the element puts on the provider's script tag. It allows inline styles only. */
const styleNonce = 's3nator';

/**
 * What a shipped page may load: its own files, what Google's sign-in needs, and the endpoint where a user pool
 * exchanges its code. A page navigates to the hosted sign-in, and no directive limits that.
 * @see https://developers.google.com/identity/gsi/web/guides/get-google-api-clientid#content_security_policy
 * @see https://docs.aws.amazon.com/cognito/latest/developerguide/token-endpoint.html
 */
export function contentSecurityPolicy({ providers, region }: Pick<SiteConfig, 'providers' | 'region'>): string {
  const scripts: string[] = [];
  const tokenEndpoints: string[] = [];
  for (const provider of providers) {
    switch (provider.kind) {
      case 'google':
        scripts.push(provider.scriptUrl);
        break;
      case 'cognitoUserPool':
        tokenEndpoints.push(`https://${userPoolAddresses(provider, region).hostedSignIn}/oauth2/token`);
        break;
      case 'oidc':
        break;
      default:
        provider satisfies never;
    }
  }
  const folders = scripts.map((script) => new URL('/gsi/', script).href);
  const directives = {
    'default-src': ["'none'"],
    'script-src': ["'self'", ...scripts],
    // Google's script inserts an inline <style>, and copies the nonce of its script tag onto it.
    'style-src': ["'self'", `'nonce-${styleNonce}'`, ...folders.map((folder) => `${folder}style`)],
    'connect-src': ["'self'", ...folders, ...tokenEndpoints],
    'frame-src': folders.length > 0 ? folders : ["'none'"],
    'img-src': ["'self'", 'data:'],
    'base-uri': ["'none'"],
    'form-action': ["'none'"],
  };
  return Object.entries(directives)
    .map(([name, sources]) => `${name} ${sources.join(' ')}`)
    .join('; ');
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '"': '&quot;', '<': '&lt;', '>': '&gt;' };

/** The page with the policy in place of the placeholder, escaped for a double-quoted attribute. */
export function withContentSecurityPolicy(page: string, policy: string): string {
  return page.replaceAll(policyPlaceholder, () => policy.replace(/[&"<>]/g, (character) => entities[character] ?? ''));
}
