/**
 * Shows that the local AWS is as strict as AWS: it refuses what CloudFront and API Gateway refuse. Uses the SDK only.
 */
import assert from 'node:assert/strict';
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import type { Answer } from '../local-aws/sdk.ts';
import type { Scenario, Stage } from './scenario.ts';

const pemOf = ({ publicKey }: { publicKey: KeyObject }): string =>
  publicKey.export({ type: 'spki', format: 'pem' }).toString();

const keyConfig = (Name: string, EncodedKey: string) => ({
  PublicKeyConfig: { CallerReference: Name, Name, EncodedKey, Comment: '' },
});

const cachingDisabled = '4135ea2d-6df8-44a3-9df3-4b5a84be39ad';

/**
 * A stage can have settings for a route only while the route exists. So a first deploy must create the route first, and
 * going back must change the stage first.
 */
async function refuseRouteSettings({ steps, aws }: Stage): Promise<void> {
  const api = (operation: string, parameters: object): Promise<Answer> =>
    aws.sdk.call('apigatewayv2', operation, parameters);
  const refusedFor = (key: string, operation: string, parameters: object): Promise<void> =>
    assert.rejects(api(operation, parameters), (error: Answer) => {
      assert.equal(error.code, 'NotFoundException');
      assert.match(error.message, new RegExp(`Unable to find Route by key ${key} within the provided RouteSettings`));
      return true;
    });
  const { ApiId } = await steps.step('an HTTP API', () => api('create_api', { Name: 'api', ProtocolType: 'HTTP' }));
  const limit = { ThrottlingRateLimit: 1, ThrottlingBurstLimit: 1 };
  const stage = { ApiId, StageName: '$default' };
  const withRoute = { ...stage, RouteSettings: { 'POST /a': limit } };
  await steps.check('a new stage with settings of a missing route: NotFoundException', () =>
    refusedFor('POST /a', 'create_stage', withRoute),
  );
  const { RouteId } = await steps.step('the route is created, and then the stage', async () => {
    const route = await api('create_route', { ApiId, RouteKey: 'POST /a' });
    await api('create_stage', withRoute);
    return route;
  });
  await steps.check('a change to settings of another missing route: NotFoundException', () =>
    refusedFor('POST /b', 'update_stage', { ...stage, RouteSettings: { 'POST /b': limit } }),
  );
  await steps.check(
    'any change of the stage while settings of a deleted route are left: NotFoundException',
    async () => {
      await api('delete_route', { ApiId, RouteId });
      await refusedFor('POST /a', 'update_stage', { ...stage, Description: 'changed' });
    },
  );
  await steps.check('the change is accepted once the settings are gone, too', async () => {
    await api('delete_route_settings', { ...stage, RouteKey: 'POST /a' });
    await api('update_stage', { ...stage, Description: 'changed' });
    assert.deepEqual((await api('get_stage', stage)).RouteSettings, {});
  });
}

/** The smallest config that CloudFront accepts, with changes. */
function distributionConfig(changes: object = {}, behavior: object = {}): object {
  return {
    CallerReference: 'refusals',
    Comment: '',
    Enabled: true,
    Origins: {
      Quantity: 1,
      Items: [
        {
          Id: 'origin',
          DomainName: 'origin.example.com',
          CustomOriginConfig: { HTTPPort: 80, HTTPSPort: 443, OriginProtocolPolicy: 'https-only' },
        },
      ],
    },
    DefaultCacheBehavior: {
      TargetOriginId: 'origin',
      ViewerProtocolPolicy: 'https-only',
      CachePolicyId: cachingDisabled,
      ...behavior,
    },
    ...changes,
  };
}

const trusting = (group: string): object => ({
  TrustedKeyGroups: { Enabled: true, Quantity: 1, Items: [group] },
});

export const refusals: Scenario = {
  name: 'refusals',
  title: 'the local AWS refuses what CloudFront is documented to refuse, and settings of missing routes',
  run: async (stage) => {
    await refuseKeys(stage);
    await refuseReferences(stage);
    await refuseDeletions(stage);
    await refuseRouteSettings(stage);
  },
};

/** CloudFront must refuse `operation` with `code`. */
async function refused({ steps, aws }: Stage, rule: string, operation: string, parameters: object, code: string) {
  await steps.check(`${rule}: ${code}`, async () => {
    await assert.rejects(aws.sdk.call('cloudfront', operation, parameters), { code });
  });
}

