/**
 * Asking for access at a deployed site: who may ask, what the Lambda stores and announces, the operator's answer, and
 * everything off again.
 */
import assert from 'node:assert/strict';
import { accessLiveKey } from '../../contract/layout.ts';
import { accessRequestsPath, sessionPath } from '../../contract/session-api.ts';
import type { StandInGoogle } from '../../emulator/google/stand-in-google.ts';
import type { SiteChanges } from '../clone.ts';
import { expectCode } from '../command.ts';
import { runLambda } from '../lambda-run.ts';
import type { Answer } from '../local-aws/sdk.ts';
import { inventory } from '../read-back/leftovers.ts';
import { findSite, type LiveSite } from '../read-back/live-site.ts';
import { checkPolicies } from '../read-back/policies.ts';
import { fingerprintsOf, readBack } from '../read-back/read-back.ts';
import { checkWatching } from '../read-back/watching.ts';
import { applyChanges, expectEmptyPlan, expectEveryAnswer, type Scenario, type Stage, withGoogle } from './scenario.ts';

const site = 'docs';
const partner = { mayAsk: { hostedDomains: ['partner.example'] } };
const sam = { email: 'sam@partner.example', hd: 'partner.example' };
const eve = { email: 'eve@evil.example', hd: 'evil.example' };

export const accessRequests: Scenario = {
  name: 'access-requests',
  title: 'asking for access: stored, announced, answered by the command, and off again',
  run: (stage) =>
    withGoogle(async (google, provider) => {
      const { steps, tools, clone, aws } = stage;
      /** `isNew`: the private bucket holds only what the deploy put there. */
      const apply = async (name: string, changes: SiteChanges, isNew = true): Promise<LiveSite> => {
        const deployed = await applyChanges(stage, site, { providers: [provider], ...changes }, name);
        const live = isNew ? await readBack(deployed, steps) : await findSite(deployed);
        if (!isNew) await checkWatching(live, steps);
        await expectEmptyPlan(stage, site);
        await checkPolicies(live, fingerprintsOf({ root: clone.root, name: site }), steps);
        return live;
      };
      clone.configure({ [site]: {} });
      await steps.step('npm run keys -- create', () => tools.createKeys(site));
      const live = await apply('requests, announced by mail', {
        accessRequests: { ...partner, notify: 'ops@example.com' },
      });
      await askAndAnswer(stage, google, live);
      const kept = await keysOf(stage, live);
      const toTopic = { accessRequests: { ...partner, notify: await topicOf(stage, 'ops') } };
      await apply("requests, announced to somebody else's topic", toTopic, false);
      await steps.check('a deploy leaves requests, answers and rules alone', async () => {
        assert.deepEqual(await keysOf(stage, live), kept);
        assert.equal((await liveRules(stage, live)).length, 1);
      });
      await forget(stage, live);
      await apply('no requests', {});
      await steps.check("somebody else's topic still exists, and no other", async () => {
        assert.equal((await inventory(aws.sdk))['sns list_topics'], 1);
      });
      await expectEveryAnswer(stage);
    }),
};

const topicOf = async ({ aws }: Stage, Name: string): Promise<string> =>
  (await aws.sdk.call('sns', 'create_topic', { Name })).TopicArn;

async function keysOf({ aws }: Stage, { privateBucket: Bucket }: LiveSite): Promise<readonly string[]> {
  const { Contents = [] } = await aws.sdk.call('s3', 'list_objects_v2', { Bucket, Prefix: 'requests/' });
  return Contents.map(({ Key }: Answer) => Key);
}

async function liveRules({ aws }: Stage, { privateBucket: Bucket }: LiveSite): Promise<readonly Answer[]> {
  const { Body } = await aws.sdk.call('s3', 'get_object', { Bucket, Key: accessLiveKey });
  return JSON.parse(Buffer.from(Body, 'base64').toString()).rules;
}

