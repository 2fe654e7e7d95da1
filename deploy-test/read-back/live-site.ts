/** Finds a deployed site in the account, by its names and through the SDK, without Terraform's state. */
import assert from 'node:assert/strict';
import type { SiteConfig } from '../../contract/config.ts';
import type { Answer, Sdk } from '../local-aws/sdk.ts';

/** A deployed site: its config, and access to the account. */
export interface DeployedSite {
  /** Name in the config. */
  readonly name: string;
  readonly config: SiteConfig;
  /** Absolute path of the clone that it was deployed from. */
  readonly root: string;
  readonly sdk: Sdk;
}

/** Its parts, as AWS reports them. */
export interface LiveSite extends DeployedSite {
  /** Site and stage. Every name starts with it. */
  readonly prefix: string;
  readonly distribution: Answer;
  readonly contentBucket: string;
  readonly privateBucket: string;
  readonly api: Answer;
  readonly function: Answer;
  /** `undefined`: no identity pool. */
  readonly identityPool: Answer | undefined;
}

export async function findSite(site: DeployedSite): Promise<LiveSite> {
  const { sdk, name, config } = site;
  const prefix = `${name}-${config.stage}`;
  const one = (what: string, found: readonly Answer[]): Answer => {
    assert.equal(found.length, 1, `${what} of ${prefix}: ${found.length} found`);
    return found[0];
  };

  const { DistributionList } = await sdk.call('cloudfront', 'list_distributions');
  const { Id } = one('distribution', itemsOf(DistributionList, 'Comment', prefix));
  const { Distribution: distribution } = await sdk.call('cloudfront', 'get_distribution', { Id });

  const { Buckets } = await sdk.call('s3', 'list_buckets');
  const bucket = (purpose: string): string =>
    one(
      `${purpose} bucket`,
      Buckets.filter(({ Name }: Answer) => Name.startsWith(`${prefix}-${purpose}-`)),
    ).Name;

  const { Items: apis } = await sdk.call('apigatewayv2', 'get_apis');
  const live = await sdk.call('lambda', 'get_function_configuration', { FunctionName: `${prefix}-auth` });
  const { IdentityPools } = await sdk.call('cognito-identity', 'list_identity_pools', { MaxResults: 60 });
  const pools = IdentityPools.filter(({ IdentityPoolName }: Answer) => IdentityPoolName === prefix);
  assert.ok(pools.length <= 1, `identity pools of ${prefix}: ${pools.length} found`);

  return {
    ...site,
    prefix,
    distribution,
    contentBucket: bucket('site'),
    privateBucket: bucket('private'),
    api: one(
      'API',
      apis.filter((api: Answer) => api.Name === `${prefix}-auth`),
    ),
    function: live,
    identityPool:
      pools[0] &&
      (await sdk.call('cognito-identity', 'describe_identity_pool', { IdentityPoolId: pools[0].IdentityPoolId })),
  };
}

const itemsOf = (list: Answer, field: string, value: string): Answer[] =>
  (list.Items ?? []).filter((item: Answer) => item[field] === value);

/** The elements of a CloudFront list. CloudFront omits them if there are none. */
export const listed = (list: Answer): Answer[] => list?.Items ?? [];
