/** Mistakes of operators: makes each with the real tools, and checks its message and that the state stays safe. */
import assert from 'node:assert/strict';
import { renameSync } from 'node:fs';
import { join } from 'node:path';
import type { SiteConfig } from '../../contract/config.ts';
import type { SiteChanges } from '../clone.ts';
import { inventory } from '../read-back/leftovers.ts';
import type { LiveSite } from '../read-back/live-site.ts';
import { readBack } from '../read-back/read-back.ts';
import {
  deployedSite,
  destroyWhole,
  expectEmptyPlan,
  expectRefusal,
  type Scenario,
  type Stage,
  withoutWaiting,
} from './scenario.ts';

const site = 'docs';
const placeholder = 'YOUR_CLIENT_ID.apps.googleusercontent.com';

export const mistakes: Scenario = {
  name: 'mistakes',
  title: "operators' mistakes, and their messages",
  run: async (stage) => {
    await beforeAnyDeploy(stage);
    await withoutAccount(stage);
    const live = await deployFirst(stage);
    await forbiddenChanges(stage, live);
    await withoutItsState(stage, live);
    await twoAtOnce(stage);
    await notEmpty(stage, live);
  },
};

/** The config is wrong, or something is missing: nothing is synthesized, and no request goes to AWS. */
async function beforeAnyDeploy(stage: Stage): Promise<void> {
  const { steps, tools, clone, aws } = stage;
  const wrong = async (mistake: string, changes: SiteChanges, ...messages: readonly RegExp[]): Promise<void> => {
    clone.configureUnchecked({ [site]: changes });
    await steps.step(mistake, () => expectRefusal(tools, site, ['deploy'], /This cannot be deployed yet/, ...messages));
  };
  await wrong(
    'no client ID and no keys: both are named, with their fixes',
    { providers: [{ kind: 'google', clientId: placeholder }] },
    /site docs: no Google client ID\. Fix: create one at https:\/\/console\.cloud\.google\.com\/auth\/clients/,
    /site docs: no signing keys .* Fix: npm run keys -- create --site docs/,
  );
  await wrong(
    'a certificate from another Region',
    {
      domain: {
        name: 'docs.example.org',
        hostedZone: 'example.com',
        certificateArn: 'arn:aws:acm:eu-west-1:123456789012:certificate/a',
      },
    },
    /domain\.certificateArn: got "arn:aws:acm:eu-west-1:.* allowed: the ARN of a certificate in us-east-1/,
  );
  await wrong(
    'a domain outside its zone',
    { domain: { name: 'docs.example.org', hostedZone: 'example.com' } },
    /domain\.hostedZone: got "example\.com"; allowed: a hosted zone that the domain and its aliases belong to/,
  );
  clone.configure({ [site]: {} });
  await steps.step('npm run keys -- create', () => tools.createKeys(site));
  await clone.withoutPrivateHalves(site, () =>
    wrong(
      'private halves lost before the first deploy',
      {},
      /site docs: neither its state \(\S+terraform\.docs\.tfstate\) nor the private halves of its keys \(\S+/,
      /\(\S+\.private\.pem, \S+\.private\.pem\) are here\. Fix: /,
    ),
  );
  await steps.check('AWS got no request', () => {
    assert.deepEqual(aws.front.journal, []);
  });
}

/** Nothing is created. */
async function withoutAccount(stage: Stage): Promise<void> {
  const { steps, tools, clone, aws } = stage;
  clone.configure({ [site]: {} });
  const nobody = tools.with('nobody', { AWS_ACCESS_KEY_ID: undefined, AWS_SECRET_ACCESS_KEY: undefined });
  await steps.step('no credentials', () =>
    expectRefusal(nobody, site, ['deploy'], /No valid credential sources found/),
  );
  clone.configure({ [site]: { region: 'eu-west-9' } });
  await steps.step('a Region that AWS does not have', () =>
    expectRefusal(tools, site, ['deploy'], /invalid AWS Region: eu-west-9/i),
  );
  clone.configure({ [site]: { domain: { name: 'docs.example.com', hostedZone: 'example.com' } } });
  await steps.step('a hosted zone that the account does not have', () =>
    expectRefusal(
      tools,
      site,
      ['deploy'],
      /no matching Route ?53 Hosted Zone found/i,
      /data\.aws_route53_zone\.site_domain_zone/,
    ),
  );
  await steps.check('nothing was created', async () => {
    assert.deepEqual(await inventory(aws.sdk), {});
  });
}

async function deployFirst(stage: Stage): Promise<LiveSite> {
  const { steps, tools, clone } = stage;
  const { [site]: config } = clone.configure({ [site]: {} }) as Record<string, SiteConfig>;
  if (config === undefined) throw new Error(`no site ${site}`);
  await tools.synth();
  withoutWaiting(stage, site);
  await steps.step('with everything fixed: terraform apply', () => tools.apply(site));
  return readBack(deployedSite(stage, site, config), steps);
}

/** Changes that would recreate the site. */
async function forbiddenChanges(stage: Stage, live: LiveSite): Promise<void> {
  const { steps, tools, clone } = stage;
  const neither = /Neither can be changed\. Fix: set region and stage back/;
  clone.configure({ [site]: { stage: 'test' } });
  await steps.step('another stage for a deployed site', () =>
    expectRefusal(
      tools,
      site,
      ['deploy'],
      /first deployed in eu-west-1, stage prod; the config now says eu-west-1, stage test/,
      neither,
    ),
  );
  clone.configure({ [site]: { region: 'eu-central-1' } });
  await steps.step('another Region for a deployed site', () =>
    expectRefusal(
      tools,
      site,
      ['deploy'],
      /first deployed in eu-west-1, stage prod; the config now says eu-central-1, stage prod/,
      neither,
    ),
  );
  await checkUnchanged(stage, live);
}

/** The same site again, from a clone without its state. */
async function withoutItsState(stage: Stage, live: LiveSite): Promise<void> {
  const { steps, clone, aws, folder } = stage;
  const other = clone.copy(join(folder, 'second'));
  const tools = stage.tools.with('second', {}, other);
  renameSync(join(other.root, 'terraform.docs.tfstate'), join(other.root, 'lost.tfstate'));
  other.configure({ [site]: { deletionProtection: false } });
  const before = await inventory(aws.sdk);
  await steps.step('the same site from a checkout without its state: its names are taken', () =>
    expectRefusal(tools, site, ['deploy'], /already exists/i, /docs-prod/),
  );
  await checkUnchanged(stage, live);
  await steps.step('cdktf destroy there deletes what it created, and nothing else', () =>
    tools.cdktf('destroy', site, '--auto-approve'),
  );
  await steps.check('the account is unchanged', async () => {
    assert.deepEqual(await inventory(aws.sdk), before);
  });
  await checkUnchanged(stage, live);
}

async function twoAtOnce(stage: Stage): Promise<void> {
  const { steps, tools, clone, aws } = stage;
  clone.configure({ [site]: { logDays: 30 } });
  const reached = aws.front.hold(/PutRetentionPolicy/);
  const first = tools.cdktf('deploy', site, '--auto-approve');
  const release = await reached;
  await steps.step('a second deploy while one runs', () =>
    expectRefusal(
      tools,
      site,
      ['deploy'],
      /Error acquiring the state lock/,
      /Lock Info: ID: \S+ Path: \S*terraform\.docs\.tfstate/,
    ),
  );
  release();
  await steps.step('the first one succeeds', () => first);
  await expectEmptyPlan(stage, site);
}

/** The deploy must not delete files that somebody uploaded. */
async function notEmpty(stage: Stage, live: LiveSite): Promise<void> {
  const { steps, tools, clone, aws } = stage;
  const Bucket = live.contentBucket;
  await aws.sdk.call('s3', 'put_object', { Bucket, Key: 'www/film.mp4', Body: 'x' });
  clone.configure({ [site]: {} });
  const before = await inventory(aws.sdk);
  await steps.step('destroy, with deletionProtection as it is', () =>
    expectRefusal(tools, site, ['destroy'], /Instance cannot be destroyed .*lifecycle\.prevent_destroy set/),
  );
  await steps.check('nothing was deleted', async () => {
    assert.deepEqual(await inventory(aws.sdk), before);
  });
  clone.configure({ [site]: { deletionProtection: false } });
  await steps.step('destroy, with a file in the bucket that the deploy did not put there', () =>
    expectRefusal(tools, site, ['destroy'], new RegExp(`deleting S3 Bucket \\(${Bucket}\\).*BucketNotEmpty`)),
  );
  await steps.check('the file, its bucket, and nothing else are left', async () => {
    assert.deepEqual(await inventory(aws.sdk), { 's3 list_buckets': 1 });
    const { Contents } = await aws.sdk.call('s3', 'list_objects_v2', { Bucket });
    assert.deepEqual(
      Contents.map(({ Key }: { Key: string }) => Key),
      ['www/film.mp4'],
    );
  });
  const { Versions, DeleteMarkers } = await aws.sdk.call('s3', 'list_object_versions', { Bucket });
  for (const { Key, VersionId } of [...(Versions ?? []), ...(DeleteMarkers ?? [])]) {
    await aws.sdk.call('s3', 'delete_object', { Bucket, Key, VersionId });
  }
  await destroyWhole(stage, site);
}

/** Checks that the deployed site is unchanged. */
async function checkUnchanged(
  { steps, aws }: Stage,
  { distribution, contentBucket, privateBucket }: LiveSite,
): Promise<void> {
  await steps.check('the deployed site is unchanged', async () => {
    const { Distribution } = await aws.sdk.call('cloudfront', 'get_distribution', { Id: distribution.Id });
    assert.deepEqual(inOneOrder(Distribution), inOneOrder(distribution));
    for (const Bucket of [contentBucket, privateBucket]) await aws.sdk.call('s3', 'head_bucket', { Bucket });
  });
}

/** Settings of a distribution. Its error responses are a set, which Terraform writes in any order. */
function inOneOrder({ DistributionConfig }: LiveSite['distribution']): object {
  const { CustomErrorResponses, ...others } = DistributionConfig;
  const responses = CustomErrorResponses.Items.toSorted(
    (one: { ErrorCode: number }, other: { ErrorCode: number }) => one.ErrorCode - other.ErrorCode,
  );
  return { ...others, responses };
}
