/** A handwritten stack in Terraform's JSON syntax and a small Lambda, for the emulator's own tests. */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { KeyPair } from './signed-cookies.ts';

export type Json = Record<string, unknown>;
export type Resources = Record<string, Record<string, Json>>;

const sourceArn = { StringEquals: { 'AWS:SourceArn': '${aws_cloudfront_distribution.cdn.arn}' } };
const principal = { Service: 'cloudfront.amazonaws.com' };

export const readSite = {
  Effect: 'Allow',
  Principal: principal,
  Action: 's3:GetObject',
  Resource: '${aws_s3_bucket.site.arn}/www/*',
  Condition: sourceArn,
};
const listSite = {
  Effect: 'Allow',
  Principal: principal,
  Action: 's3:ListBucket',
  Resource: '${aws_s3_bucket.site.arn}',
  Condition: sourceArn,
};
const tlsOnly = {
  Effect: 'Deny',
  Principal: '*',
  Action: 's3:*',
  Resource: ['${aws_s3_bucket.site.arn}', '${aws_s3_bucket.site.arn}/*'],
  Condition: { Bool: { 'aws:SecureTransport': 'false' } },
};
export const bucketPolicy = (...statements: readonly object[]): string =>
  JSON.stringify({ Version: '2012-10-17', Statement: [...statements, tlsOnly] });

const cachingOptimized = '658327ea-f89d-4fab-a63d-7e88639e58f6';
const page = (key: string, content: string): Json => ({
  bucket: '${aws_s3_bucket.site.id}',
  key,
  content,
  content_type: 'text/html',
});

/** The sample's distribution. */
export function distributionIn(resources: Resources): Json {
  const found = resources['aws_cloudfront_distribution']?.['cdn'];
  if (found === undefined) throw new Error('the sample has a distribution');
  return found;
}

/** The sample's default behavior. */
export const behaviorIn = (resources: Resources): Json => distributionIn(resources)['default_cache_behavior'] as Json;

/** The sample's S3 origin. */
export function originIn(resources: Resources): Json {
  const [found] = distributionIn(resources)['origin'] as Json[];
  if (found === undefined) throw new Error('the sample has an origin');
  return found;
}

/** A small stack like the product's. `change` may alter it before it is written. */
export function sampleStack(keys: KeyPair, change: (resources: Resources) => void = () => {}): Json {
  const files = {
    target_origin_id: 'site',
    viewer_protocol_policy: 'redirect-to-https',
    allowed_methods: ['GET', 'HEAD'],
    cached_methods: ['GET', 'HEAD'],
    cache_policy_id: cachingOptimized,
  };
  const resources: Resources = {
    aws_s3_bucket: { site: { bucket_prefix: 'sample-site-' }, private: { bucket: 'sample-private' } },
    aws_s3_bucket_versioning: {
      private: { bucket: '${aws_s3_bucket.private.id}', versioning_configuration: { status: 'Enabled' } },
    },
    aws_s3_bucket_policy: {
      site: { bucket: '${aws_s3_bucket.site.id}', policy: bucketPolicy(readSite, listSite) },
    },
    aws_s3_object: {
      index: page('www/index.html', 'home'),
      guide: page('www/docs/guide.html', 'guide'),
      login: page('www/public/login.html', 'login page'),
      missing: page('www/public/not-found.html', 'not found page'),
      plus: page('www/public/a+b.html', 'plus'),
      outside: page('keys/secret.pem', 'secret'),
      photo: {
        bucket: '${aws_s3_bucket.site.id}',
        key: 'www/public/photo.bin',
        source: 'files/photo.bin',
        content_type: 'application/octet-stream',
        cache_control: 'max-age=60',
      },
      config: { bucket: '${aws_s3_bucket.private.id}', key: 'access/config.json', content: '{"version":1}' },
      live: {
        bucket: '${aws_s3_bucket.private.id}',
        key: 'access/live.json',
        content: '{}',
        lifecycle: { ignore_changes: 'all' },
      },
    },
    aws_cloudfront_public_key: { signer: { encoded_key: keys.publicPem } },
    aws_cloudfront_key_group: { signers: { items: ['${aws_cloudfront_public_key.signer.id}'], name: 'signers' } },
    aws_cloudfront_origin_access_control: { oac: { name: 'oac' } },
    aws_cloudfront_response_headers_policy: {
      protected: {
        name: 'protected',
        custom_headers_config: { items: [{ header: 'Cache-Control', value: 'private, no-store', override: false }] },
      },
    },
    aws_cloudfront_distribution: {
      cdn: {
        default_root_object: 'index.html',
        origin: [
          {
            origin_id: 'site',
            domain_name: '${aws_s3_bucket.site.bucket_regional_domain_name}',
            origin_path: '/www',
            origin_access_control_id: '${aws_cloudfront_origin_access_control.oac.id}',
          },
          { origin_id: 'api', domain_name: '${aws_apigatewayv2_api.api.id}.execute-api.eu-west-1.amazonaws.com' },
        ],
        ordered_cache_behavior: [
          {
            ...files,
            path_pattern: '/auth/*',
            target_origin_id: 'api',
            allowed_methods: ['GET', 'HEAD', 'OPTIONS', 'PUT', 'POST', 'PATCH', 'DELETE'],
            cache_policy_id: '4135ea2d-6df8-44a3-9df3-4b5a84be39ad',
            origin_request_policy_id: 'b689b0a8-53d0-40ab-baf2-68738e2966ac',
          },
          { ...files, path_pattern: '/public/*' },
        ],
        default_cache_behavior: {
          ...files,
          trusted_key_groups: ['${aws_cloudfront_key_group.signers.id}'],
          response_headers_policy_id: '${aws_cloudfront_response_headers_policy.protected.id}',
        },
        custom_error_response: [
          { error_code: 403, response_code: 403, response_page_path: '/public/login.html', error_caching_min_ttl: 0 },
          { error_code: 404, response_code: 404, response_page_path: '/public/not-found.html' },
          ...[500, 502, 503, 504].map((error_code) => ({ error_code, error_caching_min_ttl: 0 })),
        ],
        restrictions: { geo_restriction: { restriction_type: 'none' } },
      },
    },
    aws_apigatewayv2_api: { api: { name: 'auth', protocol_type: 'HTTP' } },
    aws_apigatewayv2_integration: {
      lambda: {
        api_id: '${aws_apigatewayv2_api.api.id}',
        integration_uri: '${aws_lambda_function.auth.invoke_arn}',
        payload_format_version: '2.0',
        timeout_milliseconds: 5000,
      },
    },
    aws_apigatewayv2_route: { any: { route_key: 'ANY /auth/{proxy+}', target: 'integrations/x' } },
    aws_apigatewayv2_stage: {
      stage: { name: '$default', default_route_settings: { throttling_rate_limit: 100, throttling_burst_limit: 50 } },
    },
    aws_lambda_function: {
      auth: {
        function_name: 'auth',
        runtime: 'nodejs24.x',
        handler: 'index.handler',
        timeout: 3,
        environment: {
          variables: {
            HOST: '${aws_cloudfront_distribution.cdn.domain_name}',
            BUCKET: '${aws_s3_bucket.private.bucket}',
            POOL: '${aws_cognito_identity_pool.pool.id}',
          },
        },
      },
    },
    aws_cognito_identity_pool: {
      pool: {
        identity_pool_name: 'pool',
        allow_unauthenticated_identities: false,
        supported_login_providers: { 'accounts.google.com': 'client.apps.googleusercontent.com' },
      },
    },
    aws_iam_role: { role: { name: 'role' } },
  };
  change(resources);
  return {
    provider: { aws: [{ region: 'eu-west-1' }] },
    terraform: { required_providers: { aws: {} } },
    output: { site: { value: '${aws_cloudfront_distribution.cdn.domain_name}' } },
    resource: resources,
  };
}

