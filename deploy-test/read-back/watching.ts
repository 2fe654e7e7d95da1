/** Reads back what watches a site: metric filter, alarms, access requests and their topic, dashboard. */
import assert from 'node:assert/strict';
import type { Answer } from '../local-aws/sdk.ts';
import type { Steps } from '../report.ts';
import type { LiveSite } from './live-site.ts';

/** What identifies a metric in CloudWatch. */
export interface Metric {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
}

/** The alarms of a site, as AWS reports them. */
export async function alarmsOf({ sdk, prefix }: LiveSite): Promise<Answer[]> {
  const { MetricAlarms } = await sdk.call('cloudwatch', 'describe_alarms', { AlarmNamePrefix: `${prefix}-` });
  return MetricAlarms;
}

export const metricOf = ({ Namespace, MetricName, Dimensions }: Answer): Metric => ({
  namespace: Namespace,
  name: MetricName,
  dimensions: Object.fromEntries(Dimensions.map(({ Name, Value }: Answer) => [Name, Value])),
});

/**
 * The metric that CloudWatch counts from API Gateway's log: the filter's metric, with the log fields for its
 * dimensions.
 */
export async function throttledMetric({ sdk, prefix, api }: LiveSite): Promise<Metric | undefined> {
  const logGroupName = `/aws/vendedlogs/${prefix}-auth`;
  const { metricFilters } = await sdk.call('logs', 'describe_metric_filters', { logGroupName });
  assert.ok(metricFilters.length <= 1);
  const [filter] = metricFilters;
  if (filter === undefined) return undefined;
  assert.equal(filter.filterPattern, '{ $.status = "429" }');
  const stage = await sdk.call('apigatewayv2', 'get_stage', { ApiId: api.ApiId, StageName: '$default' });
  const fields = JSON.parse(stage.AccessLogSettings.Format);
  assert.equal(fields.status, '$context.status');
  const [{ metricName, metricNamespace, dimensions }] = filter.metricTransformations;
  return {
    namespace: metricNamespace,
    name: metricName,
    dimensions: Object.fromEntries(
      Object.entries<string>(dimensions).map(([name, selector]) => [name, fields[selector.replace('$.', '')]]),
    ),
  };
}

export async function checkWatching(site: LiveSite, steps: Steps): Promise<void> {
  const { sdk, config, prefix, api } = site;
  const { alarms: wanted } = config;
  await steps.check('requests that API Gateway refuses with 429 are counted if the config says so', async () => {
    assert.equal((await throttledMetric(site)) !== undefined, config.audit.metrics);
  });
  await steps.check("the config's alarms exist, and go where it says", async () => {
    const alarms = await alarmsOf(site);
    const names = ['errors', 'rules-malformed', 'denials', 'throttled'];
    if (config.identityPool !== null) names.push('identity-pool');
    assert.deepEqual(
      alarms.map(({ AlarmName }) => AlarmName).sort(),
      wanted === null ? [] : names.map((name) => `${prefix}-${name}`).sort(),
    );
    const topics = (await sdk.call('sns', 'list_topics')).Topics.map(({ TopicArn }: Answer) => TopicArn);
    const own = topics.filter((arn: string) => arn.endsWith(`:${prefix}-alarms`));
    const byMail = wanted?.notify?.includes('@') === true;
    assert.equal(own.length, byMail ? 1 : 0);
    const target = byMail ? own[0] : wanted?.notify;
    for (const alarm of alarms) {
      const actions = target ? [target] : [];
      assert.deepEqual([alarm.AlarmActions, alarm.OKActions], [actions, actions]);
      assert.deepEqual([alarm.Statistic, alarm.Period, alarm.TreatMissingData], ['Sum', 300, 'notBreaching']);
    }
    const errors = alarms.find(({ AlarmName }) => AlarmName === `${prefix}-errors`);
    if (errors !== undefined) {
      const dimensions = { ApiId: api.ApiId, Stage: '$default' };
      assert.deepEqual(metricOf(errors), { namespace: 'AWS/ApiGateway', name: '5xx', dimensions });
    }
    if (byMail) {
      const { Subscriptions } = await sdk.call('sns', 'list_subscriptions_by_topic', { TopicArn: own[0] });
      assert.deepEqual(
        Subscriptions.map(({ Protocol, Endpoint }: Answer) => [Protocol, Endpoint]),
        [['email', wanted?.notify]],
      );
    }
  });
  await steps.check('access requests are announced where the config says, and nowhere else', async () => {
    const notify = config.accessRequests?.notify ?? null;
    const { Topics } = await sdk.call('sns', 'list_topics');
    const own = Topics.map(({ TopicArn }: Answer) => TopicArn).filter((arn: string) =>
      arn.endsWith(`:${prefix}-requests`),
    );
    const byMail = notify?.includes('@') === true;
    assert.equal(own.length, byMail ? 1 : 0);
    const { S3NATOR_REQUESTS_TOPIC = null } = site.function.Environment.Variables;
    assert.equal(S3NATOR_REQUESTS_TOPIC, byMail ? own[0] : notify);
    if (!byMail) return;
    const { Subscriptions } = await sdk.call('sns', 'list_subscriptions_by_topic', { TopicArn: own[0] });
    assert.deepEqual(
      Subscriptions.map(({ Protocol, Endpoint }: Answer) => [Protocol, Endpoint]),
      [['email', notify]],
    );
  });
  await steps.check('there is a dashboard if the config asks for one', async () => {
    const { DashboardEntries } = await sdk.call('cloudwatch', 'list_dashboards', { DashboardNamePrefix: prefix });
    assert.equal(DashboardEntries.length, config.dashboard ? 1 : 0);
    if (!config.dashboard) return;
    const { DashboardBody } = await sdk.call('cloudwatch', 'get_dashboard', { DashboardName: prefix });
    // References have become names.
    assert.ok(DashboardBody.includes(api.ApiId) && DashboardBody.includes(site.distribution.Id));
    assert.ok(!DashboardBody.includes('$' + '{'));
  });
}
