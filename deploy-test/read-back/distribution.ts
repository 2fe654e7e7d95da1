/**
 * Checks a live distribution: what is signed, what is open, where requests go, and what the viewer's browser receives.
 */
import assert from 'node:assert/strict';
import type { Steps } from '../report.ts';
import { type LiveSite, listed } from './live-site.ts';

const cachingOptimized = '658327ea-f89d-4fab-a63d-7e88639e58f6';
const cachingDisabled = '4135ea2d-6df8-44a3-9df3-4b5a84be39ad';
const allViewerExceptHostHeader = 'b689b0a8-53d0-40ab-baf2-68738e2966ac';
const allMethods = ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT'];

export async function checkDistribution(site: LiveSite, steps: Steps): Promise<void> {
  const { sdk, config, prefix } = site;
  const live = site.distribution.DistributionConfig;
  const ordered = listed(live.CacheBehaviors);
  const [auth, ...open] = ordered;
  const files = [live.DefaultCacheBehavior, ...open];

  await steps.check('the distribution serves over TLS, HTTP/3 and IPv6, in the price class of the config', () => {
    const { Enabled, IsIPV6Enabled, HttpVersion, PriceClass } = live;
    assert.deepEqual([Enabled, IsIPV6Enabled, HttpVersion, PriceClass], [true, true, 'http2and3', config.priceClass]);
    for (const behavior of files) assert.equal(behavior.ViewerProtocolPolicy, 'redirect-to-https');
    assert.equal(auth.ViewerProtocolPolicy, 'https-only');
  });

  await steps.check('/auth/* comes first, then /public/*, then the open paths as the config lists them', () => {
    const patterns = ordered.map(({ PathPattern }) => PathPattern);
    assert.deepEqual(patterns, ['/auth/*', '/public/*', ...config.openPaths]);
  });

  await steps.check('only the default behavior requires signed cookies', () => {
    const { TrustedKeyGroups, TrustedSigners } = live.DefaultCacheBehavior;
    assert.deepEqual([TrustedKeyGroups.Enabled, TrustedKeyGroups.Quantity], [true, 1]);
    assert.equal(TrustedSigners.Enabled, false);
    for (const { PathPattern, TrustedKeyGroups, TrustedSigners } of ordered) {
      assert.deepEqual([TrustedKeyGroups.Enabled, TrustedSigners.Enabled], [false, false], PathPattern);
    }
  });

  await steps.check('/auth/* goes to the API with every method, cookie and query, and is never cached', () => {
    assert.equal(auth.TargetOriginId, 'api');
    assert.deepEqual([...listed(auth.AllowedMethods)].sort(), allMethods);
    assert.equal(auth.CachePolicyId, cachingDisabled);
    assert.equal(auth.OriginRequestPolicyId, allViewerExceptHostHeader);
    assert.equal(auth.FunctionAssociations.Quantity, 0);
  });

  await steps.check(
    'everything else goes to the content, by GET and HEAD, cached, with nothing from the viewer',
    () => {
      for (const behavior of files) {
        assert.equal(behavior.TargetOriginId, 'content');
        assert.deepEqual([...listed(behavior.AllowedMethods)].sort(), ['GET', 'HEAD']);
        assert.deepEqual([behavior.CachePolicyId, behavior.Compress], [cachingOptimized, true]);
        assert.equal(behavior.OriginRequestPolicyId ?? '', '');
        assert.equal(behavior.LambdaFunctionAssociations.Quantity, 0);
      }
    },
  );

  await steps.check('it has two origins: www/ of the content bucket, with signed requests, and the API', async () => {
    const origins = new Map(listed(live.Origins).map((origin) => [origin.Id, origin]));
    assert.deepEqual([...origins.keys()].sort(), ['api', 'content']);
    const content = origins.get('content');
    assert.equal(content.DomainName, `${site.contentBucket}.s3.${config.region}.amazonaws.com`);
    assert.equal(content.OriginPath, '/www');
    assert.equal(content.S3OriginConfig?.OriginAccessIdentity ?? '', '');
    const { OriginAccessControl } = await sdk.call('cloudfront', 'get_origin_access_control', {
      Id: content.OriginAccessControlId,
    });
    const { SigningProtocol, SigningBehavior, OriginAccessControlOriginType } =
      OriginAccessControl.OriginAccessControlConfig;
    assert.deepEqual([SigningProtocol, SigningBehavior, OriginAccessControlOriginType], ['sigv4', 'always', 's3']);
    const api = origins.get('api');
    assert.equal(api.DomainName, `${site.api.ApiId}.execute-api.${config.region}.amazonaws.com`);
    assert.equal(api.OriginPath, '');
    assert.equal(api.CustomOriginConfig.OriginProtocolPolicy, 'https-only');
    assert.deepEqual(listed(api.CustomOriginConfig.OriginSslProtocols), ['TLSv1.2']);
  });

  await steps.check('403 shows the login page, uncached; 404 has its own page; no failure is kept', () => {
    const answers = listed(live.CustomErrorResponses).sort((a, b) => a.ErrorCode - b.ErrorCode);
    assert.deepEqual(answers.slice(0, 2), [
      { ErrorCode: 403, ResponseCode: '403', ResponsePagePath: config.pages.login, ErrorCachingMinTTL: 0 },
      { ErrorCode: 404, ResponseCode: '404', ResponsePagePath: config.pages.notFound, ErrorCachingMinTTL: 10 },
    ]);
    assert.deepEqual(
      answers
        .slice(2)
        .map(({ ErrorCode, ResponsePagePath, ErrorCachingMinTTL }) => [
          ErrorCode,
          ResponsePagePath || undefined,
          ErrorCachingMinTTL,
        ]),
      [500, 502, 503, 504].map((code) => [code, undefined, 0]),
    );
    assert.equal(live.DefaultRootObject, 'index.html');
  });

  await steps.check('it has the hosts, certificate, firewall and logs of the config, and no others', () => {
    const { domain } = config;
    assert.deepEqual(listed(live.Aliases), domain === null ? [] : [domain.name, ...domain.aliases]);
    const { CloudFrontDefaultCertificate, ACMCertificateArn, MinimumProtocolVersion, SSLSupportMethod } =
      live.ViewerCertificate;
    if (domain === null) assert.equal(CloudFrontDefaultCertificate, true);
    else assert.deepEqual([MinimumProtocolVersion, SSLSupportMethod], ['TLSv1.2_2021', 'sni-only']);
    if (domain?.certificateArn != null) assert.equal(ACMCertificateArn, domain.certificateArn);
    assert.equal(live.WebACLId, config.webAclArn ?? '');
    const { Enabled, IncludeCookies, Bucket, Prefix } = live.Logging;
    const { bucket = '', prefix: logPrefix = '' } = config.accessLogs ?? {};
    assert.deepEqual([Enabled, IncludeCookies, Bucket, Prefix], [config.accessLogs !== null, false, bucket, logPrefix]);
    assert.equal(live.Restrictions.GeoRestriction.RestrictionType, 'none');
  });

  await steps.check('every resource that can have tags has site, stage and the tags of the config', async () => {
    const { Tags } = await sdk.call('cloudfront', 'list_tags_for_resource', { Resource: site.distribution.ARN });
    const tags = Object.fromEntries(listed(Tags).map(({ Key, Value }) => [Key, Value]));
    const expected = { app: 's3nator', site: site.name, stage: config.stage, ...config.tags };
    assert.deepEqual(tags, expected);
    for (const bucket of [site.contentBucket, site.privateBucket]) {
      const { TagSet } = await sdk.call('s3', 'get_bucket_tagging', { Bucket: bucket });
      assert.deepEqual(Object.fromEntries(TagSet.map(({ Key, Value }: (typeof TagSet)[0]) => [Key, Value])), expected);
    }
    assert.ok(prefix.startsWith(site.name));
  });
}

export async function checkKeyGroup(site: LiveSite, publicHalves: readonly string[], steps: Steps): Promise<void> {
  const [Id] = listed(site.distribution.DistributionConfig.DefaultCacheBehavior.TrustedKeyGroups);
  const pemOf = async (id: string): Promise<string> => {
    const { PublicKey } = await site.sdk.call('cloudfront', 'get_public_key', { Id: id });
    return PublicKey.PublicKeyConfig.EncodedKey;
  };
  await steps.check("the trusted key group holds the public halves of the site's keys, and no others", async () => {
    const { KeyGroup } = await site.sdk.call('cloudfront', 'get_key_group', { Id });
    const pems = await Promise.all(KeyGroup.KeyGroupConfig.Items.map(pemOf));
    assert.deepEqual(pems.sort(), [...publicHalves].sort());
  });
  await steps.check("the Lambda's key pair ID is the signer's", async () => {
    assert.equal(await pemOf(site.function.Environment.Variables.S3NATOR_KEY_PAIR_ID), publicHalves[0]);
  });
}
