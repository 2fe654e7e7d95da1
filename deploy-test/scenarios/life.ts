/** The whole life of the example site: deployed, read back, changed, moved without its private halves, destroyed. */
import assert from 'node:assert/strict';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SiteConfig } from '../../contract/config.ts';
import type { SiteChanges } from '../clone.ts';
import { inventory } from '../read-back/leftovers.ts';
import type { LiveSite } from '../read-back/live-site.ts';
import { checkPolicies } from '../read-back/policies.ts';
import { fingerprintsOf, readBack } from '../read-back/read-back.ts';
import { searchFor } from '../secrets.ts';
import {
  deployedSite,
  destroyWhole,
  expectEmptyPlan,
  expectEveryAnswer,
  type Scenario,
  type Stage,
} from './scenario.ts';

const site = 'docs';

export const life: Scenario = {
  name: 'life',
  title: 'the example site from the first deploy to nothing left, by cdktf',
  run: async (stage) => {
    stage.tools.trace();
    const first = await deploy(stage, {});
    await expectEmptyPlan(stage, site);
    const privateHalves = privateHalvesOf(stage);
    await change(stage, first);
    await move(stage, first);
    await searchForPrivateHalves(stage, privateHalves);
    await destroy(stage);
    await expectEveryAnswer(stage);
  },
};

async function deploy(stage: Stage, changes: SiteChanges): Promise<LiveSite> {
  const { steps, tools, clone } = stage;
  const config = configure(stage, changes);
  await steps.step('npm run keys -- create', () => tools.createKeys(site));
  await steps.step('cdktf deploy', () => tools.cdktf('deploy', site, '--auto-approve'));
  await steps.step('terraform validate', () => tools.validate(site));
  const live = await readBack(deployedSite(stage, site, config), steps);
  await steps.check("the deploy's outputs match the account", async () => {
    const outputs = await tools.outputs(site);
    const { distribution, contentBucket, privateBucket, api, identityPool } = live;
    assert.equal(outputs['site_url'], `https://${distribution.DomainName}`);
    assert.equal(outputs['distribution_id'], distribution.Id);
    assert.equal(outputs['content_bucket'], contentBucket);
    assert.equal(outputs['private_bucket'], privateBucket);
    assert.equal(outputs['api_url'], api.ApiEndpoint);
    assert.equal(outputs['identity_pool_id'], identityPool.IdentityPoolId);
    assert.equal(outputs['signer_key_pair_id'], live.function.Environment.Variables.S3NATOR_KEY_PAIR_ID);
  });
  await steps.step('cdktf output says what to do next, with the names of this site', async () => {
    const { text } = await tools.cdktf('output', site);
    const said = text.replace(/\s+/g, ' ');
    const origin = `https://${live.distribution.DomainName}`;
    assert.ok(
      said.includes(`JavaScript origin ${origin} and the authorized redirect URI ${origin}/auth/session`),
      said,
    );
    assert.ok(said.includes(`2. Sign in: open ${origin} as `), said);
  });
  await steps.step('cdktf diff finds no changes', async () => {
    assert.match((await tools.cdktf('diff', site)).text, /No changes\. Your infrastructure matches the configuration/);
  });
  await checkPolicies(live, fingerprintsOf({ root: clone.root, name: site }), steps);
  return live;
}

/** Another open path, another session, other headers, another throttle: all updated in place. */
async function change(stage: Stage, first: LiveSite): Promise<void> {
  const { steps, tools } = stage;
  const config = configure(stage, changed);
  await steps.step('cdktf deploy, after four changes to the config', () =>
    tools.cdktf('deploy', site, '--auto-approve'),
  );
  const second = await readBack(deployedSite(stage, site, config), steps);
  await steps.check('nothing was recreated: distribution, buckets, API, keys', () => {
    const identity = ({ distribution, contentBucket, privateBucket, api, function: it }: LiveSite) => [
      distribution.Id,
      contentBucket,
      privateBucket,
      api.ApiId,
      it.Environment.Variables.S3NATOR_KEY_PAIR_ID,
    ];
    assert.deepEqual(identity(second), identity(first));
  });
  await expectEmptyPlan(stage, site);
}

const changed: SiteChanges = {
  openPaths: ['/robots.txt', '/favicon.ico', '/press/*'],
  session: { cookieSeconds: 1800, maximumSeconds: 43_200, persistent: true },
  managedPoliciesOnly: true,
  throttle: { requestsPerSecond: 5, burst: 10, renewals: { requestsPerSecond: 8 } },
};

