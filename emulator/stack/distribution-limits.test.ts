import { describe, expect, it } from 'vitest';
import { useEmulator } from '../testing/harness.ts';
import {
  behaviorIn,
  distributionIn,
  type Json,
  originIn,
  type Resources,
  sampleStack,
} from '../testing/sample-stack.ts';

const harness = useEmulator();
const { keys, getSigned, load } = harness;
const cdn = (change: Json) => (resources: Resources) => Object.assign(distributionIn(resources), change);
const behavior = (change: Json) => (resources: Resources) => Object.assign(behaviorIn(resources), change);
const origin = (change: Json) => (resources: Resources) => Object.assign(originIn(resources), change);
const resource = (type: string, name: string, change: Json) => (resources: Resources) => {
  resources[type] = { ...resources[type], [name]: { ...resources[type]?.[name], ...change } };
};
const errorPage = (change: Json) =>
  cdn({ custom_error_response: [{ error_code: 403, response_code: 403, response_page_path: '/x', ...change }] });
const policy = (change: Json) => resource('aws_cloudfront_response_headers_policy', 'protected', change);
const ordered = { ...behaviorIn(sampleStack(keys)['resource'] as Resources), path_pattern: '/a/*' };

describe('load stops at a value that CloudFront would not accept:', () => {
  it.each<[string, (resources: Resources) => unknown, string]>([
    [
      '76 ordered behaviors',
      cdn({ ordered_cache_behavior: Array(76).fill(ordered) }),
      '76 ordered behaviors; CloudFront allows 75',
    ],
    ['a distribution that is off', cdn({ enabled: false }), 'enabled must be true'],
    [
      'a restriction by country',
      cdn({ restrictions: { geo_restriction: { restriction_type: 'whitelist' } } }),
      'geo restrictions',
    ],
    [
      'an unsupported set of methods',
      behavior({ allowed_methods: ['GET', 'HEAD', 'POST'] }),
      'allowed_methods is GET HEAD POST',
    ],
    ['methods that cannot be cached', behavior({ cached_methods: ['GET'] }), 'cached_methods is GET'],
    [
      'a path pattern of 256 characters',
      cdn({ ordered_cache_behavior: [{ ...ordered, path_pattern: `/${'x'.repeat(255)}` }] }),
      '256 characters of path_pattern',
    ],
    [
      'a path pattern with an encoding',
      cdn({ ordered_cache_behavior: [{ ...ordered, path_pattern: '/%20/*' }] }),
      'path_pattern /%20/*',
    ],
    [
      'an unknown viewer protocol',
      behavior({ viewer_protocol_policy: 'http-only' }),
      'viewer_protocol_policy http-only',
    ],
    [
      'five key groups',
      behavior({ trusted_key_groups: Array(5).fill('${aws_cloudfront_key_group.signers.id}') }),
      '5 trusted key groups',
    ],
    [
      'six keys in a group',
      resource('aws_cloudfront_key_group', 'signers', {
        items: Array(6).fill('${aws_cloudfront_public_key.signer.id}'),
      }),
      '6 public keys',
    ],
    [
      'an error page for 401',
      errorPage({ error_code: 401 }),
      'error_code is 401; CloudFront allows 400, 403, 404, 405, 414, 416, 500',
    ],
    ['an error page with 302', errorPage({ response_code: 302 }), 'response_code is 302'],
    [
      'an error page without a status',
      cdn({ custom_error_response: [{ error_code: 403, response_page_path: '/x' }] }),
      'come together',
    ],
    ['an error page without its slash', errorPage({ response_page_path: 'x' }), 'must start with a slash'],
    ['an origin path with one slash too many', origin({ origin_path: '/www/' }), 'origin_path'],
    [
      'a function of more than 10 KB',
      resource('aws_cloudfront_function', 'f', { name: 'f', code: `//${'x'.repeat(10_239)}` }),
      '10241 bytes of code',
    ],
    [
      'a content security policy of 1,784 characters',
      policy({
        security_headers_config: {
          content_security_policy: { content_security_policy: 'x'.repeat(1784), override: true },
        },
      }),
      '1784 characters of content_security_policy',
    ],
    [
      'a header that cannot be removed',
      policy({ remove_headers_config: { items: [{ header: 'X-Amz-Cf-Id' }] } }),
      'X-Amz-Cf-Id',
    ],
    [
      'an integration that may take 31 seconds',
      resource('aws_apigatewayv2_integration', 'lambda', { timeout_milliseconds: 31_000 }),
      'timeout_milliseconds is 31000',
    ],
  ])('%s', async (_, change, message) => {
    await expect(load(sampleStack(keys, change))).rejects.toThrow(message);
    expect((await getSigned('/docs/guide.html')).body).toBe('guide');
  });
});

