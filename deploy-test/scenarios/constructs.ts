/**
 * The constructs in somebody else's app: deploys the packed tarball and the examples of docs/constructs.md as printed.
 */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expectCode } from '../command.ts';
import type { Answer } from '../local-aws/sdk.ts';
import { type Asked, decide, type Verdict } from '../read-back/simulator.ts';
import type { Tools } from '../tools.ts';
import { expectEveryAnswer, type Scenario, type Stage, withoutWaiting } from './scenario.ts';

/** The stack of both examples, and the bucket that exists before it. */
const stack = 'docs';
const ours = 'our-documents';

const inApp =
  (run: (stage: Stage) => Promise<void>): Scenario['run'] =>
  async (stage) => {
    const app = await makeApp(stage);
    await run({ ...stage, tools: stage.tools.with('app', {}, { root: app }) });
    await expectEveryAnswer(stage);
  };

export const constructScenarios: readonly Scenario[] = [
  {
    name: 'other-bucket',
    title: "the packed SecureSite in somebody else's app, over an existing bucket",
    run: inApp(contentElsewhere),
  },
  {
    name: 'other-distribution',
    title: "the packed SiteLogin in somebody else's app, for the app's own distribution",
    run: inApp(otherDistribution),
  },
];

/** Makes an app with the tarball and the peers installed, the examples, and keys. Returns its folder. */
async function makeApp({ steps, tools, clone, folder }: Stage): Promise<string> {
  const app = join(folder, 'app');
  const modules = join(app, 'node_modules');
  mkdirSync(modules, { recursive: true });
  await steps.step('npm pack', async () => {
    expectCode(await tools.attempt('npm', ['pack', '--silent', '--pack-destination', folder]), 0);
    const { version } = JSON.parse(readFileSync(join(clone.root, 'package.json'), 'utf8'));
    expectCode(await tools.attempt('tar', ['xzf', join(folder, `s3nator-${version}.tgz`), '-C', folder]), 0);
    expectCode(await tools.attempt('mv', [join(folder, 'package'), join(modules, 's3nator')]), 0);
  });
  for (const name of ['cdktf', 'constructs', '@cdktf/provider-aws']) {
    mkdirSync(dirname(join(modules, name)), { recursive: true });
    symlinkSync(join(clone.root, 'node_modules', name), join(modules, name));
  }
  writeFileSync(join(app, 'package.json'), '{ "type": "module", "private": true }');
  const page = readFileSync(join(clone.root, 'docs/constructs.md'), 'utf8');
  for (const [, name = '', code = ''] of page.matchAll(/<!-- example: (\S+) -->\n```\w+\n(.*?)```/gs)) {
    // The AWS provider 5.100.0 knows no later runtime.
    const local = code.replace("region: 'eu-west-1',", "region: 'eu-west-1', lambdaRuntime: 'nodejs22.x',");
    writeFileSync(join(app, name), local);
  }
  const typed = tools.with('keys', {}, { root: app });
  await steps.step('npx s3nator keys create', () =>
    typed.node('node_modules/s3nator/dist/cli/main.js', 'keys', 'create'),
  );
  return app;
}

async function contentElsewhere(stage: Stage): Promise<void> {
  const { steps, tools, aws } = stage;
  await steps.step('an existing bucket with content', async () => {
    await aws.sdk.call('s3', 'create_bucket', {
      Bucket: ours,
      CreateBucketConfiguration: { LocationConstraint: 'eu-west-1' },
    });
    await aws.sdk.call('s3', 'put_object', { Bucket: ours, Key: 'handbook/index.html' });
  });
  await deploy(stage, 'secure-site.ts');

  await steps.check('that bucket is unchanged: no new object, no policy', async () => {
    const { Contents } = await aws.sdk.call('s3', 'list_objects_v2', { Bucket: ours });
    assert.deepEqual(
      Contents.map(({ Key }: Answer) => Key),
      ['handbook/index.html'],
    );
    await assert.rejects(aws.sdk.call('s3', 'get_bucket_policy', { Bucket: ours }), { code: 'NoSuchBucketPolicy' });
  });
  const distribution = await liveDistribution(stage);
  await steps.check('everything except the API and the open pages comes from it, and requires signed cookies', () => {
    const { DefaultCacheBehavior, CacheBehaviors, Origins } = distribution.DistributionConfig;
    const origin = Origins.Items.find(({ Id }: Answer) => Id === DefaultCacheBehavior.TargetOriginId);
    assert.deepEqual([origin.DomainName, origin.OriginPath], [`${ours}.s3.eu-west-1.amazonaws.com`, '/handbook']);
    assert.equal(DefaultCacheBehavior.TrustedKeyGroups.Enabled, true);
    assert.deepEqual(
      CacheBehaviors.Items.map(({ PathPattern }: Answer) => PathPattern),
      ['/auth/*', '/public/*'],
    );
  });
  const { bucket_policy: printed = '' } = await tools.outputs(stack);
  const policy = JSON.parse(printed);
  await steps.step('its owner attaches the printed policy', () =>
    aws.sdk.call('s3', 'put_bucket_policy', { Bucket: ours, Policy: printed }),
  );
  const arn = `arn:aws:s3:::${ours}`;
  const own = { 'aws:SourceArn': distribution.ARN };
  const get = { who: 'cloudfront.amazonaws.com', action: 's3:GetObject', resourcePolicy: policy, context: own };
  const inside = `${arn}/handbook/index.html`;
  const cases: readonly [string, Asked, Verdict][] = [
    ['the distribution may read the folder', { ...get, resource: inside }, 'Allowed'],
    ['the distribution may list the bucket', { ...get, action: 's3:ListBucket', resource: arn }, 'Allowed'],
    [
      'the distribution may read nothing outside it',
      { ...get, resource: `${arn}/handbook-drafts/a` },
      'ImplicitlyDenied',
    ],
    ['the distribution may write nothing', { ...get, action: 's3:PutObject', resource: inside }, 'ImplicitlyDenied'],
    [
      'another distribution may read nothing',
      { ...get, context: { 'aws:SourceArn': `${distribution.ARN}X` }, resource: inside },
      'ImplicitlyDenied',
    ],
    [
      'an anonymous caller may not read it',
      { ...get, who: undefined, context: {}, resource: inside },
      'ImplicitlyDenied',
    ],
  ];
  for (const [rule, asked, verdict] of cases) {
    await steps.check(rule, async () => assert.equal(await decide(asked), verdict));
  }
  await expectUnchanged(stage);
}

