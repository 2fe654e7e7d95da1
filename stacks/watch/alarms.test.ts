import { describe, expect, it } from 'vitest';
import { createLog } from '../../api/shared/log.ts';
import { decodeEnvironment } from '../../contract/environment.ts';
import { counters } from '../../contract/layout.ts';
import { type Resource, type SynthesizedSite, synthesizeSite } from '../testing/synthesized-site.ts';

const site = synthesizeSite({ site: { alarms: { notify: null }, dashboard: true } });
const plain = synthesizeSite();
const watching = [
  'aws_cloudwatch_metric_alarm',
  'aws_cloudwatch_dashboard',
  'aws_sns_topic',
  'aws_sns_topic_subscription',
];

/** What identifies a metric in CloudWatch. */
type Metric = readonly [namespace: string, name: string, dimensions: Readonly<Record<string, string>>];

const metricOf = ({ block }: Resource): Metric => [block.namespace, block.metric_name, block.dimensions];

/** The metrics that CloudWatch extracts from the deployed Lambda's lines in the embedded metric format. */
function countedByTheLambda({ only }: SynthesizedSite): Metric[] {
  const environment = decodeEnvironment(only('aws_lambda_function').environment.variables);
  const lines: string[] = [];
  const log = createLog({ ...environment, now: () => 0 }, (line) => lines.push(line));
  for (const event of Object.keys(counters)) log('info', event, {});
  return lines.flatMap((line) => {
    const root = JSON.parse(line);
    return root._aws.CloudWatchMetrics.flatMap(
      ({
        Namespace,
        Dimensions,
        Metrics,
      }: {
        Namespace: string;
        Dimensions: string[][];
        Metrics: { Name: string }[];
      }) =>
        Dimensions.flatMap((names) =>
          Metrics.filter(({ Name }) => root[Name] === 1).map(({ Name }) => [
            Namespace,
            Name,
            Object.fromEntries(names.map((name) => [name, root[name]])),
          ]),
        ),
    );
  });
}

/** The metric that CloudWatch extracts from API Gateway's log. */
function countedByTheApi({ only }: SynthesizedSite): Metric {
  const filter = only('aws_cloudwatch_log_metric_filter');
  const fields = JSON.parse(only('aws_apigatewayv2_stage').access_log_settings.format);
  const { namespace, name, dimensions } = filter.metric_transformation;
  const fieldAt = (selector: unknown): string => fields[String(selector).replace('$.', '')];
  return [namespace, name, Object.fromEntries(Object.entries(dimensions).map(([key, path]) => [key, fieldAt(path)]))];
}

describe('Alarms', () => {
  const alarms = site.resources('aws_cloudwatch_metric_alarm');

  it("watch what the Lambda, the API's log and API Gateway count: name, namespace and dimensions", () => {
    const counted = [...countedByTheLambda(site), countedByTheApi(site)];
    const own = alarms.map(metricOf).filter(([namespace]) => !namespace.startsWith('AWS/'));
    expect(own).toHaveLength(4);
    for (const metric of own) expect(counted).toContainEqual(metric);
    expect(alarms.map(metricOf)).toContainEqual([
      'AWS/ApiGateway',
      '5xx',
      { ApiId: '<site/api/api.id>', Stage: site.only('aws_apigatewayv2_stage').name },
    ]);
  });

  it('are raised by relevant events within five minutes, and not by silence', () => {
    expect(Object.fromEntries(alarms.map(({ block }) => [block.alarm_name, block.threshold]))).toEqual({
      'docs-prod-errors': 3,
      'docs-prod-rules-malformed': 1,
      'docs-prod-denials': 20,
      'docs-prod-throttled': 10,
      'docs-prod-identity-pool': 3,
    });
    for (const { block } of alarms) {
      expect(block).toMatchObject({
        statistic: 'Sum',
        period: 300,
        evaluation_periods: 1,
        comparison_operator: 'GreaterThanOrEqualToThreshold',
        treat_missing_data: 'notBreaching',
      });
    }
  });

  it('take the number of denials from the config, and leave out the identity pool if there is none', () => {
    const own = synthesizeSite({ site: { alarms: { notify: null, denials: 7 }, identityPool: null } });
    const thresholds = own
      .resources('aws_cloudwatch_metric_alarm')
      .map(({ block }) => [block.alarm_name, block.threshold]);
    expect(thresholds).toHaveLength(4);
    expect(thresholds).toContainEqual(['docs-prod-denials', 7]);
  });

  it('tell nobody unless the config names someone', () => {
    for (const { block } of alarms) expect(block).toMatchObject({ alarm_actions: [], ok_actions: [] });
    expect(site.resources('aws_sns_topic')).toEqual([]);
  });

  it('tell an existing topic', () => {
    const notify = 'arn:aws:sns:eu-west-1:111122223333:ops';
    const own = synthesizeSite({ site: { alarms: { notify } } });
    for (const { block } of own.resources('aws_cloudwatch_metric_alarm')) {
      expect(block).toMatchObject({ alarm_actions: [notify], ok_actions: [notify] });
    }
    expect(own.resources('aws_sns_topic')).toEqual([]);
  });

  it('tell an address through their own topic', () => {
    const own = synthesizeSite({ site: { alarms: { notify: 'ops@example.com' } } });
    const topic = '<site/alarms/topic.arn>';
    for (const { block } of own.resources('aws_cloudwatch_metric_alarm')) {
      expect(block).toMatchObject({ alarm_actions: [topic], ok_actions: [topic] });
    }
    expect(own.only('aws_sns_topic').name).toBe('docs-prod-alarms');
    expect(own.only('aws_sns_topic_subscription')).toMatchObject({
      topic_arn: topic,
      protocol: 'email',
      endpoint: 'ops@example.com',
    });
  });

  it('do not exist unless the config asks for them, nor does the dashboard', () => {
    for (const type of watching) expect(plain.resources(type), type).toEqual([]);
  });
});

