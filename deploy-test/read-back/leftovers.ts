/** Lists everything in an account, over every service that a site uses. */
import type { Answer, Sdk } from '../local-aws/sdk.ts';

interface Listing {
  readonly service: string;
  readonly operation: string;
  readonly parameters?: object;
  /** Path of the list in the answer. */
  readonly path: readonly string[];
  /** Region of the list; default: the site's. */
  readonly region?: string;
}

const listings: readonly Listing[] = [
  { service: 'cloudfront', operation: 'list_distributions', path: ['DistributionList', 'Items'] },
  { service: 'cloudfront', operation: 'list_functions', path: ['FunctionList', 'Items'] },
  { service: 'cloudfront', operation: 'list_key_groups', path: ['KeyGroupList', 'Items'] },
  { service: 'cloudfront', operation: 'list_public_keys', path: ['PublicKeyList', 'Items'] },
  { service: 'cloudfront', operation: 'list_origin_access_controls', path: ['OriginAccessControlList', 'Items'] },
  { service: 'cloudfront', operation: 'list_response_headers_policies', path: ['ResponseHeadersPolicyList', 'Items'] },
  { service: 's3', operation: 'list_buckets', path: ['Buckets'] },
  { service: 'apigatewayv2', operation: 'get_apis', path: ['Items'] },
  { service: 'lambda', operation: 'list_functions', path: ['Functions'] },
  { service: 'iam', operation: 'list_roles', path: ['Roles'] },
  { service: 'logs', operation: 'describe_log_groups', path: ['logGroups'] },
  { service: 'logs', operation: 'describe_metric_filters', path: ['metricFilters'] },
  { service: 'cloudwatch', operation: 'describe_alarms', path: ['MetricAlarms'] },
  { service: 'cloudwatch', operation: 'list_dashboards', path: ['DashboardEntries'] },
  { service: 'sns', operation: 'list_topics', path: ['Topics'] },
  {
    service: 'cognito-identity',
    operation: 'list_identity_pools',
    parameters: { MaxResults: 60 },
    path: ['IdentityPools'],
  },
  { service: 'cognito-idp', operation: 'list_user_pools', parameters: { MaxResults: 60 }, path: ['UserPools'] },
  { service: 'acm', operation: 'list_certificates', path: ['CertificateSummaryList'], region: 'us-east-1' },
];

/** Number of resources in each list of the account. Empty lists are left out. */
export async function inventory(sdk: Sdk): Promise<Readonly<Record<string, number>>> {
  const counts: Record<string, number> = {};
  for (const { service, operation, parameters = {}, path, region } of listings) {
    let found: Answer = await sdk.call(service, operation, parameters, region);
    for (const name of path) found = found?.[name];
    if (found?.length > 0) counts[`${service} ${operation}`] = found.length;
  }
  return counts;
}
