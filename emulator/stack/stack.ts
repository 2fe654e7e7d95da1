/** Reads one synthesized stack, `cdk.tf.json`, into the model. */

import { access, readFile } from 'node:fs/promises';
import { join, resolve as resolvePath } from 'node:path';
import { createKeyMaterial, type KeyMaterial } from '../aws/kms.ts';
import type { KmsKeyModel } from '../model/policies.ts';
import type {
  ApiModel,
  BucketModel,
  DeclaredObject,
  FederatedModel,
  IdentityPoolModel,
  LambdaModel,
  PoolClientModel,
  StackModel,
  Throttle,
  TopicModel,
} from '../model/stack-model.ts';
import { parseBucketPolicy } from '../s3/bucket-policy.ts';
import { type Block, type Fields, isBlock } from '../terraform/terraform-json.ts';
import { readDistribution } from './distribution-reader.ts';
import { apiHost, createReader, type StackReader } from './stack-reader.ts';

/**
 * Reads `directory/cdk.tf.json`. `host` replaces the distribution's domain name, such as `localhost:8080`. `material`
 * are the keys in KMS; default: new keys.
 */
export async function readStack(
  directory: string,
  host: string,
  material: KeyMaterial = createKeyMaterial(),
): Promise<StackModel> {
  const file = join(directory, 'cdk.tf.json');
  const json = parseStack(file, await readFile(file, 'utf8'));
  const reader = createReader(json, directory, host, material);
  const buckets = readBuckets(reader);
  return {
    region: reader.region,
    buckets,
    objects: readObjects(reader),
    distribution: readDistribution(reader, buckets),
    api: readApi(reader),
    lambda: readLambda(reader),
    identityPools: readIdentityPools(reader),
    poolClients: readPoolClients(reader),
    federated: readFederated(reader),
    topics: readTopics(reader),
    kmsKeys: readKmsKeys(reader, material),
    outputs: reader.outputs(),
  };
}

function parseStack(file: string, text: string): Block {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new Error(`${file} is not JSON; synthesize the stack again`, { cause });
  }
  if (!isBlock(json)) throw new Error(`${file} is not an object; synthesize the stack again`);
  return json;
}

function readBuckets(reader: StackReader): BucketModel[] {
  const versioned = new Set(
    reader
      .all('aws_s3_bucket_versioning')
      .filter(({ fields }) => fields.nested('versioning_configuration')?.optionalText('status') === 'Enabled')
      .map(({ fields }) => fields.text('bucket')),
  );
  const policies = new Map(
    reader
      .all('aws_s3_bucket_policy')
      .map(({ fields }) => [fields.text('bucket'), parseBucketPolicy(fields.address, fields.text('policy'))]),
  );
  return reader.all('aws_s3_bucket').map(({ name: resource }) => {
    const name = reader.attribute('aws_s3_bucket', resource, 'bucket');
    return { resource, name, versioned: versioned.has(name), policy: policies.get(name) ?? [] };
  });
}

function readObjects(reader: StackReader): DeclaredObject[] {
  return reader.all('aws_s3_object').map(({ fields }): DeclaredObject => {
    const source = fields.optionalText('source');
    const content = fields.optionalText('content');
    if ((source === undefined) === (content === undefined)) {
      throw new Error(`${fields.address}: exactly one of source and content must be set`);
    }
    const lifecycle = fields.nested('lifecycle');
    return {
      address: fields.address,
      bucket: fields.text('bucket'),
      key: fields.text('key'),
      contentType: fields.optionalText('content_type') ?? 'application/octet-stream',
      contentEncoding: fields.optionalText('content_encoding'),
      cacheControl: fields.optionalText('cache_control'),
      etag: fields.optionalText('etag'),
      source: source === undefined ? { content: content ?? '' } : { file: resolvePath(reader.directory, source) },
      createdOnce: lifecycle?.has('ignore_changes') ?? false,
    };
  });
}

/** Throws if the source file of an object is missing, as `terraform apply` would. */
export async function requireSource(object: DeclaredObject): Promise<void> {
  if (!('file' in object.source)) return;
  const { file } = object.source;
  await access(file).catch((cause: unknown) => {
    throw new Error(`${object.address}: ${file} does not exist`, { cause });
  });
}

function readTopics(reader: StackReader): TopicModel[] {
  const subscriptions = reader
    .all('aws_sns_topic_subscription')
    .map(({ fields }) => ({ topic: fields.text('topic_arn'), endpoint: fields.text('endpoint') }));
  return reader.all('aws_sns_topic').map(({ name }) => {
    const arn = reader.attribute('aws_sns_topic', name, 'arn');
    return { arn, recipients: subscriptions.filter(({ topic }) => topic === arn).map(({ endpoint }) => endpoint) };
  });
}

