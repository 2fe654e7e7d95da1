/** Reads every live policy of a site, and asks an independent simulator what they allow. */
import assert from 'node:assert/strict';
import { anonymousPrincipal, runSimulation } from '@cloud-copilot/iam-simulate';
import type { Answer } from '../local-aws/sdk.ts';
import type { LiveSite } from './live-site.ts';

export const accountId = '123456789012';

/** One request, as IAM sees it. */
export interface Asked {
  /** A role's ARN, a service's name, an identity provider; undefined: an anonymous caller. */
  readonly who: string | undefined;
  readonly action: string;
  readonly resource: string;
  /** Policies of the role. */
  readonly identityPolicies?: readonly Answer[];
  /** Policy of the bucket or the function, or the trust policy of the role. */
  readonly resourcePolicy?: Answer;
  readonly context?: Readonly<Record<string, string | string[]>>;
}

export type Verdict = 'Allowed' | 'ImplicitlyDenied' | 'ExplicitlyDenied';

export async function decide({
  who,
  action,
  resource,
  identityPolicies = [],
  resourcePolicy,
  context,
}: Asked): Promise<Verdict> {
  const result = await runSimulation(
    {
      request: {
        principal: who ?? anonymousPrincipal,
        action,
        resource: { resource, accountId },
        contextVariables: { 'aws:SecureTransport': 'true', ...context },
      },
      identityPolicies: identityPolicies.map((policy, index) => ({ name: `policy-${index}`, policy })),
      serviceControlPolicies: [],
      resourceControlPolicies: [],
      ...(resourcePolicy !== undefined && { resourcePolicy }),
    },
    {},
  );
  if (result.resultType === 'error') throw new Error(JSON.stringify(result.errors));
  return result.overallResult as Verdict;
}

/** Every live policy of a site. */
export interface Policies {
  readonly content: Answer;
  readonly private: Answer;
  readonly function: Answer;
  /** Policies and trust policies of the Lambda's role and the identity pool's role. */
  readonly roles: ReadonlyMap<
    string,
    { readonly arn: string; readonly own: readonly Answer[]; readonly trust: Answer }
  >;
}

export async function readPolicies({ sdk, contentBucket, privateBucket, prefix }: LiveSite): Promise<Policies> {
  const bucketPolicy = async (Bucket: string): Promise<Answer> =>
    JSON.parse((await sdk.call('s3', 'get_bucket_policy', { Bucket })).Policy);
  const { Policy } = await sdk.call('lambda', 'get_policy', { FunctionName: `${prefix}-auth` });
  const roles = new Map();
  const { Roles } = await sdk.call('iam', 'list_roles');
  for (const { RoleName, Arn, AssumeRolePolicyDocument } of Roles) {
    if (!RoleName.startsWith(`${prefix}-`)) continue;
    const { PolicyNames } = await sdk.call('iam', 'list_role_policies', { RoleName });
    const { AttachedPolicies } = await sdk.call('iam', 'list_attached_role_policies', { RoleName });
    assert.deepEqual(AttachedPolicies, [], `${RoleName} has policies from elsewhere`);
    const own = [];
    for (const PolicyName of PolicyNames) {
      own.push((await sdk.call('iam', 'get_role_policy', { RoleName, PolicyName })).PolicyDocument);
    }
    roles.set(RoleName, { arn: Arn, own, trust: AssumeRolePolicyDocument });
  }
  return {
    content: await bucketPolicy(contentBucket),
    private: await bucketPolicy(privateBucket),
    function: JSON.parse(Policy),
    roles,
  };
}