describe('load stops at a setting that the emulator would ignore:', () => {
  it.each<[string, (resources: Resources) => unknown, string]>([
    [
      'an origin group',
      cdn({ origin_group: [{ origin_id: 'x' }] }),
      'the emulator does not know the setting origin_group',
    ],
    ['headers for an origin', origin({ custom_header: [{ name: 'a', value: 'b' }] }), 'custom_header'],
    ['an origin access identity', origin({ s3_origin_config: { origin_access_identity: 'x' } }), 's3_origin_config'],
    [
      'Lambda@Edge',
      behavior({ lambda_function_association: [{ event_type: 'viewer-request' }] }),
      'lambda_function_association',
    ],
    [
      'the settings from before policies existed',
      behavior({ forwarded_values: { query_string: true } }),
      'forwarded_values',
    ],
    [
      'a viewer-response function',
      behavior({ function_association: [{ event_type: 'viewer-response', function_arn: 'x' }] }),
      'only one viewer-request function',
    ],
    [
      'a missing function',
      behavior({ function_association: [{ event_type: 'viewer-request', function_arn: 'x' }] }),
      'its function is not in the stack',
    ],
    [
      'another origin',
      origin({ domain_name: 'origin.example' }),
      'origin.example is neither a bucket nor the HTTP API',
    ],
    ['a missing access control', origin({ origin_access_control_id: 'E1' }), 'origin_access_control_id E1'],
    ['a missing origin', behavior({ target_origin_id: 'none' }), 'there is no origin none'],
    ['a missing key group', behavior({ trusted_key_groups: ['g'] }), 'key group g is not in the stack'],
    [
      'a missing key',
      resource('aws_cloudfront_key_group', 'signers', { items: ['K1'] }),
      'public key K1 is not in the stack',
    ],
    [
      'server timing',
      policy({ server_timing_headers_config: { enabled: true, sampling_rate: 50 } }),
      'server_timing_headers_config',
    ],
    [
      'CORS at the API',
      resource('aws_apigatewayv2_api', 'api', { cors_configuration: { allow_origins: ['*'] } }),
      'cors_configuration',
    ],
    [
      'an API without its own address',
      resource('aws_apigatewayv2_api', 'api', { disable_execute_api_endpoint: true }),
      'execute-api',
    ],
    ['an authorizer', resource('aws_apigatewayv2_route', 'any', { authorization_type: 'JWT' }), 'authorizers'],
    [
      'payload format 1.0',
      resource('aws_apigatewayv2_integration', 'lambda', { payload_format_version: '1.0' }),
      'payload_format_version must be 2.0',
    ],
    ['another stage', resource('aws_apigatewayv2_stage', 'stage', { name: 'dev' }), 'name must be $default'],
    [
      'a setting of a missing route',
      resource('aws_apigatewayv2_stage', 'stage', { route_settings: [{ route_key: 'POST /auth/x' }] }),
      'there is no route POST /auth/x',
    ],
    [
      'a setting of one route that is not a throttle',
      resource('aws_apigatewayv2_stage', 'stage', {
        route_settings: [{ route_key: 'ANY /auth/{proxy+}', logging_level: 'INFO' }],
      }),
      'logging_level',
    ],
    ['another runtime', resource('aws_lambda_function', 'auth', { runtime: 'python3.13' }), 'does not run python3.13'],
    [
      'a second distribution',
      resource('aws_cloudfront_distribution', 'other', {}),
      'exactly one aws_cloudfront_distribution; this one has 2',
    ],
    ['several of one resource', resource('aws_s3_bucket', 'private', { count: 2 }), 'the setting count'],
    [
      'a variable that is not a string',
      resource('aws_lambda_function', 'auth', { environment: { variables: { A: 1 } } }),
      'A must be a string',
    ],
    [
      'an object with two sources',
      resource('aws_s3_object', 'index', { source: 'x' }),
      'exactly one of source and content',
    ],
    ['an object in no bucket', resource('aws_s3_object', 'index', { bucket: 'none' }), 'there is no bucket none'],
  ])('%s', async (_, change, message) => {
    await expect(load(sampleStack(keys, change))).rejects.toThrow(message);
    expect((await getSigned('/docs/guide.html')).body).toBe('guide');
  });

  it('a file that is not a stack, with its name', async () => {
    harness.folder.writeFile('stack/cdk.tf.json', '{');
    await expect(harness.emulator.load(harness.folder)).rejects.toThrow(/cdk\.tf\.json is not JSON; synthesize/);
    harness.folder.writeFile('stack/cdk.tf.json', '[]');
    await expect(harness.emulator.load(harness.folder)).rejects.toThrow(/cdk\.tf\.json is not an object; synthesize/);
    harness.folder.writeFile('stack/cdk.tf.json', '{}');
    await expect(harness.emulator.load(harness.folder)).rejects.toThrow('provider.aws: region must be set');
  });
});

describe('load accepts', () => {
  it.each<[string, (resources: Resources) => unknown]>([
    [
      'settings that change nothing here',
      cdn({ enabled: true, comment: 'x', http_version: 'http2and3', web_acl_id: 'x', price_class: 'x' }),
    ],
    ['an error page without a path', cdn({ custom_error_response: [{ error_code: 404, error_caching_min_ttl: 0 }] })],
    [
      'blocks written as a list of one',
      cdn({
        default_cache_behavior: [{ ...ordered, path_pattern: null }],
        restrictions: [{ geo_restriction: [{ restriction_type: 'none' }] }],
      }),
    ],
  ])('%s', async (_, change) => {
    await load(sampleStack(keys, change));
    expect((await getSigned('/docs/guide.html')).body).toBe('guide');
  });

  it('an access control that never signs, as no access control', async () => {
    await load(
      sampleStack(keys, resource('aws_cloudfront_origin_access_control', 'oac', { signing_behavior: 'never' })),
    );
    expect((await getSigned('/docs/guide.html')).status).toBe(403);
  });
});
