/**
 * The values of `${type.name.attribute}` on this machine, in one table. Terraform functions and directives stop the
 * load.
 */
import { createHash, type KeyObject } from 'node:crypto';
import { createKeyMaterial, type KeyMaterial } from '../aws/kms.ts';
import { accountId } from '../terraform/account.ts';
import { type Block, isBlock } from '../terraform/terraform-json.ts';

export interface References {
  readonly region: string;
  /**
   * The text with every reference replaced and `$${`, `%%{` unescaped. Throws an `Error` that names an unknown
   * reference.
   */
  resolve(text: string): string;
}

interface Resource {
  readonly name: string;
  readonly block: Block;
  /** A literal attribute with its references resolved; undefined if it is not set. */
  readonly literal: (attribute: string) => string | undefined;
  readonly region: string;
  readonly siteHost: string;
  /** Public half of the stack's KMS key with this ARN. Throws if there is none. */
  readonly publicKey: (arn: string) => KeyObject;
}

type Attributes = Readonly<Record<string, (resource: Resource) => string>>;

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** A stable identifier in AWS's style: capital letters and digits, derived from `seed` only. */
function stableId(prefix: string, seed: string, length: number): string {
  const digest = createHash('sha256').update(`${prefix}\n${seed}`).digest();
  return prefix + [...digest.subarray(0, length)].map((byte) => alphabet[byte % 32]).join('');
}

function stableUuid(seed: string): string {
  const hex = createHash('sha256').update(seed).digest('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-');
}

const bucketName = ({ literal, name }: Resource): string =>
  literal('bucket') ??
  `${literal('bucket_prefix') ?? 'terraform-'}${stableId('', name, 12).toLowerCase()}`.slice(0, 63);
const publicKeyId = ({ literal, name }: Resource): string =>
  stableId('K', (literal('encoded_key') ?? name).replaceAll('\r', '').trim(), 13);
const apiId = ({ name }: Resource): string => stableId('', `api ${name}`, 10).toLowerCase();
const poolId = ({ name, region }: Resource): string => `${region}:${stableUuid(`pool ${name}`)}`;
const userPoolId = ({ name, region }: Resource): string => `${region}_${stableId('', `user pool ${name}`, 9)}`;
const distributionId = ({ name }: Resource): string => stableId('E', `distribution ${name}`, 13);
const functionName = ({ literal, name }: Resource): string => literal('function_name') ?? name;
const lambdaArn = (resource: Resource): string =>
  `arn:aws:lambda:${resource.region}:${accountId}:function:${functionName(resource)}`;
const kmsKeyId = ({ name }: Pick<Resource, 'name'>): string => stableUuid(`kms key ${name}`);
const kmsKeyArn = (resource: Pick<Resource, 'name' | 'region'>): string =>
  `arn:aws:kms:${resource.region}:${accountId}:key/${kmsKeyId(resource)}`;
const publicHalf = ({ literal, publicKey }: Resource): KeyObject => publicKey(literal('key_id') ?? '');
const uuidOf =
  (kind: string) =>
  ({ name }: Resource): string =>
    stableUuid(`${kind} ${name}`);

/** Attributes that AWS generates. Attributes that a resource sets itself need no line here. */
const table: Readonly<Record<string, Attributes>> = {
  'data.aws_caller_identity': { account_id: () => accountId },
  'data.aws_region': { name: ({ region }) => region, region: ({ region }) => region },
  'data.aws_partition': { partition: () => 'aws' },
  'data.aws_kms_public_key': {
    public_key: (resource) => publicHalf(resource).export({ type: 'spki', format: 'der' }).toString('base64'),
    public_key_pem: (resource) => publicHalf(resource).export({ type: 'spki', format: 'pem' }).toString(),
  },
  aws_kms_key: { arn: kmsKeyArn, key_id: kmsKeyId, id: kmsKeyId },
  aws_s3_bucket: {
    id: bucketName,
    bucket: bucketName,
    arn: (resource) => `arn:aws:s3:::${bucketName(resource)}`,
    bucket_domain_name: (resource) => `${bucketName(resource)}.s3.amazonaws.com`,
    bucket_regional_domain_name: (resource) => `${bucketName(resource)}.s3.${resource.region}.amazonaws.com`,
  },
  aws_cloudfront_public_key: { id: publicKeyId },
  aws_cloudfront_key_group: { id: uuidOf('key group') },
  aws_cloudfront_origin_access_control: { id: ({ name }) => stableId('E', `access control ${name}`, 13) },
  aws_cloudfront_cache_policy: { id: uuidOf('cache policy') },
  aws_cloudfront_origin_request_policy: { id: uuidOf('origin request policy') },
  aws_cloudfront_response_headers_policy: { id: uuidOf('response headers policy') },
  aws_cloudfront_function: {
    arn: ({ literal, name }) => `arn:aws:cloudfront::${accountId}:function/${literal('name') ?? name}`,
  },
  aws_cloudfront_distribution: {
    id: distributionId,
    arn: (resource) => `arn:aws:cloudfront::${accountId}:distribution/${distributionId(resource)}`,
    domain_name: ({ siteHost }) => siteHost,
  },
  aws_apigatewayv2_api: {
    id: apiId,
    api_endpoint: (resource) => `https://${apiId(resource)}.execute-api.${resource.region}.amazonaws.com`,
    execution_arn: (resource) => `arn:aws:execute-api:${resource.region}:${accountId}:${apiId(resource)}`,
  },
  aws_apigatewayv2_integration: { id: ({ name }) => stableId('', `integration ${name}`, 7).toLowerCase() },
  aws_lambda_function: {
    arn: lambdaArn,
    function_name: functionName,
    invoke_arn: (resource) =>
      `arn:aws:apigateway:${resource.region}:lambda:path/2015-03-31/functions/${lambdaArn(resource)}/invocations`,
  },
  aws_cognito_user_pool: {
    id: userPoolId,
    arn: (resource) => `arn:aws:cognito-idp:${resource.region}:${accountId}:userpool/${userPoolId(resource)}`,
    endpoint: (resource) => `cognito-idp.${resource.region}.amazonaws.com/${userPoolId(resource)}`,
  },
  aws_cognito_user_pool_client: { id: ({ name }) => stableId('', `user pool client ${name}`, 26).toLowerCase() },
  aws_sns_topic: {
    arn: ({ literal, name, region }) => `arn:aws:sns:${region}:${accountId}:${literal('name') ?? name}`,
  },
  aws_cognito_identity_pool: {
    id: poolId,
    arn: (resource) => `arn:aws:cognito-identity:${resource.region}:${accountId}:identitypool/${poolId(resource)}`,
  },
};