/** Deletes the newest versions of everything that was written since the first deploy. */
async function forget(stage: Stage, live: LiveSite): Promise<void> {
  const { sdk } = stage.aws;
  const Bucket = live.privateBucket;
  const { Versions, DeleteMarkers = [] } = await sdk.call('s3', 'list_object_versions', { Bucket });
  const written = [...Versions, ...DeleteMarkers].filter(
    ({ Key, IsLatest }) => Key.startsWith('requests/') || (Key === accessLiveKey && IsLatest),
  );
  for (const { Key, VersionId } of written) await sdk.call('s3', 'delete_object', { Bucket, Key, VersionId });
}

/** Receives what is published to a topic, as its subscribers do. */
async function listen({ aws }: Stage, TopicArn: string): Promise<() => Promise<readonly Answer[]>> {
  const { QueueUrl } = await aws.sdk.call('sqs', 'create_queue', { QueueName: 'heard' });
  const { Attributes } = await aws.sdk.call('sqs', 'get_queue_attributes', { QueueUrl, AttributeNames: ['QueueArn'] });
  const Endpoint = Attributes.QueueArn;
  const { SubscriptionArn } = await aws.sdk.call('sns', 'subscribe', { TopicArn, Protocol: 'sqs', Endpoint });
  return async () => {
    const { Messages = [] } = await aws.sdk.call('sqs', 'receive_message', { QueueUrl, MaxNumberOfMessages: 10 });
    await aws.sdk.call('sns', 'unsubscribe', { SubscriptionArn });
    await aws.sdk.call('sqs', 'delete_queue', { QueueUrl });
    return Messages.map(({ Body }: Answer) => JSON.parse(Body));
  };
}

/** People use the deployed Lambda, each request with its own instance, and the operator uses the command. */
async function askAndAnswer(stage: Stage, google: StandInGoogle, live: LiveSite): Promise<void> {
  const { steps, tools } = stage;
  const { Variables } = live.function.Environment;
  const send = async (path: string, claims: Record<string, string>, body?: object): Promise<[number, Answer]> => {
    const headers = { authorization: `Bearer ${google.issueToken(claims)}`, 'content-type': 'application/json' };
    const request = { method: 'POST', path, headers, ...(body && { body: JSON.stringify(body) }) };
    const { answers } = await runLambda(tools, Variables, request);
    return [answers[0].statusCode, JSON.parse(answers[0].body)];
  };
  const ask = (claims: Record<string, string>): Promise<[number, Answer]> =>
    send(accessRequestsPath, claims, { reason: 'I write the guide' });
  const operator = async (...args: readonly string[]): Promise<string> =>
    expectCode(await tools.attempt('node', ['cli/main.ts', 'access', ...args]), 0).text;

  const heard = await listen(stage, Variables.S3NATOR_REQUESTS_TOPIC);
  await steps.step('a denied person who may ask learns that, and asks once', async () => {
    const [status, refused] = await send(sessionPath, sam);
    assert.deepEqual([status, refused.code, refused.mayAsk], [401, 'access_denied', true]);
    assert.deepEqual(await ask(sam), [202, { status: 'sent' }]);
    assert.deepEqual(await ask(sam), [202, { status: 'already-asked' }]);
    const [other, problem] = await ask(eve);
    assert.deepEqual([other, problem.code], [401, 'access_denied']);
    const open = (await keysOf(stage, live)).filter((key) => key.startsWith('requests/open/'));
    assert.equal(open.length, 1);
  });
  await steps.step('operators are notified once, with a number and no name', async () => {
    const messages = await heard();
    assert.deepEqual(
      messages.map(({ Subject }) => Subject),
      ['s3nator: requests for access to docs-prod'],
    );
    assert.match(messages[0].Message, /^1 request for access waits/);
    assert.doesNotMatch(messages[0].Message, /sam|partner|guide/);
  });
  await steps.step('the command lists and approves, and the Lambda admits the person', async () => {
    assert.match(await operator('requests'), /sam@partner\.example[\s\S]*I write the guide/);
    await operator('approve', sam.email, '--path', '/docs/*', '--yes');
    const rules = await liveRules(stage, live);
    assert.deepEqual([rules.length, rules[0].path], [1, '/docs/*']);
    const [status, session] = await send(sessionPath, sam);
    assert.deepEqual([status, session.path], [201, '/docs/*']);
    assert.deepEqual(await ask(sam), [202, { status: 'admitted' }]);
    assert.match(await operator('requests', '--answered'), /approved/);
  });
}