function readApi(reader: StackReader): ApiModel {
  const { name, fields } = reader.one('aws_apigatewayv2_api');
  fields.refuseOthers('name description protocol_type disable_execute_api_endpoint');
  if (fields.flag('disable_execute_api_endpoint', false)) {
    throw new Error(`${fields.address}: the distribution reaches the API at its execute-api endpoint`);
  }
  const integration = reader.one('aws_apigatewayv2_integration').fields;
  integration.refuseOthers(
    'api_id description integration_method integration_type integration_uri payload_format_version ' +
      'timeout_milliseconds',
  );
  if (integration.optionalText('payload_format_version') !== '2.0') {
    throw new Error(`${integration.address}: payload_format_version must be 2.0`);
  }
  const stage = reader.one('aws_apigatewayv2_stage').fields;
  stage.refuseOthers('api_id name description auto_deploy access_log_settings default_route_settings route_settings');
  if (stage.text('name') !== '$default') throw new Error(`${stage.address}: name must be $default`);
  const routes = reader.all('aws_apigatewayv2_route').map(({ fields: route }) => {
    route.refuseOthers('api_id authorization_type operation_name route_key target');
    if ((route.optionalText('authorization_type') ?? 'NONE') !== 'NONE') {
      throw new Error(`${route.address}: authorizers are not supported by the emulator`);
    }
    return route.text('route_key');
  });
  return {
    id: reader.attribute('aws_apigatewayv2_api', name, 'id'),
    host: apiHost(reader),
    routes,
    integrationTimeoutMs: integrationTimeoutOf(integration),
    throttle: throttleOf(stage.nested('default_route_settings')),
    routeThrottles: new Map(stage.all('route_settings').map((settings) => routeThrottleOf(settings, routes))),
  };
}

/**
 * The account's own limits apply if the stage sets none.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html
 */
function throttleOf(settings: Fields | undefined): Throttle {
  settings?.refuseOthers('route_key throttling_rate_limit throttling_burst_limit');
  return {
    rate: settings?.number('throttling_rate_limit', 10_000) ?? 10_000,
    burst: settings?.number('throttling_burst_limit', 5_000) ?? 5_000,
  };
}

function routeThrottleOf(settings: Fields, routes: readonly string[]): readonly [string, Throttle] {
  const key = settings.text('route_key');
  if (!routes.includes(key)) throw new Error(`${settings.address}: there is no route ${key}`);
  return [key, throttleOf(settings)];
}

/** @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html */
function integrationTimeoutOf(integration: Fields): number {
  const timeoutMs = integration.number('timeout_milliseconds', 30_000);
  if (timeoutMs >= 50 && timeoutMs <= 30_000) return timeoutMs;
  throw new Error(`${integration.address}: timeout_milliseconds is ${timeoutMs}; an HTTP API allows 50 to 30,000`);
}

function readLambda(reader: StackReader): LambdaModel {
  const { name, fields } = reader.one('aws_lambda_function');
  const environment = fields.nested('environment');
  const variables = environment?.nested('variables');
  const runtime = fields.text('runtime');
  if (!/^nodejs\d+\.x$/.test(runtime)) throw new Error(`${fields.address}: the emulator does not run ${runtime}`);
  return {
    name: reader.attribute('aws_lambda_function', name, 'function_name'),
    arn: reader.attribute('aws_lambda_function', name, 'arn'),
    runtime,
    handler: fields.optionalText('handler') ?? 'index.handler',
    timeoutSeconds: fields.number('timeout', 3),
    memoryMegabytes: fields.number('memory_size', 128),
    variables: variables?.record() ?? {},
  };
}

function readIdentityPools(reader: StackReader): IdentityPoolModel[] {
  return reader.all('aws_cognito_identity_pool').map(({ name, fields }) => ({
    id: reader.attribute('aws_cognito_identity_pool', name, 'id'),
    loginProviders: {
      ...fields.nested('supported_login_providers')?.record(),
      ...Object.fromEntries(
        fields.all('cognito_identity_providers').map((pool) => [pool.text('provider_name'), pool.text('client_id')]),
      ),
    },
    allowsGuests: fields.flag('allow_unauthenticated_identities', false),
  }));
}

function readPoolClients(reader: StackReader): PoolClientModel[] {
  return reader.all('aws_cognito_user_pool_client').map(({ name, fields }) => {
    if (fields.flag('generate_secret', false) || fields.texts('allowed_oauth_flows').join() !== 'code') {
      throw new Error(`${fields.address}: the emulator serves clients without a secret, by authorization code`);
    }
    return {
      id: reader.attribute('aws_cognito_user_pool_client', name, 'id'),
      userPoolId: fields.text('user_pool_id'),
      callbackUrls: fields.texts('callback_urls'),
      logoutUrls: fields.texts('logout_urls'),
      providers: fields.texts('supported_identity_providers'),
    };
  });
}

const readFederated = (reader: StackReader): FederatedModel[] =>
  reader
    .all('aws_cognito_identity_provider')
    .map(({ fields }) => ({ name: fields.text('provider_name'), type: fields.text('provider_type') }));

function readKmsKeys(reader: StackReader, material: KeyMaterial): KmsKeyModel[] {
  return reader.all('aws_kms_key').map(({ name, fields }) => {
    fields.refuseOthers(
      'description customer_master_key_spec key_usage deletion_window_in_days enable_key_rotation is_enabled policy',
    );
    const arn = reader.attribute('aws_kms_key', name, 'arn');
    const spec = fields.text('customer_master_key_spec');
    return { arn, spec, pair: material(arn, spec) };
  });
}
