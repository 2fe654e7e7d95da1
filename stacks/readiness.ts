/** Owns the question whether a config can be deployed: finds everything that is missing at once. Writes nothing. */
import { join } from 'node:path';
import { type Config, placeholderClientId, type SiteConfig } from '../contract/config.ts';
import { packageLambda } from './lambda-package.ts';
import { isSetupError, setupError } from './setup-error.ts';
import { readSigningKeys, type SigningKeys } from './signing-keys.ts';
import { elementFile, ownFiles } from './site-files.ts';

/** Either the keys of every site, or every reason why not, each with its mend. */
export type Readiness =
  | { readonly keys: Readonly<Record<string, SigningKeys>> }
  | { readonly keys: undefined; readonly problems: readonly string[] };

/** Looks at client IDs, keys under `root/keys`, the build and the content, as far as `config` names them. */
export function checkReadiness(config: Config, root: string): Readiness {
  const problems = new Set<string>();
  const attempt = <T>(step: () => T): T | undefined => {
    try {
      return step();
    } catch (error) {
      if (!isSetupError(error)) throw error;
      problems.add(error.message);
      return undefined;
    }
  };
  attempt(() => packageLambda(join(root, 'dist/lambda')));
  attempt(() => elementFile(root));
  const keys: Record<string, SigningKeys> = {};
  for (const [siteName, site] of Object.entries(config.sites)) {
    attempt(() => requireClientId(siteName, site));
    const siteKeys = attempt(() => readSigningKeys(join(root, 'keys', siteName), site.signing.key));
    if (siteKeys !== undefined) keys[siteName] = siteKeys;
    attempt(() => ownFiles(site, root));
  }
  return problems.size === 0 ? { keys } : { keys: undefined, problems: [...problems] };
}

function requireClientId(siteName: string, site: SiteConfig): void {
  if (site.providers.some((provider) => provider.clientId === placeholderClientId)) {
    throw setupError(
      'client_id_missing',
      `site ${siteName}: no Google client ID. Mend: create one at https://console.cloud.google.com/apis/credentials and set providers[0].clientId in s3nator.config.ts`,
    );
  }
}
