/** Signing keys in KMS: created, retagged, rotated and retired by the real provider. No key in use is replaced. */
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { SiteConfig } from '../../contract/config.ts';
import type { SiteChanges } from '../clone.ts';
import { checkKms, kmsKeysOf } from '../read-back/kms.ts';
import { type LiveSite, listed } from '../read-back/live-site.ts';
import { fingerprintsOf, readBack } from '../read-back/read-back.ts';
import {
  deployedSite,
  expectEmptyPlan,
  expectEveryAnswer,
  type Scenario,
  type Stage,
  withoutWaiting,
} from './scenario.ts';

const site = 'docs';

export const kms: Scenario = {
  name: 'kms',
  title: 'signing keys in KMS: created, retagged, rotated, retired',
  run: async (stage) => {
    const { steps, tools } = stage;
    const config = configure(stage, {});
    await steps.step('npm run keys -- create', () => tools.createKeys(site));
    const first = await deploy(stage, config);
    const retagged = await retag(stage, first);
    await rotate(stage, retagged, first);
    await retire(stage, retagged);
    await expectEveryAnswer(stage);
  },
};

function configure({ clone }: Stage, changes: SiteChanges): SiteConfig {
  const config = clone.configure({ [site]: { signing: { store: 'kms', key: 'P-256' }, ...changes } })[site];
  if (config === undefined) throw new Error(`no site ${site}`);
  return config;
}

const namesOf = ({ clone: { root } }: Stage) => fingerprintsOf({ root, name: site });

async function synth(stage: Stage): Promise<void> {
  await stage.tools.synth();
  withoutWaiting(stage, site);
}

async function deploy(stage: Stage, config: SiteConfig): Promise<LiveSite> {
  const { steps, tools, aws } = stage;
  await steps.step('terraform apply', async () => {
    await synth(stage);
    await tools.apply(site);
  });
  const live = await readBack(deployedSite(stage, site, config), steps);
  await checkKms(live, namesOf(stage), aws.front.url, steps);
  await expectEmptyPlan(stage, site);
  return live;
}

/**
 * A change of the key makes Terraform read it only at the apply. If Terraform compared the public key, it would replace
 * it.
 */
async function retag(stage: Stage, first: LiveSite): Promise<SiteConfig> {
  const { steps, tools } = stage;
  const before = await trustedIds(first);
  const config = configure(stage, { tags: { team: 'handbook' } });
  await steps.step('the plan for new tags updates the keys in KMS in place, and changes no public key', async () => {
    await synth(stage);
    const { changes } = await tools.plan(site);
    const made = changes.filter(({ actions }) => !['update', 'read'].includes(actions.join()));
    assert.deepEqual(made, []);
    assert.equal(changes.filter(({ type }) => type === 'aws_kms_key').length, 2);
    assert.ok(changes.some(({ type, actions }) => type === 'aws_kms_public_key' && actions.join() === 'read'));
    assert.ok(!changes.some(({ type }) => type === 'aws_cloudfront_public_key'));
  });
  await steps.step('if compared, public keys in use would be replaced', async () => {
    const names = Object.keys(tools.stack(site).resource.aws_cloudfront_public_key);
    // An empty list would leave the existing one.
    const compared = { lifecycle: { create_before_destroy: true, ignore_changes: ['comment'] } };
    tools.override(site, 'compared', {
      resource: { aws_cloudfront_public_key: Object.fromEntries(names.map((name) => [name, compared])) },
    });
    const { changes } = await tools.plan(site);
    const replaced = changes.filter(({ type }) => type === 'aws_cloudfront_public_key');
    assert.deepEqual(
      replaced.map(({ actions }) => actions.join()),
      ['create,delete', 'create,delete'],
    );
    rmSync(join(tools.stackFolder(site), 'compared_override.tf.json'));
  });
  const second = await deploy(stage, config);
  await steps.check('the public keys are unchanged, and the keys in KMS have the tag', async () => {
    assert.deepEqual(await trustedIds(second), before);
    for (const { KeyId } of (await kmsKeysOf(second)).values()) {
      const { Tags } = await second.sdk.call('kms', 'list_resource_tags', { KeyId });
      assert.ok(Tags.some(({ TagKey, TagValue }: (typeof Tags)[0]) => TagKey === 'team' && TagValue === 'handbook'));
    }
  });
  return config;
}

async function rotate(stage: Stage, config: SiteConfig, first: LiveSite): Promise<void> {
  const { steps, tools } = stage;
  const before = await trustedIds(first);
  const [, next] = namesOf(stage);
  await steps.step('npm run keys -- rotate refuses: the next key was deployed just now', async () => {
    assert.match((await tools.keysRefused(site, 'rotate')).text, /may not know the next key/);
  });
  tools.moveClock(15 * 60);
  await steps.step('npm run keys -- rotate, a quarter of an hour later', () => tools.keys(site, 'rotate'));
  const second = await deploy(stage, config);
  await steps.check('the published key signs, and the previous signer is still trusted', async () => {
    const after = await trustedIds(second);
    for (const id of before) assert.ok(after.includes(id));
    assert.equal(after.length, 3);
    assert.equal(second.function.Environment.Variables.S3NATOR_KMS_KEY_ARN, (await kmsKeysOf(second)).get(next).Arn);
  });
}

async function retire(stage: Stage, config: SiteConfig): Promise<void> {
  const { steps, tools, aws } = stage;
  tools.moveClock(config.session.cookieSeconds + 15 * 60);
  await steps.step('npm run keys -- retire, when its cookies have ended', () => tools.keys(site, 'retire'));
  await deploy(stage, config);
  await steps.check('the retired key can no longer sign, and is deleted in 30 days', async () => {
    const { Keys } = await aws.sdk.call('kms', 'list_keys');
    const states = [];
    for (const { KeyId } of Keys) {
      const { KeyMetadata } = await aws.sdk.call('kms', 'describe_key', { KeyId });
      if (KeyMetadata.KeyState === 'Enabled') continue;
      const days = (Date.parse(KeyMetadata.DeletionDate) - Date.now()) / 86_400_000;
      states.push([KeyMetadata.KeyState, Math.round(days)]);
    }
    assert.deepEqual(states, [['PendingDeletion', 30]]);
  });
}

/** IDs of the keys in the trusted group. */
async function trustedIds({ sdk, distribution }: LiveSite): Promise<string[]> {
  const [Id] = listed(distribution.DistributionConfig.DefaultCacheBehavior.TrustedKeyGroups);
  const { KeyGroup } = await sdk.call('cloudfront', 'get_key_group', { Id });
  return [...KeyGroup.KeyGroupConfig.Items].sort();
}
