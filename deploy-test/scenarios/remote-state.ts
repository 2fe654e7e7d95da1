/** State in S3: a site migrates to it, is deployed from an empty checkout, and by one deploy at a time. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { SiteConfig } from '../../contract/config.ts';
import { inventory } from '../read-back/leftovers.ts';
import type { LiveSite } from '../read-back/live-site.ts';
import { readBack } from '../read-back/read-back.ts';
import {
  deployedSite,
  expectEmptyPlan,
  expectEveryAnswer,
  expectRefusal,
  type Scenario,
  type Stage,
  withoutWaiting,
} from './scenario.ts';

const site = 'docs';
const state = { bucket: 'states-of-ours', region: 'eu-west-1' };
const key = 's3nator/docs-prod.tfstate';

export const remoteState: Scenario = {
  name: 'remote-state',
  title: 'state in S3: migrated to, locked, shared',
  run: async (stage) => {
    const { steps, tools, clone } = stage;
    const { [site]: config } = clone.configure({ [site]: {} }) as Record<string, SiteConfig>;
    if (config === undefined) throw new Error(`no site ${site}`);
    await steps.step('npm run keys -- create', () => tools.createKeys(site));
    await steps.step('synth', () => tools.synth());
    withoutWaiting(stage, site);
    await steps.step('terraform apply, with local state', () => tools.apply(site));
    const live = await readBack(deployedSite(stage, site, config), steps);
    await wrongBuckets(stage);
    await migrate(stage);
    await secondCheckout(stage, live);
    await twoAtOnce(stage);
    await leftLock(stage);
    await lostKeys(stage);
    await expectEveryAnswer(stage);
  },
};

async function wrongBuckets(stage: Stage): Promise<void> {
  const { steps, clone, aws } = stage;
  const before = readFileSync(join(clone.root, 'terraform.docs.tfstate'));
  clone.configure({ [site]: { state } });
  await steps.step('a missing bucket for state: the deploy says so', () =>
    expectRefusal(stage.tools, site, ['deploy', '--migrate-state'], /S3 bucket "states-of-ours" does not exist/),
  );
  await aws.sdk.call('s3', 'create_bucket', {
    Bucket: state.bucket,
    CreateBucketConfiguration: { LocationConstraint: state.region },
  });
  const Status = { VersioningConfiguration: { Status: 'Enabled' }, Bucket: state.bucket };
  await aws.sdk.call('s3', 'put_bucket_versioning', Status);
  clone.configure({ [site]: { state: { ...state, region: 'eu-central-1' } } });
  await steps.step('a bucket for state in another Region: the deploy says which', () =>
    expectRefusal(
      stage.tools,
      site,
      ['deploy', '--migrate-state'],
      /requested bucket from "eu-central-1", actual location "eu-west-1"/,
    ),
  );
  await steps.check('the state has not moved', () => {
    assert.deepEqual(readFileSync(join(clone.root, 'terraform.docs.tfstate')), before);
  });
}

async function migrate(stage: Stage): Promise<void> {
  const { steps, tools, clone, aws } = stage;
  clone.configure({ [site]: { state } });
  await steps.step('without being told to migrate, the deploy refuses', () =>
    expectRefusal(stage.tools, site, ['deploy'], /Backend configuration changed/),
  );
  await steps.step('cdktf deploy --migrate-state', () =>
    tools.cdktf('deploy', site, '--auto-approve', '--migrate-state'),
  );
  await expectEmptyPlan(stage, site);
  await steps.check('the state is in the bucket, encrypted, and its lock is gone', async () => {
    const { Contents } = await aws.sdk.call('s3', 'list_objects_v2', { Bucket: state.bucket });
    assert.deepEqual(
      Contents.map(({ Key }: { Key: string }) => Key),
      [key],
    );
    const { ServerSideEncryption } = await aws.sdk.call('s3', 'head_object', { Bucket: state.bucket, Key: key });
    assert.equal(ServerSideEncryption, 'AES256');
  });
}

/** A clone of the committed files only: no state, no private half, nothing synthesized. */
async function secondCheckout(stage: Stage, live: LiveSite): Promise<void> {
  const { steps, clone, folder } = stage;
  const other = clone.copy(join(folder, 'colleague'));
  for (const left of ['cdktf.out', '.s3nator', 'terraform.docs.tfstate', 'terraform.docs.tfstate.backup']) {
    rmSync(join(other.root, left), { recursive: true, force: true });
  }
  other.removePrivateHalves(site);
  const tools = stage.tools.with('colleague', {}, other);
  await steps.step('the plan of a colleague, from the committed files only, is empty', async () => {
    await tools.synth();
    withoutWaiting({ ...stage, tools }, site);
    assert.deepEqual((await tools.plan(site)).changes, []);
  });
  await steps.step('the other commands find the site from there, too', async () => {
    const program = [
      "import { deployedSite } from './cli/deployed-site.ts';",
      'const found = await deployedSite({ root: process.cwd(), site: undefined });',
      'console.log(JSON.stringify(found));',
    ].join(' ');
    const { text } = await tools.node('--input-type=module', '--eval', program);
    const found = JSON.parse(text);
    assert.equal(found.distributionId, live.distribution.Id);
    assert.equal(found.contentBucket, live.contentBucket);
  });
  await steps.check('that checkout contains no state', () => {
    assert.equal(existsSync(join(other.root, 'terraform.docs.tfstate')), false);
  });
}