/** Another folder, no private half, other tags: a build server or a colleague deploys from such a checkout. */
async function move(stage: Stage, first: LiveSite): Promise<void> {
  const { steps, tools, clone, aws, folder } = stage;
  const keyObjects = (): Promise<unknown[]> => versionsOf(stage, first);
  const before = await keyObjects();
  clone.removePrivateHalves(site);
  clone.move(join(folder, 'elsewhere'));
  configure(stage, { ...changed, tags: { team: 'handbook' } });

  await steps.step(
    'the plan of the moved clone, with other tags and without private halves, leaves the keys alone',
    async () => {
      await tools.synth();
      const { changes } = await tools.plan(site);
      assert.ok(changes.length > 0, 'the tags are not planned');
      const touched = changes.filter(({ address }) => /(private_key_|_public_key)/.test(address));
      assert.deepEqual(touched, []);
      for (const { address, actions } of changes) assert.deepEqual(actions, ['update'], address);
    },
  );
  await steps.step('applying another encryption of the private bucket leaves them alone, too', async () => {
    const encryption = 'aws_s3_bucket_server_side_encryption_configuration';
    const [name] = Object.keys(tools.stack(site).resource[encryption]).filter((it) => it.includes('private'));
    if (name === undefined) throw new Error('the private bucket names no encryption');
    const rule = [{ apply_server_side_encryption_by_default: [{ sse_algorithm: 'aws:kms' }] }];
    tools.override(site, 'encryption', { resource: { [encryption]: { [name]: { rule } } } });
    const { changes } = await tools.plan(site);
    assert.ok(changes.some(({ address }) => address === `${encryption}.${name}`));
    assert.deepEqual(
      changes.filter(({ address }) => /(private_key_|_public_key)/.test(address)),
      [],
    );
    await tools.apply(site);
    assert.deepEqual(await keyObjects(), before);
  });
  await steps.step('cdktf deploy, from there', () => tools.cdktf('deploy', site, '--auto-approve'));
  await steps.check('the private halves are the versions that the first deploy stored', async () => {
    assert.deepEqual(await keyObjects(), before);
    const writes = aws.front.journal.filter(({ request }) =>
      /^(PUT|POST|DELETE) \/[^/]+\/keys\/[^/]*\.pem/.test(request),
    );
    assert.equal(writes.length, 2);
  });
  await expectEmptyPlan(stage, site);
}

async function versionsOf({ aws, clone }: Stage, { privateBucket }: LiveSite): Promise<unknown[]> {
  const versions = [];
  for (const fingerprint of fingerprintsOf({ root: clone.root, name: site })) {
    const parameters = { Bucket: privateBucket, Prefix: `keys/${fingerprint}` };
    const { Versions } = await aws.sdk.call('s3', 'list_object_versions', parameters);
    versions.push(Versions.map(({ Key, VersionId, ETag }: (typeof Versions)[0]) => ({ Key, VersionId, ETag })));
  }
  return versions;
}

const privateHalvesOf = ({ clone: { root } }: Stage): string[] =>
  fingerprintsOf({ root, name: site }).map((fingerprint) =>
    readFileSync(join(root, 'keys', site, `${fingerprint}.private.pem`), 'utf8'),
  );

/**
 * The clone holds the state, its backup, `cdktf.out` and the saved bundle. The scenario's folder holds the plans and
 * logs.
 */
async function searchForPrivateHalves({ steps, folder, clone }: Stage, pems: readonly string[]): Promise<void> {
  await steps.check('a search for the private halves finds them where they are put', () => {
    const file = join(clone.root, 'keys', 'found');
    writeFileSync(file, JSON.stringify({ content: pems[1] }));
    assert.deepEqual(searchFor(pems, [folder]).found, [file]);
    rmSync(file);
  });
  await steps.step(
    'no private half is in a plan, the state, a log (TF_LOG=TRACE) or the synthesized stack',
    async () => {
      const { searched, found } = searchFor(pems, [folder]);
      assert.deepEqual(found, []);
      for (const place of [
        /plan-docs/,
        /plan-docs.*\/tfplan$/,
        /\.tfstate$/,
        /\.tfstate\.backup$/,
        /logs\/.*cdktf/,
        /logs\/trace\.log$/,
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

async function destroy(stage: Stage): Promise<void> {
  const { steps, tools, aws } = stage;
  await steps.check("before that, the account's lists contain the site's resources", async () => {
    assert.ok(Object.keys(await inventory(aws.sdk)).length >= 9);
  });
  await steps.step('cdktf destroy is refused completely: deletionProtection', async () => {
    const before = await inventory(aws.sdk);
    await assert.rejects(tools.cdktf('destroy', site, '--auto-approve'), /Instance cannot be destroyed/);
    assert.deepEqual(await inventory(aws.sdk), before);
  });
  configure(stage, { ...changed, deletionProtection: false });
  await destroyWhole(stage, site);
}

function configure({ clone }: Stage, changes: SiteChanges): SiteConfig {
  const config = clone.configure({ [site]: changes })[site];
  if (config === undefined) throw new Error(`no site ${site}`);
  return config;
}