async function refuseKeys(stage: Stage): Promise<void> {
  const key = (rule: string, pem: string): Promise<void> =>
    refused(stage, rule, 'create_public_key', keyConfig('key', pem), 'InvalidArgument');
  await key('an RSA key of 4096 bits', pemOf(generateKeyPairSync('rsa', { modulusLength: 4096 })));
  await key('an ECDSA key on P-384', pemOf(generateKeyPairSync('ec', { namedCurve: 'P-384' })));
  await key('a text that is not a key', 'key');
  const group = { KeyGroupConfig: { Name: 'group', Items: ['KNOTHING'] } };
  await refused(stage, 'a group with a missing key', 'create_key_group', group, 'NoSuchResource');
}

async function refuseReferences(stage: Stage): Promise<void> {
  const distribution = (rule: string, code: string, changes: object, behavior: object = {}): Promise<void> =>
    refused(stage, rule, 'create_distribution', { DistributionConfig: distributionConfig(changes, behavior) }, code);
  await distribution('a missing key group', 'TrustedKeyGroupDoesNotExist', {}, trusting('nothing'));
  await distribution('a missing cache policy', 'NoSuchCachePolicy', {}, { CachePolicyId: 'nothing' });
  await distribution('missing headers policies', 'NoSuchResponseHeadersPolicy', {}, { ResponseHeadersPolicyId: 'x' });
  await distribution('a missing origin', 'NoSuchOrigin', {}, { TargetOriginId: 'nothing' });
  await distribution(
    'a function that was never published',
    'InvalidFunctionAssociation',
    {},
    {
      FunctionAssociations: {
        Quantity: 1,
        Items: [{ EventType: 'viewer-request', FunctionARN: 'arn:aws:cloudfront::1:function/x' }],
      },
    },
  );
  await distribution('a host without a certificate', 'InvalidViewerCertificate', {
    Aliases: { Quantity: 1, Items: ['docs.example.com'] },
  });
  await distribution('a certificate from another Region', 'InvalidViewerCertificate', {
    ViewerCertificate: {
      ACMCertificateArn: 'arn:aws:acm:eu-west-1:123456789012:certificate/a',
      SSLSupportMethod: 'sni-only',
    },
  });
  await distribution('a list with a wrong length', 'InconsistentQuantities', {
    Aliases: { Quantity: 2, Items: ['docs.example.com'] },
  });
}

async function refuseDeletions(stage: Stage): Promise<void> {
  const { steps, aws } = stage;
  const cloudFront = (operation: string, parameters: object): Promise<Answer> =>
    aws.sdk.call('cloudfront', operation, parameters);
  const pem = pemOf(generateKeyPairSync('ec', { namedCurve: 'P-256' }));
  const made = await steps.step('a key in a group in a distribution', async () => {
    const key = await cloudFront('create_public_key', keyConfig('key', pem));
    const group = await cloudFront('create_key_group', {
      KeyGroupConfig: { Name: 'group', Items: [key.PublicKey.Id] },
    });
    const DistributionConfig = distributionConfig({}, trusting(group.KeyGroup.Id));
    return { key, group, distribution: await cloudFront('create_distribution', { DistributionConfig }) };
  });
  const of = ({ ETag }: Answer, Id: string) => ({ Id, IfMatch: ETag });
  const { key, group, distribution } = made;
  const inUse: readonly [string, string, object, string][] = [
    ['a key in a group', 'delete_public_key', of(key, key.PublicKey.Id), 'PublicKeyInUse'],
    ['a group in a distribution', 'delete_key_group', of(group, group.KeyGroup.Id), 'ResourceInUse'],
    [
      'an enabled distribution',
      'delete_distribution',
      of(distribution, distribution.Distribution.Id),
      'DistributionNotDisabled',
    ],
    [
      'a change of an older version',
      'delete_distribution',
      { Id: distribution.Distribution.Id, IfMatch: 'EOLD' },
      'PreconditionFailed',
    ],
    ['a second key with the same name', 'create_public_key', keyConfig('key', pem), 'PublicKeyAlreadyExists'],
    [
      'new content for a key',
      'update_public_key',
      { ...of(key, key.PublicKey.Id), ...keyConfig('key', pemOf(generateKeyPairSync('ec', { namedCurve: 'P-256' }))) },
      'CannotChangeImmutablePublicKeyFields',
    ],
  ];
  for (const [rule, operation, parameters, code] of inUse) await refused(stage, rule, operation, parameters, code);
}
