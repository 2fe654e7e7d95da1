/** Checks the live API, the Lambda behind it, and the identity pool. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SiteConfig } from '../../contract/config.ts';
import { trustedKeyPrefix } from '../../contract/environment.ts';
import { renewalPath } from '../../contract/session-api.ts';
import type { Answer } from '../local-aws/sdk.ts';
import type { Steps } from '../report.ts';
import type { LiveSite } from './live-site.ts';

const renewalRoute = `POST ${renewalPath}`;

export async function checkLoginApi(site: LiveSite, fingerprints: readonly string[], steps: Steps): Promise<void> {
  await checkApi(site, steps);
  await checkFunction(site, fingerprints, steps);
  await checkIdentityPool(site, steps);
  await checkLogs(site, steps);
}

async function checkApi({ sdk, config, prefix, api, ...site }: LiveSite, steps: Steps): Promise<void> {
  const { ApiId } = api;
  await steps.check('the API sends every request to the Lambda, in payload format 2.0', async () => {
    assert.equal(api.ProtocolType, 'HTTP');
    const { Items: routes } = await sdk.call('apigatewayv2', 'get_routes', { ApiId });
    const { Items: integrations } = await sdk.call('apigatewayv2', 'get_integrations', { ApiId });
    assert.equal(integrations.length, 1);
    const target = `integrations/${integrations[0].IntegrationId}`;
    assert.deepEqual(routes.map(({ RouteKey, Target }: Answer) => [RouteKey, Target]).sort(), [
      ['$default', target],
      [renewalRoute, target],
    ]);
    const { IntegrationType, PayloadFormatVersion, IntegrationUri, TimeoutInMillis } = integrations[0];
    assert.deepEqual([IntegrationType, PayloadFormatVersion], ['AWS_PROXY', '2.0']);
    assert.ok(IntegrationUri.includes(site.function.FunctionArn));
    assert.ok(TimeoutInMillis > site.function.Timeout * 1000);
  });

  await steps.check('the stage throttles as the config says, and its log has no query and no header', async () => {
    const { Items: stages } = await sdk.call('apigatewayv2', 'get_stages', { ApiId });
    assert.deepEqual(
      stages.map(({ StageName }: { StageName: string }) => StageName),
      ['$default'],
    );
    const stage = await sdk.call('apigatewayv2', 'get_stage', { ApiId, StageName: '$default' });
    assert.equal(stage.AutoDeploy, true);
    const { ThrottlingRateLimit, ThrottlingBurstLimit } = stage.DefaultRouteSettings;
    assert.deepEqual(
      [ThrottlingRateLimit, ThrottlingBurstLimit],
      [config.throttle.requestsPerSecond, config.throttle.burst],
    );
    const { renewals } = config.throttle;
    assert.deepEqual(Object.keys(stage.RouteSettings), [renewalRoute]);
    const settings = stage.RouteSettings[renewalRoute];
    assert.deepEqual(
      [settings.ThrottlingRateLimit, settings.ThrottlingBurstLimit],
      [renewals.requestsPerSecond, renewals.burst],
    );
    const { DestinationArn, Format } = stage.AccessLogSettings;
    assert.match(DestinationArn, new RegExp(`:log-group:/aws/vendedlogs/${prefix}-auth$`));
    assert.doesNotMatch(Format, /query|header|cookie|authorization/i);
  });
}

async function checkFunction(site: LiveSite, fingerprints: readonly string[], steps: Steps): Promise<void> {
  const { config, prefix, root, name, distribution } = site;
  await steps.check('the Lambda runs the built bundle on arm64, with its own log group', () => {
    const { Runtime, Architectures, Handler, MemorySize, Timeout, PackageType, CodeSha256, LoggingConfig } =
      site.function;
    assert.deepEqual(
      [Runtime, Architectures, Handler, PackageType],
      [config.lambdaRuntime, ['arm64'], 'index.handler', 'Zip'],
    );
    assert.deepEqual([MemorySize, Timeout], [512, 10]);
    const zip = readFileSync(join(root, 'cdktf.out/stacks', name, 'assets/lambda.zip'));
    assert.equal(CodeSha256, createHash('sha256').update(zip).digest('base64'));
    assert.equal(LoggingConfig.LogGroup, `/aws/lambda/${prefix}-auth`);
    assert.equal(LoggingConfig.LogFormat, 'Text');
  });

  await steps.check(
    'the Lambda gets its hosts, bucket, keys and the sessions of the config, and no secret',
    async () => {
      const { S3NATOR_SETTINGS, S3NATOR_KEY_PAIR_ID, S3NATOR_KMS_KEY_ARN, S3NATOR_REQUESTS_TOPIC, ...others } =
        site.function.Environment.Variables;
      // user-pool.ts checks the user pool.
      const isElsewhere = ([variable]: readonly [string, unknown]): boolean =>
        variable.startsWith(trustedKeyPrefix) || variable.startsWith('S3NATOR_USER_POOL_');
      const variables = Object.fromEntries(Object.entries(others).filter((entry) => !isElsewhere(entry)));
      const { domain } = config;
      assert.deepEqual(variables, {
        S3NATOR_HOSTS: domain === null ? distribution.DomainName : [domain.name, ...domain.aliases].join(),
        S3NATOR_PRIVATE_BUCKET: site.privateBucket,
        ...(site.identityPool && { S3NATOR_IDENTITY_POOL_ID: site.identityPool.IdentityPoolId }),
      });
      assert.match(S3NATOR_KEY_PAIR_ID, /^K/);
      const settings = JSON.parse(S3NATOR_SETTINGS);
      assert.deepEqual(settings.session, config.session);
      const { store, ...signing } = config.signing;
      assert.deepEqual(settings.signing, { fingerprint: fingerprints[0], ...signing });
      assert.equal(S3NATOR_KMS_KEY_ARN === undefined, store === 's3');
      const { accessRequests } = config;
      assert.equal(S3NATOR_REQUESTS_TOPIC === undefined, accessRequests === null || accessRequests.notify === null);
      assert.deepEqual(settings.accessRequests?.mayAsk, accessRequests?.mayAsk);
      assert.deepEqual(
        Object.keys(others)
          .filter((variable) => variable.startsWith(trustedKeyPrefix))
          .sort(),
        fingerprints.map((fingerprint) => `${trustedKeyPrefix}${fingerprint}`).sort(),
      );
      assert.equal(settings.providers.length, config.providers.length);
      assert.equal(settings.providers.find(isGoogle)?.clientId, googleClientId(config));
    },
  );
}

const isGoogle = ({ kind }: { readonly kind: string }): boolean => kind === 'google';

const googleClientId = ({ providers }: SiteConfig): string | undefined =>
  providers.find((provider) => provider.kind === 'google')?.clientId;

async function checkIdentityPool({ sdk, config, identityPool, prefix }: LiveSite, steps: Steps): Promise<void> {
  if (config.identityPool === null) {
    await steps.check('there is no identity pool, and no role for one', async () => {
      assert.equal(identityPool, undefined);
      const { Roles } = await sdk.call('iam', 'list_roles');
      assert.equal(Roles.length, 1);
    });
    return;
  }
  await steps.check(
    "the identity pool accepts the config's Google client, no guests, and no classic flow",
    async () => {
      const { SupportedLoginProviders, AllowUnauthenticatedIdentities, AllowClassicFlow, IdentityPoolId } =
        identityPool;
      const clientId = googleClientId(config);
      assert.deepEqual(
        SupportedLoginProviders ?? {},
        clientId === undefined ? {} : { 'accounts.google.com': clientId },
      );
      assert.deepEqual([AllowUnauthenticatedIdentities, AllowClassicFlow ?? false], [false, false]);
      const { Roles } = await sdk.call('cognito-identity', 'get_identity_pool_roles', { IdentityPoolId });
      assert.deepEqual(Object.keys(Roles), ['authenticated']);
      assert.match(Roles.authenticated, new RegExp(`:role/${prefix}-pool$`));
    },
  );
}

async function checkLogs({ sdk, config, prefix }: LiveSite, steps: Steps): Promise<void> {
  await steps.check("both logs expire after the config's days", async () => {
    for (const name of [`/aws/lambda/${prefix}-auth`, `/aws/vendedlogs/${prefix}-auth`]) {
      const { logGroups } = await sdk.call('logs', 'describe_log_groups', { logGroupNamePrefix: name });
      assert.deepEqual(
        logGroups.map(({ retentionInDays }: { retentionInDays: number }) => retentionInDays),
        [config.logDays],
      );
    }
  });
}