/** Answers with its input; `?do=` makes it misbehave. */
const sampleLambda = `
export const handler = async (event, context) => {
  const wish = new URLSearchParams(event.rawQueryString).get('do');
  console.log('handling ' + event.rawPath);
  if (wish === 'throw') throw new Error('thrown on purpose');
  if (wish === 'hang') await new Promise(() => {});
  if (wish === 'exit') process.exit(1);
  if (wish === 'bare') return { hello: 'world' };
  if (wish === 'refuse') return { statusCode: 403, body: 'lambda says no' };
  if (wish === 'challenge') return { statusCode: 401, headers: { 'www-authenticate': 'Bearer' }, body: '{}' };
  if (wish === 'redirect') return { statusCode: 303, headers: { location: '/docs/' }, cookies: ['a=1'] };
  if (wish === 'split') return { statusCode: 200, headers: { 'x-a': 'b\\r\\nSet-Cookie: c=d' } };
  if (wish === 'headers') return { statusCode: 200, headers: { via: 'x', vary: 'Origin, Cookie', server: 'x' } };
  if (wish === 'environment') return { statusCode: 200, body: JSON.stringify(process.env) };
  return {
    statusCode: 200,
    headers: { 'content-type': 'application/json' },
    cookies: ['a=1; Path=/', 'b=2; Path=/'],
    body: JSON.stringify({ event, requestId: context.awsRequestId, left: context.getRemainingTimeInMillis() }),
  };
};
`;

export interface SampleFolder {
  readonly stackDirectory: string;
  readonly lambdaDirectory: string;
  write(stack: Json): void;
  writeFile(name: string, content: string): void;
  remove(): void;
}

/** A temporary folder with the stack, its files and the Lambda. */
export function createSampleFolder(stack: Json): SampleFolder {
  const root = mkdtempSync(join(tmpdir(), 'emulator-'));
  const stackDirectory = join(root, 'stack');
  const lambdaDirectory = join(root, 'lambda');
  mkdirSync(join(stackDirectory, 'files'), { recursive: true });
  mkdirSync(lambdaDirectory);
  const folder: SampleFolder = {
    stackDirectory,
    lambdaDirectory,
    write: (value) => writeFileSync(join(stackDirectory, 'cdk.tf.json'), JSON.stringify(value)),
    writeFile: (name, content) => writeFileSync(join(root, name), content),
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
  folder.write(stack);
  folder.writeFile('stack/files/photo.bin', '0123456789');
  folder.writeFile('lambda/index.mjs', sampleLambda);
  return folder;
}