async function otherDistribution(stage: Stage): Promise<void> {
  const { steps } = stage;
  await deploy(stage, 'site-login.ts');
  const { DistributionConfig, ARN } = await liveDistribution(stage);
  await steps.check('a distribution of the app protects its own origin with the parts', () => {
    const { DefaultCacheBehavior, CacheBehaviors, CustomErrorResponses } = DistributionConfig;
    assert.equal(DefaultCacheBehavior.TargetOriginId, 'ours');
    assert.equal(DefaultCacheBehavior.TrustedKeyGroups.Enabled, true);
    const open = CacheBehaviors.Items.map(({ PathPattern, TargetOriginId, TrustedKeyGroups }: Answer) => [
      PathPattern,
      TargetOriginId,
      TrustedKeyGroups.Enabled,
    ]);
    assert.deepEqual(open, [
      ['/auth/*', 's3nator-api', false],
      ['/public/*', 's3nator-pages', false],
      ['/about/*', 'ours', false],
    ]);
    const answers = CustomErrorResponses.Items.filter(({ ErrorCode }: Answer) => ErrorCode < 500).map(
      ({ ErrorCode, ResponsePagePath }: Answer) => [ErrorCode, ResponsePagePath],
    );
    assert.deepEqual(answers, [
      [403, '/public/login.html'],
      [404, '/public/not-found.html'],
    ]);
  });
  await steps.check('that distribution may read the open pages', async () => {
    const { Buckets } = await stage.aws.sdk.call('s3', 'list_buckets');
    const pages = Buckets.map(({ Name }: Answer) => Name).find((name: string) => name.startsWith('docs-prod-site-'));
    const { Policy } = await stage.aws.sdk.call('s3', 'get_bucket_policy', { Bucket: pages });
    assert.ok(Policy.includes(ARN));
  });
  await expectUnchanged(stage);
}

async function deploy(stage: Stage, main: string): Promise<void> {
  const { steps, tools } = stage;
  await steps.step(`synth of ${main}`, async () => {
    await tools.node(main);
    // The bindings ask for the one version that they were generated from. This machine has another one.
    const required_providers = { aws: { source: 'hashicorp/aws', version: '>= 5.100.0' } };
    tools.override(stack, 'provider', { terraform: { required_providers } });
  });
  withoutWaiting(stage, stack);
  await steps.step(`terraform apply of ${main}`, () => tools.apply(stack));
  await steps.step('terraform validate', () => tools.validate(stack));
}

/** The only distribution in the account. */
async function liveDistribution({ aws }: Stage): Promise<Answer> {
  const { DistributionList } = await aws.sdk.call('cloudfront', 'list_distributions');
  assert.equal(DistributionList.Items.length, 1);
  return (await aws.sdk.call('cloudfront', 'get_distribution', { Id: DistributionList.Items[0].Id })).Distribution;
}

async function expectUnchanged({
  steps,
  tools,
}: {
  readonly steps: Stage['steps'];
  readonly tools: Tools;
}): Promise<void> {
  await steps.step('the plan is empty', async () => {
    assert.deepEqual((await tools.plan(stack)).changes, []);
  });
}
