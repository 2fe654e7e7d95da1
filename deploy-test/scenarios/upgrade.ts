/** The upgrade: a site from the previous release gets this one's stack, and loses neither its parts nor its people. */
import assert from 'node:assert/strict';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import type { SiteConfig } from '../../contract/config.ts';
import { sessionPath } from '../../contract/session-api.ts';
import { Clone, type SiteChanges } from '../clone.ts';
import { runLambda, signInWith } from '../lambda-run.ts';
import type { Answer } from '../local-aws/sdk.ts';
import { unpackVersion } from '../packed-versions.ts';
import { findSite, type LiveSite } from '../read-back/live-site.ts';
import { readBack } from '../read-back/read-back.ts';
import type { PlannedChange, Tools } from '../tools.ts';
import {
  deployedSite,
  expectEmptyPlan,
  expectEveryAnswer,
  type ProviderOptions,
  type Scenario,
  type Stage,
  withGoogle,
  withoutWaiting,
} from './scenario.ts';

const site = 'docs';

/**
 * Resources that must not be recreated: the site's address, the content of its buckets, and the keys that check its
 * people's cookies.
 */
const kept = [
  'aws_cloudfront_distribution',
  'aws_s3_bucket',
  'aws_cloudfront_public_key',
  'aws_cloudfront_key_group',
  'aws_cognito_identity_pool',
  'aws_cognito_user_pool',
  'aws_apigatewayv2_api',
  'aws_kms_key',
];

export const upgrade: Scenario = {
  name: 'upgrade',
  title: 'a site from the previous release gets this one',
  run: async (stage) => {
    await withGoogle((google, provider) => upgraded(stage, google.issueToken({}), provider));
    await expectEveryAnswer(stage);
  },
};

async function upgraded(stage: Stage, token: string, provider: ProviderOptions): Promise<void> {
  const { steps, clone, folder, aws } = stage;
  const config: SiteChanges = { providers: [provider] };

  const earlier = await steps.step('the previous release', async () => {
    const source = join(folder, 'source');
    unpackVersion('earlier-version', source);
    return Clone.make(join(folder, 'earlier'), source);
  });
  const earlierTools = stage.tools.with('earlier-version', {}, earlier);
  earlier.configureUnchecked({ [site]: config });
  await steps.step('its build, keys and synth', async () => {
    await earlierTools.build();
    await earlierTools.createKeys(site);
    await earlierTools.synth();
  });
  withoutWaiting({ ...stage, tools: earlierTools }, site);
  await steps.step('terraform apply', () => earlierTools.apply(site));
  const { [site]: checked } = clone.configure({ [site]: config }) as Record<string, SiteConfig>;
  if (checked === undefined) throw new Error(`no site ${site}`);
  const before = await findSite({ ...deployedSite(stage, site, checked), root: earlier.root });
  const signedIn = await steps.step('alice signs in', async () => {
    const { answers } = await runLambda(earlierTools, before.function.Environment.Variables, signInWith(token));
    assert.equal(answers[0].statusCode, 201, answers[0].body);
    return cookiesOf(answers[0]);
  });

  // What a merge of the new tag leaves of the old checkout: the config, the keys, and the state next to them.
  for (const left of ['keys', 'terraform.docs.tfstate']) {
    cpSync(join(earlier.root, left), join(clone.root, left), { recursive: true });
  }
  await stage.tools.synth();
  withoutWaiting(stage, site);
  await planned(stage);
  await steps.step("terraform apply of this one's stack", () => stage.tools.apply(site));
  const after = await readBack(deployedSite(stage, site, checked), steps);
  await steps.check('the distribution, buckets, keys, API and pool are the same', () => {
    assert.deepEqual(partsOf(after), partsOf(before));
  });
  await steps.check("alice's CloudFront cookies name a key that is still trusted", async () => {
    const [id] = before.distribution.DistributionConfig.DefaultCacheBehavior.TrustedKeyGroups.Items;
    const { KeyGroup } = await aws.sdk.call('cloudfront', 'get_key_group', { Id: id });
    const named = signedIn.find((cookie) => cookie.startsWith('CloudFront-Key-Pair-Id='));
    assert.ok(KeyGroup.KeyGroupConfig.Items.includes(named?.split('=')[1]));
  });
  await stillSignedIn(stage, after, signedIn);
  await expectEmptyPlan(stage, site);
  await goBack(stage, earlierTools, earlier);
}

