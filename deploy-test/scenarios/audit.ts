/**
 * The audit of a deployed site: alarms match counters, the log is readable, and everything can be switched off again.
 */
import assert from 'node:assert/strict';
import { accessLiveKey, logGroupOf, metricNamespace, pseudonymKeyObject } from '../../contract/layout.ts';
import type { SiteChanges } from '../clone.ts';
import { runLambda, signInWith } from '../lambda-run.ts';
import { inventory } from '../read-back/leftovers.ts';
import type { LiveSite } from '../read-back/live-site.ts';
import { checkPolicies } from '../read-back/policies.ts';
import { fingerprintsOf, readBack } from '../read-back/read-back.ts';
import { alarmsOf, type Metric, metricOf, throttledMetric } from '../read-back/watching.ts';
import { applyChanges, expectEmptyPlan, expectEveryAnswer, type Scenario, type Stage, withGoogle } from './scenario.ts';

const site = 'docs';

/** Nothing listens there. */
const nowhere = 'http://127.0.0.1:9';

export const audit: Scenario = {
  name: 'audit',
  title: 'alarms and dashboard on, the log that feeds them, and off again',
  run: (stage) =>
    withGoogle(async (google, provider) => {
      const { steps, tools, clone, aws } = stage;
      const apply = async (name: string, changes: SiteChanges): Promise<LiveSite> => {
        const deployed = await applyChanges(stage, site, { providers: [provider], ...changes }, name);
        const live = await readBack(deployed, steps);
        await expectEmptyPlan(stage, site);
        return live;
      };
      clone.configure({ [site]: {} });
      await steps.step('npm run keys -- create', () => tools.createKeys(site));
      const live = await apply('alarms by mail, a dashboard, pseudonyms', {
        alarms: { notify: 'ops@example.com', denials: 5 },
        dashboard: true,
        audit: { pseudonyms: true },
      });
      await checkPolicies(live, fingerprintsOf({ root: clone.root, name: site }), steps);
      const token = (email: string, hd: string): string => google.issueToken({ email, hd });
      const lines = await decide(stage, live, [
        token('alice@example.com', 'example.com'),
        token('eve@evil.example', 'evil.example'),
      ]);
      await checkCounters(stage, live, lines);
      await checkLog(stage, live, lines);
      await forget(stage, live);

      await apply('alarms that notify nobody', { alarms: { notify: null }, identityPool: null });
      await apply('everything off', { audit: { metrics: false } });
      await steps.check('everything that watched the site is gone', async () => {
        const left = Object.keys(await inventory(aws.sdk));
        const watching = left.filter((list) => /alarm|dashboard|topic|metric_filter/.test(list));
        assert.deepEqual(watching, []);
      });
      await expectEveryAnswer(stage);
    }),
};

/**
 * Runs the deployed bundle with the deployed variables: decides on these tokens, then with a malformed document and no
 * identity pool.
 */
async function decide(
  { steps, tools, aws }: Stage,
  live: LiveSite,
  tokens: readonly string[],
): Promise<readonly string[]> {
  const { Variables } = live.function.Environment;
  const object = { Bucket: live.privateBucket, Key: accessLiveKey };
  return steps.step('the deployed Lambda decides', async () => {
    const requests = tokens.map(signInWith);
    const first = await runLambda(tools, Variables, ...requests);
    await aws.sdk.call('s3', 'put_object', { ...object, Body: 'no document' });
    const failing = { ...Variables, AWS_ENDPOINT_URL_COGNITO_IDENTITY: nowhere };
    const second = await runLambda(tools, failing, ...requests.slice(0, 1));
    return [...first.lines, ...second.lines];
  });
}

/** Deletes the newest version of what `decide` wrote, so that the bucket matches the config again. */
async function forget({ aws }: Stage, { privateBucket: Bucket }: LiveSite): Promise<void> {
  for (const Key of [accessLiveKey, pseudonymKeyObject]) {
    const { Versions } = await aws.sdk.call('s3', 'list_object_versions', { Bucket, Prefix: Key });
    const { VersionId } = Versions.find(({ IsLatest }: (typeof Versions)[0]) => IsLatest);
    await aws.sdk.call('s3', 'delete_object', { Bucket, Key, VersionId });
  }
}

/** The metrics that CloudWatch would extract from the lines. */
const countedBy = (lines: readonly string[]): Metric[] =>
  lines.flatMap((line) => {
    const root = JSON.parse(line);
    return (root._aws?.CloudWatchMetrics ?? []).flatMap(
      (directive: { Namespace: string; Dimensions: string[][]; Metrics: { Name: string }[] }) =>
        directive.Metrics.flatMap(({ Name }) =>
          directive.Dimensions.map((names) => ({
            namespace: directive.Namespace,
            name: Name,
            dimensions: Object.fromEntries(names.map((name) => [name, root[name]])),
          })),
        ),
    );
  });

async function checkCounters({ steps, aws }: Stage, live: LiveSite, lines: readonly string[]): Promise<void> {
  await steps.check("each alarm watches a metric that the deployed Lambda or the API's log really counts", async () => {
    const counted = [...countedBy(lines), await throttledMetric(live)];
    const own = (await alarmsOf(live)).map(metricOf).filter(({ namespace }) => namespace === metricNamespace);
    assert.equal(own.length, 4);
    for (const metric of own)
      assert.ok(
        counted.some((one) => isSame(one, metric)),
        metric.name,
      );
  });
  await steps.check('the Lambda created the pseudonym key once, and names nobody', async () => {
    const { Versions } = await aws.sdk.call('s3', 'list_object_versions', {
      Bucket: live.privateBucket,
      Prefix: pseudonymKeyObject,
    });
    assert.equal(Versions.length, 1);
    assert.doesNotMatch(lines.join('\n'), /alice|eve@/);
  });
}

const isSame = (one: Metric | undefined, other: Metric): boolean => {
  try {
    assert.deepEqual(one, other);
    return true;
  } catch {
    return false;
  }
};

/** Writes the lines where Lambda would, and reads them as an operator does. */
async function checkLog({ steps, tools, aws }: Stage, live: LiveSite, lines: readonly string[]): Promise<void> {
  const stream = { logGroupName: logGroupOf(live.prefix), logStreamName: '2027/01/15/[$LATEST]1' };
  await aws.sdk.call('logs', 'create_log_stream', stream);
  const timestamp = Date.now();
  const messages = ['START RequestId: 1 Version: $LATEST\n', ...lines, 'REPORT RequestId: 1\n'];
  const logEvents = messages.map((message, index) => ({ timestamp: timestamp + index, message }));
  await aws.sdk.call('logs', 'put_log_events', { ...stream, logEvents });
  await steps.check('npm run access -- log shows the decisions of the deployed site', async () => {
    const { text } = await tools.accessLog('--since', '10m');
    const rows = text.split('\n').filter((line) => /^\d{4}-/.test(line));
    assert.match(text, /^LIVE site docs, log \/aws\/lambda\/docs-prod-auth in eu-west-1\n/);
    assert.deepEqual(
      rows.map((row) => row.split(/ {2,}/)[1]),
      ['granted', 'denied', 'granted'],
    );
  });
  await steps.check('the log is also available as JSON lines', async () => {
    const { text } = await tools.accessLog('--json');
    const decisions = text
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line));
    const people = decisions.map(({ event, who }) => [event, who.email]);
    assert.equal(people.length, 3);
    assert.deepEqual(people[0], people[2]);
    assert.notEqual(people[0]?.[1], people[1]?.[1]);
  });
}