function regionOf(json: Block): string {
  const provider = isBlock(json['provider']) ? json['provider']['aws'] : undefined;
  const settings: unknown[] = Array.isArray(provider) ? provider : [provider];
  const regions = settings.flatMap((value) =>
    isBlock(value) && value['alias'] === undefined && typeof value['region'] === 'string' ? [value['region']] : [],
  );
  const [region] = regions;
  if (region === undefined) throw new Error('provider.aws: region must be set');
  return region;
}

function blockAt(json: Block, ...path: readonly string[]): Block | undefined {
  let value: unknown = json;
  for (const step of path) value = isBlock(value) && Object.hasOwn(value, step) ? value[step] : undefined;
  return Array.isArray(value) ? value.find(isBlock) : isBlock(value) ? value : undefined;
}

// `$${` and `%%{` are Terraform's escapes. A single `${` or `%{` starts a template.
const templates = /\$\$\{|%%\{|\$\{([^}]*)\}|\$\{|%\{/g;
const plainReference = /^(?:(data)\.)?([a-z][a-z0-9_]*)\.([A-Za-z0-9_-]+)\.([a-z][a-z0-9_]*)$/;

/**
 * References of one synthesized stack. `siteHost` replaces the distribution's domain name. `material` are the keys in
 * KMS; default: new keys.
 */
export function createReferences(
  json: Block,
  siteHost: string,
  material: KeyMaterial = createKeyMaterial(),
): References {
  const region = regionOf(json);
  const publicKey = (arn: string): KeyObject => {
    const resources = blockAt(json, 'resource', 'aws_kms_key') ?? {};
    const name = Object.keys(resources).find((key) => kmsKeyArn({ name: key, region }) === arn);
    const spec = name === undefined ? undefined : blockAt(resources, name)?.['customer_master_key_spec'];
    if (typeof spec !== 'string') throw new Error(`there is no asymmetric key ${arn}`);
    return material(arn, spec).publicKey;
  };
  const underway = new Set<string>();

  function valueBehind(expression: string): string {
    const unknown = new Error(`unknown reference \${${expression}}`);
    const [, data, type = '', name = '', attribute = ''] = plainReference.exec(expression) ?? [];
    const block = blockAt(json, data === undefined ? 'resource' : 'data', type, name);
    if (block === undefined || underway.has(expression)) throw unknown;
    underway.add(expression);
    try {
      const literal = (field: string): string | undefined => {
        const value = block[field];
        return typeof value === 'string' ? resolve(value) : undefined;
      };
      const known = table[data === undefined ? type : `data.${type}`]?.[attribute];
      const value = known?.({ name, block, literal, region, siteHost, publicKey }) ?? literal(attribute);
      if (value === undefined) throw unknown;
      return value;
    } finally {
      underway.delete(expression);
    }
  }

  function resolve(text: string): string {
    return text.replace(templates, (found, expression: string | undefined) => {
      if (found === '$${') return '${';
      if (found === '%%{') return '%{';
      if (expression === undefined) throw new Error(`unknown template in ${JSON.stringify(text.slice(0, 80))}`);
      return valueBehind(expression.trim());
    });
  }

  return { region, resolve };
}
