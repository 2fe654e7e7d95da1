/** The variants of the config: applies each, reads it back and expects an empty plan. */
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { SiteChanges } from '../clone.ts';
import type { Answer } from '../local-aws/sdk.ts';
import type { LiveSite } from '../read-back/live-site.ts';
import { readBack } from '../read-back/read-back.ts';
import {
  deployedSite,
  expectEmptyPlan,
  expectEveryAnswer,
  type Scenario,
  type Stage,
  withoutWaiting,
} from './scenario.ts';

type Sites = Readonly<Record<string, SiteChanges>>;

interface Variant {
  readonly name: string;
  readonly title: string;
  /** The sites, or a function that creates what they need in the account and returns them. */
  readonly sites: Sites | ((stage: Stage) => Promise<Sites>);
  /** Checks beyond the comparison with the config. */
  readonly also?: (stage: Stage, live: readonly LiveSite[]) => Promise<void>;
}

const host = 'docs.example.com';
/** Certificates and firewalls for CloudFront are in this Region. */
const global = 'us-east-1';

export const createZone = async ({ aws }: Stage): Promise<void> => {
  await aws.sdk.call('route53', 'create_hosted_zone', { Name: 'example.com', CallerReference: 'deploy-test' });
};

export async function createFirewall({ aws }: Stage): Promise<string> {
  const metrics = { SampledRequestsEnabled: false, CloudWatchMetricsEnabled: false, MetricName: 'site' };
  const parameters = { Name: 'site', Scope: 'CLOUDFRONT', DefaultAction: { Allow: {} }, VisibilityConfig: metrics };
  const { Summary } = await aws.sdk.call('wafv2', 'create_web_acl', parameters, global);
  return Summary.ARN;
}

const variants: readonly Variant[] = [
  {
    name: 'rsa',
    title: 'RSA-2048 keys',
    sites: { docs: { signing: { store: 's3', key: 'RSA-2048', hash: 'SHA256' } } },
  },
  {
    name: 'sha1',
    title: 'signatures over SHA-1',
    sites: { docs: { signing: { store: 's3', key: 'P-256', hash: 'SHA1' } } },
  },
  {
    name: 'domain',
    title: 'a custom domain in a hosted zone, with its own certificate',
    sites: async (stage) => {
      await createZone(stage);
      return { docs: { domain: { name: host, aliases: [`www.${host}`], hostedZone: 'example.com' } } };
    },
    also: checkDomain,
  },
  {
    name: 'certificate',
    title: 'a custom domain with an existing certificate',
    sites: async ({ aws }) => {
      const parameters = { DomainName: host, ValidationMethod: 'DNS' };
      const { CertificateArn } = await aws.sdk.call('acm', 'request_certificate', parameters, global);
      return { docs: { domain: { name: host, hostedZone: null, certificateArn: CertificateArn } } };
    },
  },
  {
    name: 'firewall',
    title: 'an existing web ACL',
    sites: async (stage) => ({ docs: { webAclArn: await createFirewall(stage) } }),
  },
  {
    name: 'access-logs',
    title: "CloudFront's access logs",
    sites: { docs: { accessLogs: { bucket: 'logs-of-ours.s3.amazonaws.com', prefix: 'docs/' } } },
  },
  {
    name: 'managed-policies',
    title: "AWS's own headers policies only",
    sites: { docs: { managedPoliciesOnly: true } },
  },
  { name: 'no-identity-pool', title: 'no identity pool', sites: { docs: { identityPool: null } } },
  { name: 'index-rewriting', title: 'index pages of folders', sites: { docs: { indexRewriting: true } } },
  { name: 'fallback', title: 'the page of an app with a router', sites: { docs: { fallback: '/index.html' } } },
  {
    name: 'two-sites',
    title: 'two sites of one config, and another stage of one of them, in one account',
    sites: { docs: {}, handbook: { stage: 'test', content: null, openPaths: [], priceClass: 'PriceClass_All' } },
    also: checkApart,
  },
];

export const variantScenarios: readonly Scenario[] = variants.map(({ name, title, sites, also }) => ({
  name,
  title,
  run: async (stage) => {
    const configs = stage.clone.configure(typeof sites === 'function' ? await sites(stage) : sites);
    const live: LiveSite[] = [];
    for (const site of Object.keys(configs)) {
      await stage.steps.step(`npm run keys -- create --site ${site}`, () => stage.tools.createKeys(site));
    }
    await stage.steps.step('synth', () => stage.tools.synth());
    for (const [site, config] of Object.entries(configs)) {
      withoutWaiting(stage, site);
      await stage.steps.step(`terraform apply of ${site}`, () => stage.tools.apply(site));
      live.push(await readBack(deployedSite(stage, site, config), stage.steps));
    }
    await also?.(stage, live);
    for (const site of Object.keys(configs)) await expectEmptyPlan(stage, site);
    await expectEveryAnswer(stage);
  },
}));