/**
 * An operator who does not like this release deploys the previous one over it. Terraform must delete the parts in an
 * order that AWS accepts.
 */
async function goBack({ steps, clone, aws }: Stage, earlierTools: Tools, earlier: Clone): Promise<void> {
  cpSync(join(clone.root, 'terraform.docs.tfstate'), join(earlier.root, 'terraform.docs.tfstate'));
  await steps.step("back: terraform apply of the earlier release's stack", () => earlierTools.apply(site));
  await steps.check('nothing is left of the route that the earlier release does not have', async () => {
    const { Items: apis } = await aws.sdk.call('apigatewayv2', 'get_apis');
    const { ApiId } = apis[0];
    const { Items: routes } = await aws.sdk.call('apigatewayv2', 'get_routes', { ApiId });
    const { RouteSettings } = await aws.sdk.call('apigatewayv2', 'get_stage', { ApiId, StageName: '$default' });
    assert.deepEqual(
      [apis.length, routes.map(({ RouteKey }: Answer) => RouteKey), RouteSettings],
      [1, ['$default'], {}],
    );
  });
}

async function planned({ steps, tools }: Stage): Promise<void> {
  const { changes } = await steps.step('the plan', () => tools.plan(site));
  const of = (...actions: readonly string[]): readonly PlannedChange[] =>
    changes.filter((change) => change.actions.join() === actions.join());
  const [added, changed, deleted] = [of('create'), of('update'), of('delete')];
  steps.print(`${' '.repeat(11)}  ${added.length} to add, ${changed.length} to change, ${deleted.length} to delete`);
  await steps.check('it recreates nothing, and deletes no address, bucket, key or pool', () => {
    const others = changes.filter((change) => ![added, changed, deleted].some((some) => some.includes(change)));
    const recreated = others.filter(({ actions }) => actions.join() !== 'read').map(({ address }) => address);
    assert.deepEqual(recreated, []);
    assert.deepEqual(
      deleted.filter(({ type }) => kept.includes(type)).map(({ address }) => address),
      [],
    );
  });
  await steps.check('it does not touch the stored private halves', () => {
    assert.deepEqual(
      changes.filter(({ address }) => /site_private_key_/.test(address)),
      [],
    );
  });
}

async function stillSignedIn({ steps, tools }: Stage, live: LiveSite, cookies: readonly string[]): Promise<void> {
  const { Variables } = live.function.Environment;
  await steps.check('alice is still signed in', async () => {
    const { answers } = await runLambda(tools, Variables, { method: 'GET', path: sessionPath, cookies });
    const [answer] = answers;
    assert.equal(answer.statusCode, 200, answer.body);
    assert.equal(JSON.parse(answer.body).status, 'signed-in');
  });
}

const cookiesOf = ({ cookies }: Answer): string[] => cookies.map((cookie: string) => cookie.split(';')[0]);

const partsOf = ({
  distribution,
  contentBucket,
  privateBucket,
  api,
  identityPool,
  function: it,
}: LiveSite): unknown[] => [
  distribution.Id,
  distribution.DomainName,
  distribution.DistributionConfig.DefaultCacheBehavior.TrustedKeyGroups.Items,
  contentBucket,
  privateBucket,
  api.ApiId,
  identityPool?.IdentityPoolId,
  it.Environment.Variables.S3NATOR_KEY_PAIR_ID,
];
