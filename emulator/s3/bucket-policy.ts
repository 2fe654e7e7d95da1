/** Decides what a bucket policy allows CloudFront's origin access control. Stops at anything it would have to guess. */

import type { BucketPolicy, Condition, Statement } from '../model/policies.ts';
import { matchesWildcard } from '../signature/wildcard.ts';
import { isBlock } from '../terraform/terraform-json.ts';

/** The caller: CloudFront's service principal for one distribution, or an anonymous caller. */
export interface Caller {
  /** ARN of the distribution; undefined for a request without origin access control. */
  readonly distributionArn: string | undefined;
}

const texts = (value: unknown): readonly string[] =>
  (Array.isArray(value) ? value : value === undefined ? [] : [value]).map(String);

/** Condition operators. Each compares one value of the request with the policy's values. */
const operators: Readonly<Record<string, (actual: string, values: readonly string[]) => boolean>> = {
  StringEquals: (actual, values) => values.includes(actual),
  StringLike: (actual, values) => values.some((value) => matchesWildcard(value, actual)),
  ArnEquals: (actual, values) => values.some((value) => matchesWildcard(value, actual)),
  ArnLike: (actual, values) => values.some((value) => matchesWildcard(value, actual)),
  Bool: (actual, values) => values.some((value) => value.toLowerCase() === actual),
  NumericLessThan: (actual, values) => values.some((value) => Number(actual) < Number(value)),
};

function readConditions(address: string, value: unknown): Condition[] {
  if (!isBlock(value)) return [];
  return Object.entries(value).flatMap(([operator, keys]) => {
    if (operators[operator] === undefined) {
      throw new Error(`${address}: the emulator does not know the condition operator ${operator}`);
    }
    return Object.entries(isBlock(keys) ? keys : {}).map(([key, values]) => ({
      operator,
      key: key.toLowerCase(),
      values: texts(values),
    }));
  });
}

function readStatement(address: string, value: unknown): Statement {
  if (!isBlock(value)) throw new Error(`${address}: a statement is not an object`);
  for (const field of ['NotPrincipal', 'NotAction', 'NotResource']) {
    if (value[field] !== undefined) throw new Error(`${address}: the emulator does not know ${field}`);
  }
  const principal = value['Principal'];
  return {
    allow: value['Effect'] === 'Allow',
    services: isBlock(principal) ? texts(principal['Service']) : [],
    anyone: principal === '*' || (isBlock(principal) && texts(principal['AWS']).includes('*')),
    actions: texts(value['Action']),
    resources: texts(value['Resource']),
    conditions: readConditions(address, value['Condition']),
  };
}

/** Reads the policy's JSON text. Throws an `Error` that names what the emulator does not know. */
export function parseBucketPolicy(address: string, json: string): BucketPolicy {
  let document: unknown;
  try {
    document = JSON.parse(json);
  } catch (cause) {
    throw new Error(`${address}: policy is not JSON`, { cause });
  }
  const statements = isBlock(document) ? document['Statement'] : undefined;
  return (Array.isArray(statements) ? statements : [statements]).map((value) => readStatement(address, value));
}

function applies(statement: Statement, action: string, resource: string, caller: Caller): boolean {
  const service = caller.distributionArn === undefined ? undefined : 'cloudfront.amazonaws.com';
  if (!statement.anyone && !(service !== undefined && statement.services.includes(service))) return false;
  // Actions are compared case-insensitively, resources exactly.
  if (!statement.actions.some((value) => matchesWildcard(value.toLowerCase(), action.toLowerCase()))) return false;
  if (!statement.resources.some((value) => matchesWildcard(value, resource))) return false;
  const context: Readonly<Record<string, string | undefined>> = {
    'aws:sourcearn': caller.distributionArn,
    'aws:sourceaccount': caller.distributionArn?.split(':')[4],
    // CloudFront uses TLS 1.3 to S3.
    'aws:securetransport': 'true',
    's3:tlsversion': '1.3',
  };
  return statement.conditions.every(({ operator, key, values }) => {
    const actual = context[key];
    return actual !== undefined && operators[operator]?.(actual, values) === true;
  });
}

/**
 * Whether `policy` lets `caller` perform `action` (`s3:GetObject`, `s3:ListBucket`) on the ARN `resource`. A Deny wins.
 */
export function allows(policy: BucketPolicy, action: string, resource: string, caller: Caller): boolean {
  const applying = policy.filter((statement) => applies(statement, action, resource, caller));
  return applying.some(({ allow }) => allow) && applying.every(({ allow }) => allow);
}
