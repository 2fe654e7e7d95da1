/**
 * The life of the signing keys: rotated, retired, lost on the way, dropped at once, created again, destroyed. Deploys
 * each step, and never replaces a key in use.
 */
import assert from 'node:assert/strict';
import { cpSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { SiteConfig } from '../../contract/config.ts';
import { expectCode } from '../command.ts';
import { findSite, type LiveSite, listed } from '../read-back/live-site.ts';
import { fingerprintsOf, readBack } from '../read-back/read-back.ts';
import { searchFor } from '../secrets.ts';
import type { PlannedChange } from '../tools.ts';
import {
  deployedSite,
  destroyWhole,
  expectEmptyPlan,
  expectEveryAnswer,
  type Scenario,
  type Stage,
  withoutWaiting,
} from './scenario.ts';

const site = 'docs';
const minute = 60;

export const keys: Scenario = {
  name: 'keys',
  title: 'signing keys: rotated, retired, lost, dropped at once, created again, destroyed',
  run: async (stage) => {
    const { steps, tools } = stage;
    const { [site]: config } = stage.clone.configure({ [site]: {} });
    if (config === undefined) throw new Error(`no site ${site}`);
    tools.trace();
    const seen = new Set<string>();
    await steps.step('npm run keys -- create', () => tools.createKeys(site));
    const first = await deploy(stage, config, seen);
    const second = await rotate(stage, config, first, seen);
    await retire(stage, config, second, seen);
    await lose(stage, config, seen);
    await dropAtOnce(stage, config, seen);
    await startOver(stage, config, seen);
    await searchForPrivateHalves(stage, [...seen]);
    stage.clone.configure({ [site]: { deletionProtection: false } });
    await destroyWhole(stage, site);
    await expectEveryAnswer(stage);
  },
};

/** Adds every private half in the checkout to `seen`. */
async function deploy(stage: Stage, config: SiteConfig, seen: Set<string>): Promise<LiveSite> {
  const { steps, tools, clone } = stage;
  for (const fingerprint of fingerprintsOf({ root: clone.root, name: site })) {
    seen.add(readFileSync(privateFile(stage, fingerprint), 'utf8'));
  }
  await steps.step('terraform apply', async () => {
    await tools.synth();
    withoutWaiting(stage, site);
    await tools.apply(site);
  });
  const live = await readBack(deployedSite(stage, site, config), steps);
  await expectEmptyPlan(stage, site);
  return live;
}

async function rotate(stage: Stage, config: SiteConfig, first: LiveSite, seen: Set<string>): Promise<LiveSite> {
  const { steps, tools, clone } = stage;
  const [signer, next] = fingerprintsOf({ root: clone.root, name: site });
  const ids = await keyPairIds(first);
  await refused(stage, 'rotate', /may not know the next key [0-9a-f]{16} yet; from .* on \(in 1\d minutes\)/);
  tools.moveClock(15 * minute);
  await steps.step('npm run keys -- rotate, a quarter of an hour later', () => tools.keys(site, 'rotate'));
  await refused(stage, 'rotate', /the last rotation is not finished/);
  await refused(stage, 'retire', /the keys of this checkout are not the deployed ones: deploy first/);
  const [, fresh] = fingerprintsOf({ root: clone.root, name: site });
  await steps.step('the plan of the rotation creates one key, and changes no other', async () => {
    const changes = await plan(stage);
    assert.deepEqual(keysIn(changes), { create: [fresh] });
    for (const { address, actions } of changes) assert.match(actions.join(), /^(create|update)$/, address);
  });
  const second = await deploy(stage, config, seen);
  await steps.check('the published key signs under its old ID, and the previous signer keeps its ID', async () => {
    const after = await keyPairIds(second);
    assert.equal(second.function.Environment.Variables.S3NATOR_KEY_PAIR_ID, ids.get(next));
    for (const fingerprint of [signer, next]) assert.equal(after.get(fingerprint), ids.get(fingerprint));
    assert.deepEqual([...after.keys()].sort(), [signer, next, fresh].sort());
  });
  return second;
}

async function retire(stage: Stage, config: SiteConfig, second: LiveSite, seen: Set<string>): Promise<void> {
  const { steps, tools, clone, aws } = stage;
  const [, , old] = fingerprintsOf({ root: clone.root, name: site });
  if (old === undefined) throw new Error('no key is retiring');
  const ids = await keyPairIds(second);
  tools.moveClock(0);
  await refused(stage, 'retire', /may still be valid; from .* on \(in 1 hour 1\d minutes\)/);
  tools.moveClock(config.session.cookieSeconds);
  await refused(stage, 'retire', /may still be valid; from .* on \(in 1\d minutes\)/);
  tools.moveClock(config.session.cookieSeconds + 15 * minute);
  await steps.step('npm run keys -- retire, one cookie lifetime and a quarter of an hour later', () =>
    tools.keys(site, 'retire'),
  );
  await steps.step('the plan deletes that key, and changes no other', async () => {
    assert.deepEqual(keysIn(await plan(stage)), { delete: [old] });
  });
  const third = await deploy(stage, config, seen);
  await steps.check('nothing is left of the retired key: no public key, no version of its private half', async () => {
    ids.delete(old);
    assert.deepEqual(await keyPairIds(third), ids);
    const { PublicKeyList } = await aws.sdk.call('cloudfront', 'list_public_keys');
    assert.equal(PublicKeyList.Items.length, 2);
    const objects = { Bucket: third.privateBucket, Prefix: `keys/${old}` };
    const { Versions = [], DeleteMarkers = [] } = await aws.sdk.call('s3', 'list_object_versions', objects);
    assert.deepEqual([...Versions, ...DeleteMarkers], []);
  });
}

/** The fresh private half never reaches the bucket. */
async function lose(stage: Stage, config: SiteConfig, seen: Set<string>): Promise<void> {
  const { steps, tools, clone, folder } = stage;
  const before = join(folder, 'before');
  cpSync(join(clone.root, 'keys', site), before, { recursive: true });
  const inForce = async () => {
    const live = await findSite(deployedSite(stage, site, config));
    return [[...(await keyPairIds(live))], live.function.Environment.Variables.S3NATOR_KEY_PAIR_ID];
  };
  const keysBefore = await inForce();
  await steps.step('npm run keys -- rotate: the next key has been published since the rotation before', () =>
    tools.keys(site, 'rotate'),
  );
  const [, fresh] = fingerprintsOf({ root: clone.root, name: site });
  await steps.step(
    'a deploy without the fresh private half fails, names the file, and leaves the keys unchanged',
    async () => {
      seen.add(readFileSync(privateFile(stage, fresh), 'utf8'));
      rmSync(privateFile(stage, fresh));
      await tools.synth();
      withoutWaiting(stage, site);
      const { text } = expectCode(await tools.terraform(site, 'apply', '-auto-approve', '-input=false'), 1);
      assert.match(text.replace(/\s+/g, ' '), new RegExp(`keys/docs/${fresh}\\.private\\.pem`));
      assert.deepEqual(await inForce(), keysBefore);
    },
  );
  await steps.step('the keys from before the rotation are restored', async () => {
    rmSync(join(clone.root, 'keys', site), { recursive: true });
    renameSync(before, join(clone.root, 'keys', site));
  });
  await deploy(stage, config, seen);
}

async function dropAtOnce(stage: Stage, config: SiteConfig, seen: Set<string>): Promise<void> {
  const { steps, tools, clone } = stage;
  const [old] = fingerprintsOf({ root: clone.root, name: site });
  await steps.step('npm run keys -- rotate --now', () => tools.keys(site, 'rotate', '--now'));
  const [, fresh] = fingerprintsOf({ root: clone.root, name: site });
  await steps.step('the plan creates one key and deletes the signer', async () => {
    assert.deepEqual(keysIn(await plan(stage)), { create: [fresh], delete: [old] });
  });
  await deploy(stage, config, seen);
}

async function startOver(stage: Stage, config: SiteConfig, seen: Set<string>): Promise<void> {
  const { steps, tools, clone, folder } = stage;
  const stolen = fingerprintsOf({ root: clone.root, name: site });
  await steps.step('npm run keys -- create, with the stolen keys moved away', async () => {
    renameSync(join(clone.root, 'keys', site), join(folder, 'stolen'));
    await tools.createKeys(site);
  });
  const live = await deploy(stage, config, seen);
  await steps.check('no stolen key is trusted', async () => {
    const ids = await keyPairIds(live);
    for (const fingerprint of stolen) assert.ok(!ids.has(fingerprint));
  });
}

async function searchForPrivateHalves({ steps, folder, clone }: Stage, pems: readonly string[]): Promise<void> {
  await steps.step(
    `none of the ${pems.length} private halves is in a plan, the state, a log or the stack`,
    async () => {
      for (const fingerprint of fingerprintsOf({ root: clone.root, name: site })) {
        rmSync(join(clone.root, 'keys', site, `${fingerprint}.private.pem`));
      }
      rmSync(join(folder, 'stolen'), { recursive: true });
      const { searched, found } = searchFor(pems, [folder]);
      assert.deepEqual(found, []);
      for (const place of [
        /plan-docs/,
        /\.tfstate$/,
        /\.tfstate\.backup$/,
        /trace\.log$/,
        /logs\/\d+-node-.*\.log$/,
        /cdk\.tf\.json$/,
      ]) {
        assert.ok(
          searched.some((name) => place.test(name)),
          `${place} was not searched`,
        );
      }
    },
  );
}

const privateFile = ({ clone }: Stage, fingerprint: string): string =>
  join(clone.root, 'keys', site, `${fingerprint}.private.pem`);

async function refused({ steps, tools }: Stage, action: string, why: RegExp): Promise<void> {
  await steps.step(`npm run keys -- ${action} refuses: ${why.source.split(/[;[]/)[0]?.trim()}`, async () => {
    assert.match((await tools.keysRefused(site, action)).text, why);
  });
}

async function plan(stage: Stage): Promise<readonly PlannedChange[]> {
  await stage.tools.synth();
  withoutWaiting(stage, site);
  return (await stage.tools.plan(site)).changes;
}

/** What a plan does to each key, with the same action for both halves: action to fingerprints. */
function keysIn(changes: readonly PlannedChange[]): Record<string, string[]> {
  const touched: Record<string, Set<string>> = {};
  const kinds = new Map<string, number>();
  for (const { address, actions } of changes) {
    const fingerprint = /_key_([0-9a-f]{16})_/.exec(address)?.[1];
    if (fingerprint === undefined) continue;
    const action = actions.join();
    touched[action] = (touched[action] ?? new Set()).add(fingerprint);
    kinds.set(fingerprint, (kinds.get(fingerprint) ?? 0) + 1);
  }
  for (const [fingerprint, count] of kinds) assert.equal(count, 2, `${fingerprint}: not both halves`);
  return Object.fromEntries(Object.entries(touched).map(([action, found]) => [action, [...found].sort()]));
}

/** Fingerprint of each key in the trusted group to its ID. */
async function keyPairIds({ sdk, distribution }: LiveSite): Promise<Map<string, string>> {
  const [Id] = listed(distribution.DistributionConfig.DefaultCacheBehavior.TrustedKeyGroups);
  const { KeyGroup } = await sdk.call('cloudfront', 'get_key_group', { Id });
  const ids = new Map<string, string>();
  for (const id of KeyGroup.KeyGroupConfig.Items) {
    const { PublicKey } = await sdk.call('cloudfront', 'get_public_key', { Id: id });
    ids.set(PublicKey.PublicKeyConfig.Name.slice(-16), id);
  }
  return ids;
}
