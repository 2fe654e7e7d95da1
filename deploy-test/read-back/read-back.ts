/** Reads a deployed site back and checks every part against its config. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Steps } from '../report.ts';
import { checkBuckets } from './buckets.ts';
import { checkDistribution, checkKeyGroup } from './distribution.ts';
import { checkHeaders } from './headers.ts';
import { kmsKeysOf, publicPemOf } from './kms.ts';
import { type DeployedSite, findSite, type LiveSite } from './live-site.ts';
import { checkLoginApi } from './login-api.ts';
import { checkUserPool } from './user-pool.ts';
import { checkWatching } from './watching.ts';

/** Finds the site in the account and checks every part against the config. */
export async function readBack(site: DeployedSite, steps: Steps): Promise<LiveSite> {
  const live = await steps.step(`the SDK finds every part of ${site.name}`, () => findSite(site));
  const fingerprints = fingerprintsOf(site);
  await checkDistribution(live, steps);
  await checkKeyGroup(live, await publicHalves(live, fingerprints), steps);
  await checkHeaders(live, steps);
  await checkBuckets(live, fingerprints, steps);
  await checkLoginApi(live, fingerprints, steps);
  await checkUserPool(live, steps);
  await checkWatching(live, steps);
  return live;
}

/** Fingerprints of a site's keys: signer, next, and retiring if there is one. */
export function fingerprintsOf({
  root,
  name,
}: Pick<DeployedSite, 'root' | 'name'>): readonly [string, string, ...string[]] {
  const { signer, next, retiring } = JSON.parse(readFileSync(join(root, 'keys', name, 'keys.json'), 'utf8'));
  return retiring === undefined ? [signer, next] : [signer, next, retiring];
}

/** What CloudFront must trust: the committed public halves, or the public keys that KMS returns. */
async function publicHalves(site: LiveSite, fingerprints: readonly string[]): Promise<readonly string[]> {
  if (site.config.signing.store === 'kms') {
    const keys = await kmsKeysOf(site);
    return Promise.all(fingerprints.map((name) => publicPemOf(site, keys.get(name).KeyId)));
  }
  return fingerprints.map((fingerprint) =>
    readFileSync(join(site.root, 'keys', site.name, `${fingerprint}.public.pem`), 'utf8'),
  );
}