async function checkDomain({ steps, aws }: Stage, [live]: readonly LiveSite[]): Promise<void> {
  const { ViewerCertificate } = live?.distribution.DistributionConfig ?? {};
  await steps.check('the certificate covers the hosts, is in us-east-1, and is issued', async () => {
    const parameters = { CertificateArn: ViewerCertificate.ACMCertificateArn };
    const { Certificate } = await aws.sdk.call('acm', 'describe_certificate', parameters, global);
    assert.deepEqual([...Certificate.SubjectAlternativeNames].sort(), [host, `www.${host}`]);
    assert.equal(Certificate.Status, 'ISSUED');
  });
  await steps.check('both hosts point at the distribution, by IPv4 and IPv6', async () => {
    const { HostedZones } = await aws.sdk.call('route53', 'list_hosted_zones');
    const parameters = { HostedZoneId: HostedZones[0].Id };
    const { ResourceRecordSets } = await aws.sdk.call('route53', 'list_resource_record_sets', parameters);
    const aliases = ResourceRecordSets.filter(({ AliasTarget }: Answer) => AliasTarget !== undefined);
    for (const { AliasTarget } of aliases) {
      assert.equal(AliasTarget.DNSName.replace(/\.$/, ''), live?.distribution.DomainName);
      // The hosted zone of every distribution. @see
      // https://docs.aws.amazon.com/Route53/latest/APIReference/API_AliasTarget.html
      assert.equal(AliasTarget.HostedZoneId, 'Z2FDTNDATAQYW2');
    }
    const names = aliases.map(({ Name, Type }: Answer) => `${Type} ${Name}`).sort();
    assert.deepEqual(names, [`A ${host}.`, `A www.${host}.`, `AAAA ${host}.`, `AAAA www.${host}.`]);
  });
}

async function checkApart(stage: Stage, live: readonly LiveSite[]): Promise<void> {
  const { steps } = stage;
  const sites = [...live, await otherStage(stage)];
  await steps.check('they share nothing', () => {
    const parts = sites.flatMap(({ distribution, contentBucket, privateBucket, api, function: it, identityPool }) => [
      distribution.Id,
      contentBucket,
      privateBucket,
      api.ApiId,
      it.Role,
      it.Environment.Variables.S3NATOR_KEY_PAIR_ID,
      identityPool.IdentityPoolId,
      distribution.DistributionConfig.DefaultCacheBehavior.TrustedKeyGroups.Items[0],
    ]);
    assert.equal(new Set(parts).size, 8 * sites.length);
  });
  await steps.check('the key group of each trusts only its own keys', async () => {
    const trusted = await Promise.all(sites.map(trustedKeysOf));
    assert.equal(new Set(trusted.flat()).size, 2 * sites.length);
  });
}

/** The site of the same name in another stage, from its own checkout. */
async function otherStage(stage: Stage): Promise<LiveSite> {
  const { steps, clone, folder } = stage;
  const other = clone.copy(join(folder, 'test-stage'));
  for (const left of ['cdktf.out', 'keys', 'terraform.docs.tfstate']) {
    rmSync(join(other.root, left), { recursive: true, force: true });
  }
  const { docs } = other.configure({ docs: { stage: 'test' } });
  if (docs === undefined) throw new Error('no site docs');
  const itsStage = { ...stage, clone: other, tools: stage.tools.with('test-stage', {}, other) };
  await itsStage.tools.createKeys('docs');
  await itsStage.tools.synth();
  withoutWaiting(itsStage, 'docs');
  await steps.step('terraform apply of docs in the stage test', () => itsStage.tools.apply('docs'));
  const live = await readBack(deployedSite(itsStage, 'docs', docs), steps);
  await expectEmptyPlan(itsStage, 'docs');
  return live;
}

async function trustedKeysOf({ sdk, distribution }: LiveSite): Promise<readonly string[]> {
  const [Id] = distribution.DistributionConfig.DefaultCacheBehavior.TrustedKeyGroups.Items;
  const { KeyGroup } = await sdk.call('cloudfront', 'get_key_group', { Id });
  return KeyGroup.KeyGroupConfig.Items;
}
