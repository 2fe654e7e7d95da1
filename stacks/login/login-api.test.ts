import { describe, expect, it } from 'vitest';
import { decodeEnvironment } from '../../contract/environment.ts';
import { synthesizeSite } from '../testing/synthesized-site.ts';

const site = synthesizeSite();
const lambda = site.only('aws_lambda_function');

describe('LoginApi', () => {
  it('accepts every request, and leaves routing to the Lambda', () => {
    const routes = site.resources('aws_apigatewayv2_route').map(({ block }) => block);
    expect(routes.map(({ route_key }) => route_key).sort()).toEqual(['$default', 'POST /auth/session/renewal']);
    for (const route of routes) {
      expect(route).toMatchObject({ api_id: '<site/api/api.id>', target: 'integrations/<site/api/integration.id>' });
    }
    expect(site.only('aws_apigatewayv2_integration')).toMatchObject({
      integration_type: 'AWS_PROXY',
      integration_uri: '<site/function/function.invoke_arn>',
      payload_format_version: '2.0',
      // A second longer than the Lambda.
      timeout_milliseconds: lambda.timeout * 1000 + 1000,
    });
    expect(site.only('aws_apigatewayv2_api').protocol_type).toBe('HTTP');
    expect(site.only('aws_apigatewayv2_api')).not.toHaveProperty('cors_configuration');
  });

  it('throttles as the config says', () => {
    const changed = synthesizeSite({ site: { throttle: { requestsPerSecond: 5, burst: 7 } } });
    expect(changed.only('aws_apigatewayv2_stage')).toMatchObject({
      name: '$default',
      auto_deploy: true,
      default_route_settings: { throttling_rate_limit: 5, throttling_burst_limit: 7 },
      route_settings: [
        { route_key: '<site/api/renewals.route_key>', throttling_rate_limit: 5, throttling_burst_limit: 7 },
      ],
    });
  });

  it('throttles renewals separately, so that a flood of sign-ins ends no session', () => {
    const throttle = { requestsPerSecond: 5, burst: 7, renewals: { requestsPerSecond: 50 } };
    const [settings, ...others] = synthesizeSite({ site: { throttle } }).only('aws_apigatewayv2_stage').route_settings;
    expect(others).toEqual([]);
    expect(settings).toEqual({
      route_key: '<site/api/renewals.route_key>',
      throttling_rate_limit: 50,
      throttling_burst_limit: 7,
    });
    const bursts = { requestsPerSecond: 5, burst: 7, renewals: { burst: 70 } };
    expect(synthesizeSite({ site: { throttle: bursts } }).only('aws_apigatewayv2_stage')).toMatchObject({
      default_route_settings: { throttling_rate_limit: 5, throttling_burst_limit: 7 },
      route_settings: [{ throttling_rate_limit: 5, throttling_burst_limit: 70 }],
    });
  });

  it('creates both routes before the stage, and changes the stage before it deletes a route', () => {
    const routes = Object.keys(site.json.resource.aws_apigatewayv2_route).map(
      (name) => `aws_apigatewayv2_route.${name}`,
    );
    expect(site.only('aws_apigatewayv2_stage').depends_on.sort()).toEqual(routes.sort());
    const renewals = site.resources('aws_apigatewayv2_route').find(({ path }) => path === 'site/api/renewals');
    expect(renewals?.block).toMatchObject({
      route_key: 'POST /auth/session/renewal',
    });
  });

  it('counts every request refused with 429, on every route', () => {
    expect(site.only('aws_cloudwatch_log_metric_filter').pattern).toBe('{ $.status = "429" }');
  });

  it('logs each request without path, query, headers, cookies or body, so that no sender can forge a line', () => {
    const { destination_arn, format } = site.only('aws_apigatewayv2_stage').access_log_settings;
    expect(destination_arn).toBe('<site/api/log.arn>');
    const variables = Object.values<string>(JSON.parse(format));
    expect(variables).toEqual([
      'docs',
      'prod',
      '$context.requestTime',
      '$context.requestId',
      '$context.httpMethod',
      '$context.routeKey',
      '$context.status',
      '$context.responseLatency',
      '$context.error.responseType',
      '$context.integrationStatus',
    ]);
  });

  it('is the only caller of the Lambda', () => {
    expect(site.only('aws_lambda_permission')).toMatchObject({
      action: 'lambda:InvokeFunction',
      principal: 'apigateway.amazonaws.com',
      source_arn: '<site/api/api.execution_arn>/*/*',
    });
    expect(site.resources('aws_lambda_function_url')).toEqual([]);
  });
});