async function twoAtOnce(stage: Stage): Promise<void> {
  const { steps, tools, clone, aws } = stage;
  clone.configure({ [site]: { state, logDays: 30 } });
  const reached = aws.front.hold(/PutRetentionPolicy/);
  const first = tools.cdktf('deploy', site, '--auto-approve');
  const release = await reached;
  await steps.step('a second deploy while one runs is refused, and says who runs it', () =>
    expectRefusal(
      stage.tools,
      site,
      ['deploy'],
      /Error acquiring the state lock.*PreconditionFailed.*Lock Info: ID: \S+ Path: states-of-ours\//,
      /Path: states-of-ours\/s3nator\/docs-prod\.tfstate Operation: OperationTypeApply Who: /,
    ),
  );
  release();
  await steps.step('the first one succeeds', () => first);
  await expectEmptyPlan(stage, site);
}

/** The lock that a killed deploy leaves. */
async function leftLock(stage: Stage): Promise<void> {
  const { steps, tools, aws } = stage;
  const lock = {
    ID: '6b9c4b3e-0c56-5f0e-6f2e-0d5c9d6d7a11',
    Operation: 'OperationTypeApply',
    Info: '',
    Who: 'gone@elsewhere',
    Version: '1.11.4',
    Created: '2026-01-01T00:00:00Z',
    Path: `${state.bucket}/${key}`,
  };
  const Body = JSON.stringify(lock);
  await aws.sdk.call('s3', 'put_object', { Bucket: state.bucket, Key: `${key}.tflock`, Body });
  await steps.step('the lock of a killed deploy stays, and names that deploy', () =>
    expectRefusal(stage.tools, site, ['deploy'], new RegExp(`ID: ${lock.ID}.*Who: ${lock.Who}`)),
  );
  await steps.step('terraform force-unlock removes it', async () => {
    const { code } = await tools.terraform(site, 'force-unlock', '-force', lock.ID);
    assert.equal(code, 0);
  });
  await expectEmptyPlan(stage, site);
}

/** If the state is elsewhere, only Terraform knows that this deploy is the first one. */
async function lostKeys(stage: Stage): Promise<void> {
  const { steps, tools, clone, aws } = stage;
  const fresh = 'fresh';
  clone.configure({ [fresh]: { state, deletionProtection: false } });
  await tools.createKeys(fresh);
  clone.removePrivateHalves(fresh);
  const before = await inventory(aws.sdk);
  await steps.step('private halves lost before the first deploy: it stops before a key is trusted', async () => {
    await expectRefusal(tools, fresh, ['deploy'], /opening S3 object source \(\S+\.private\.pem\).* no such file/);
    const lists = ['cloudfront list_distributions', 'cloudfront list_key_groups', 'lambda list_functions'];
    const after = await inventory(aws.sdk);
    for (const list of lists) assert.equal(after[list], before[list], list);
  });
  await steps.step('cdktf destroy deletes what it created', async () => {
    await tools.cdktf('destroy', fresh, '--auto-approve');
    assert.deepEqual(await inventory(aws.sdk), before);
  });
}
