/** Checks whether a config can be deployed, and finds everything that is missing at once. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Config, SiteConfig } from '../contract/config.ts';
import { hasPlaceholder } from '../contract/providers.ts';
import { elementFiles, siteFiles } from './content/site-files.ts';
import { checkPages } from './content/site-pages.ts';
import { trustedKeys } from './keys/key-list.ts';
import { privateKeyFile, readSigningKeys, type SigningKeys } from './keys/signing-keys.ts';
import { packageLambda } from './login/lambda-package.ts';
import { localStateFile } from './state/state-backend.ts';
import { isSetupError, setupError } from './text/setup-error.ts';

/** Either the keys of every site, or every problem with its fix. */
export type Readiness =
  | { readonly keys: Readonly<Record<string, SigningKeys>> }
  | { readonly keys: undefined; readonly problems: readonly string[] };

/** Checks client IDs, keys under `root/keys`, the build and the content that `config` names. */
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
  attempt(() => packageLambda(root));
  attempt(() => elementFiles(root));
  const keys: Record<string, SigningKeys> = {};
  for (const [siteName, site] of Object.entries(config.sites)) {
    attempt(() => requireClientId(siteName, site));
    const siteKeys = attempt(() => readSigningKeys(join(root, 'keys', siteName), site.signing));
    if (siteKeys !== undefined) {
      keys[siteName] = siteKeys;
      attempt(() => requirePrivateHalves(siteName, site, siteKeys, root));
    }
    attempt(() => checkPages(site, siteFiles(site, root)));
  }
  return problems.size === 0 ? { keys } : { keys: undefined, problems: [...problems] };
}

/**
 * Without a state the next deploy is the first one, which stores the private halves. A checkout that has neither is
 * usually the second checkout of a deployed site. A state in S3 is not readable here. In that case Terraform reports
 * the missing files before a key is trusted.
 */
function requirePrivateHalves(siteName: string, site: SiteConfig, keys: SigningKeys, root: string): void {
  const state = join(root, localStateFile(siteName));
  if (keys.store === 'kms' || site.state !== null || holdsResources(state)) return;
  const missing = trustedKeys(keys)
    .map(({ fingerprint }) => join(root, 'keys', siteName, privateKeyFile(fingerprint)))
    .filter((file) => !existsSync(file));
  if (missing.length === 0) return;
  throw setupError(
    'private_keys_missing',
    `site ${siteName}: neither its state (${state}) nor the private halves of its keys ` +
      `(${missing.join(', ')}) are here. Fix: if it was deployed from another checkout, deploy there, or move ` +
      'that state here or into S3 (state in s3nator.config.ts); if it was never deployed, restore the private ' +
      `halves, or move keys/${siteName} away and run npm run keys -- create --site ${siteName}`,
  );
}

/** Also false for the state that a destroy leaves. */
function holdsResources(state: string): boolean {
  if (!existsSync(state)) return false;
  try {
    return (JSON.parse(readFileSync(state, 'utf8')) as { resources: unknown[] }).resources.length > 0;
  } catch {
    // Terraform explains better what is wrong with it.
    return true;
  }
}

function requireClientId(siteName: string, site: SiteConfig): void {
  if (hasPlaceholder(site)) {
    const index = site.providers.findIndex(({ kind }) => kind === 'google');
    throw setupError(
      'client_id_missing',
      `site ${siteName}: no Google client ID. Fix: create one at https://console.cloud.google.com/auth/clients ` +
        `and set providers[${index}].clientId in s3nator.config.ts`,
    );
  }
}