describe('LoginFunction', () => {
  it('runs the built bundle, with the runtime of the config, on arm64', () => {
    expect(lambda).toMatchObject({
      filename: 'assets/lambda.zip',
      handler: 'index.handler',
      runtime: 'nodejs24.x',
      architectures: ['arm64'],
      timeout: 10,
      memory_size: 512,
    });
    const older = synthesizeSite({ site: { lambdaRuntime: 'nodejs22.x' } });
    expect(older.only('aws_lambda_function').runtime).toBe('nodejs22.x');
  });

  it('writes to its own log, and both logs expire after the configured days', () => {
    expect(lambda.logging_config).toEqual({ log_format: 'Text', log_group: '<site/function/log.name>' });
    const logs = synthesizeSite({ site: { logDays: 30 } }).resources('aws_cloudwatch_log_group');
    expect(logs.map(({ block }) => block.retention_in_days)).toEqual([30, 30]);
    expect(logs.map(({ block }) => block.name).sort()).toEqual([
      '/aws/lambda/docs-prod-auth',
      '/aws/vendedlogs/docs-prod-auth',
    ]);
  });

  it('gets exactly the environment of the contract', () => {
    const { signer, next } = site.keys;
    expect(decodeEnvironment(lambda.environment.variables)).toEqual({
      site: 'docs',
      stage: 'prod',
      pseudonyms: false,
      metrics: true,
      hosts: ['<site/cdn/distribution.domain_name>'],
      allowedOrigins: [],
      privateBucket: '<site/private/locked/bucket.bucket>',
      keyPairId: `<site/keys/key_${signer.fingerprint}.id>`,
      accessRequests: null,
      requestsTopic: null,
      userPool: null,
      identityPoolId: '<site/pool/pool.id>',
      providers: [
        {
          kind: 'google',
          clientId: '123-abc.apps.googleusercontent.com',
          otherClientIds: [],
          scriptUrl: 'https://accounts.google.com/gsi/client',
          redirectOnIos: true,
          keySetUrl: 'https://www.googleapis.com/oauth2/v3/certs',
        },
      ],
      session: { cookieSeconds: 3600, maximumSeconds: 86_400, persistent: false, claims: [] },
      signing: { fingerprint: signer.fingerprint, key: 'P-256', hash: 'SHA256' },
      kmsKeyArn: null,
      trustedKeys: {
        [signer.fingerprint]: signer.spki.toString('base64'),
        [next.fingerprint]: next.spki.toString('base64'),
      },
    });
  });

  it('gets the hosts of a custom domain, canonical first', () => {
    const domain = { name: 'docs.example.com', aliases: ['www.docs.example.com'], hostedZone: 'example.com' };
    const { variables } = synthesizeSite({ site: { domain } }).only('aws_lambda_function').environment;
    expect(decodeEnvironment(variables).hosts).toEqual(['docs.example.com', 'www.docs.example.com']);
  });

  it('refuses settings over 4 KB before anything is written', () => {
    const allowedOrigins = Array.from({ length: 120 }, (_, number) => `https://app-${number}.department.example.com`);
    expect(() => synthesizeSite({ site: { allowedOrigins } })).toThrow(
      /site docs: .* about \d+ bytes; Lambda allows 4096\. Fix: shorten allowedOrigins/,
    );
  });
});
