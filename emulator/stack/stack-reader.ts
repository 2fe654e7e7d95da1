/** Owns walking the resources of `cdk.tf.json`: which types there may be, their fields, their attributes. */
import type { KeyMaterial } from '../aws/kms.ts';
import { type Block, type Fields, fieldsOf, isBlock } from '../terraform/terraform-json.ts';
import { createReferences } from './references.ts';

/** Resources that change nothing a viewer can see on the laptop. */
const ignoredTypes = new Set([
  'aws_s3_bucket_public_access_block',
  'aws_s3_bucket_ownership_controls',
  'aws_s3_bucket_server_side_encryption_configuration',
  'aws_s3_bucket_lifecycle_configuration',
  'aws_cloudwatch_log_group',
  'aws_cloudwatch_log_metric_filter',
  'aws_cloudwatch_metric_alarm',
  'aws_cloudwatch_dashboard',
  'aws_cognito_identity_pool_roles_attachment',
  'aws_cognito_user_pool',
  'aws_cognito_user_pool_domain',
  'aws_iam_role',
  'aws_iam_role_policy',
  'aws_iam_policy',
  'aws_iam_role_policy_attachment',
  'aws_lambda_permission',
  'terraform_data',
]);

const readTypes = new Set([
  'aws_s3_bucket',
  'aws_s3_bucket_policy',
  'aws_s3_bucket_versioning',
  'aws_s3_object',
  'aws_cloudfront_distribution',
  'aws_cloudfront_public_key',
  'aws_cloudfront_key_group',
  'aws_cloudfront_origin_access_control',
  'aws_cloudfront_cache_policy',
  'aws_cloudfront_origin_request_policy',
  'aws_cloudfront_response_headers_policy',
  'aws_cloudfront_function',
  'aws_apigatewayv2_api',
  'aws_apigatewayv2_integration',
  'aws_apigatewayv2_route',
  'aws_apigatewayv2_stage',
  'aws_lambda_function',
  'aws_cognito_identity_pool',
  'aws_cognito_identity_provider',
  'aws_cognito_user_pool_client',
  'aws_sns_topic',
  'aws_sns_topic_subscription',
  'aws_kms_key',
]);

export interface StackReader {
  readonly region: string;
  readonly directory: string;
  /** Fields of every resource of a type. */
  all(type: string): readonly { readonly name: string; readonly fields: Fields }[];
  /** Fields of the one resource of a type. */
  one(type: string): { readonly name: string; readonly fields: Fields };
  /** An attribute of a resource, made up by AWS or not. */
  attribute(type: string, name: string, attribute: string): string;
  /** Outputs that are text. */
  outputs(): Readonly<Record<string, string>>;
}

/** Throws an `Error` that names a resource type that is neither read nor known to be irrelevant. */
export function createReader(json: Block, directory: string, host: string, material?: KeyMaterial): StackReader {
  const references = createReferences(json, host, material);
  const resources = isBlock(json['resource']) ? json['resource'] : {};
  for (const type of Object.keys(resources)) {
    if (!readTypes.has(type) && !ignoredTypes.has(type)) {
      throw new Error(`${type} is a resource that the emulator does not know`);
    }
  }
  const all: StackReader['all'] = (type) => {
    const named = resources[type];
    return Object.entries(isBlock(named) ? named : {}).map(([name, value]) => {
      const block: unknown = Array.isArray(value) ? value[0] : value;
      const fields = fieldsOf(`${type}.${name}`, isBlock(block) ? block : {}, references.resolve);
      for (const field of ['count', 'for_each', 'dynamic']) {
        if (fields.has(field)) throw new Error(`${fields.address}: the emulator does not know the setting ${field}`);
      }
      return { name, fields };
    });
  };
  return {
    region: references.region,
    directory,
    all,
    one(type) {
      const [found, ...others] = all(type);
      if (found === undefined || others.length > 0) {
        throw new Error(`the emulator serves stacks with exactly one ${type}; this one has ${all(type).length}`);
      }
      return found;
    },
    attribute: (type, name, attribute) => references.resolve(`\${${type}.${name}.${attribute}}`),
    outputs() {
      const outputs = Object.entries(isBlock(json['output']) ? json['output'] : {});
      const texts = outputs.flatMap(([name, output]) =>
        isBlock(output) && typeof output['value'] === 'string' ? [[name, references.resolve(output['value'])]] : [],
      );
      return Object.fromEntries(texts) as Record<string, string>;
    },
  };
}

/** Host name of the stack's one HTTP API. */
export function apiHost(reader: StackReader): string {
  const endpoint = reader.attribute('aws_apigatewayv2_api', reader.one('aws_apigatewayv2_api').name, 'api_endpoint');
  return new URL(endpoint).host;
}
