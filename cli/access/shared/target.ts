/** Finds the access documents that a command is about: at the deployed site, or at the one that `npm start` runs. */
import type { S3ClientConfig } from '@aws-sdk/client-s3';
import type { SiteConfig } from '../../../contract/config.ts';
import { localSite } from '../../../contract/local-site.ts';
import { loadConfig } from '../../../stacks/load-config.ts';
import { chosenSite } from '../../chosen-site.ts';
import { deployedSite, type UserPoolIds } from '../../deployed-site.ts';
import { runningSite } from '../../running-site.ts';
import { paint } from '../../terminal.ts';

export interface AccessTarget {
  /** `live` or `local` with the site's name, for questions. */
  readonly label: string;
  /** The first line of all output, so live and local are never confused. */
  readonly title: string;
  readonly isLocal: boolean;
  /** Where the site is served, without a final slash. */
  readonly siteUrl: string;
  /** The site's config in this checkout, with local values for the local run. */
  readonly config: SiteConfig;
  readonly contentBucket: string;
  readonly privateBucket: string;
  /** The user pool that the stack made; null: it made none. */
  readonly userPool: UserPoolIds | null;
  readonly region: string;
  readonly clientOptions: S3ClientConfig;
}

export interface TargetOptions {
  /** Folder with `s3nator.config.ts`. */
  readonly root: string;
  /** `--site`; may be left out when the config has one site. */
  readonly site: string | undefined;
  /** `--local-site`: the site that `npm start` runs. */
  readonly local: boolean;
}

export async function accessTarget({ root, site, local }: TargetOptions): Promise<AccessTarget> {
  const { name, config } = chosenSite(await loadConfig(root), site);
  if (local) {
    const { siteUrl, standInGoogle, standInIssuers, cookieSeconds, awsEndpoint, ...place } = await runningSite({
      root,
      site,
    });
    return {
      ...place,
      region: config.region,
      label: `local ${name}`,
      title: `${paint('cyan', 'LOCAL')} site ${paint('bold', name)}, ${siteUrl} (npm start; nobody else sees it)`,
      isLocal: true,
      siteUrl,
      config: localSite(config, { siteOrigin: siteUrl, standInGoogle, standInIssuers, cookieSeconds }),
      clientOptions: {
        endpoint: awsEndpoint,
        region: config.region,
        forcePathStyle: true,
        credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
      },
    };
  }
  const { siteUrl, contentBucket, privateBucket, userPool, region } = await deployedSite({ root, site });
  return {
    label: `LIVE ${name}`,
    title: `${paint('magenta', 'LIVE')} site ${paint('bold', name)}, ${siteUrl} (bucket ${privateBucket})`,
    isLocal: false,
    siteUrl,
    config,
    contentBucket,
    privateBucket,
    userPool,
    region,
    // Only AWS's own endpoint gives each bucket a host name.
    clientOptions: { region, forcePathStyle: process.env['AWS_ENDPOINT_URL'] !== undefined },
  };
}