describe('Dashboard', () => {
  const { dashboard_body: body, dashboard_name: name } = site.only('aws_cloudwatch_dashboard');
  const { widgets } = JSON.parse(body) as {
    widgets: { type: string; x: number; y: number; width: number; properties: Record<string, unknown> }[];
  };

  it('shows metrics that exist', () => {
    expect(name).toBe('docs-prod');
    const counted = [...countedByTheLambda(site), countedByTheApi(site)];
    const shown = widgets
      .flatMap(({ properties }) => (properties['metrics'] ?? []) as (string | object)[][])
      .map((metric) => metric.filter((part): part is string => typeof part === 'string'))
      .map(([namespace = '', metric = '', ...pairs]): Metric => {
        const names = pairs.filter((_, index) => index % 2 === 0);
        return [namespace, metric, Object.fromEntries(names.map((key, index) => [key, pairs[index * 2 + 1] ?? '']))];
      });
    const own = shown.filter(([namespace]) => !namespace.startsWith('AWS/'));
    expect(own).toHaveLength(new Set(own.map(([, metric]) => metric)).size);
    for (const metric of own) expect(counted).toContainEqual(metric);
    expect(new Set(own.map(([, metric]) => metric)).size).toBe(counted.length);
  });

  it('lists denied people and the alarms', () => {
    const log = widgets.find(({ type }) => type === 'log');
    expect(log?.properties['query']).toMatch(/^SOURCE '<site\/function\/log\.name>' \| /);
    const alarms = widgets.find(({ type }) => type === 'alarm');
    expect(alarms?.properties['alarms']).toHaveLength(5);
    const without = JSON.parse(
      synthesizeSite({ site: { dashboard: true } }).only('aws_cloudwatch_dashboard').dashboard_body,
    );
    expect(without.widgets.map(({ type }: { type: string }) => type)).not.toContain('alarm');
  });

  it('places no widget over another', () => {
    const places = widgets.map(({ x, y, width }) => `${x},${y},${width}`);
    expect(new Set(places).size).toBe(widgets.length);
  });
});

describe('what is counted', () => {
  it('is nothing without metrics', () => {
    const silent = synthesizeSite({ site: { audit: { metrics: false } } });
    expect(silent.resources('aws_cloudwatch_log_metric_filter')).toEqual([]);
    const environment = decodeEnvironment(silent.only('aws_lambda_function').environment.variables);
    expect(environment.metrics).toBe(false);
  });

  it('includes the requests that API Gateway refuses with 429', () => {
    expect(site.only('aws_cloudwatch_log_metric_filter')).toMatchObject({
      log_group_name: '<site/api/log.name>',
      pattern: '{ $.status = "429" }',
    });
    expect(JSON.parse(site.only('aws_apigatewayv2_stage').access_log_settings.format)['status']).toBe(
      '$context.status',
    );
  });
});
