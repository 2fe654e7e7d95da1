/** The dashboard of a site: who gets in, who does not, and how the API performs. */
import { CloudwatchDashboard } from '@cdktf/provider-aws/lib/cloudwatch-dashboard/index.js';
import { Construct } from 'constructs';
import { counters, metricNamespace, throttledCounter } from '../../contract/layout.ts';

export interface DashboardProps {
  /** Site and stage. */
  readonly name: string;
  readonly region: string;
  /** Dimensions of the metrics in the log. */
  readonly dimensions: { readonly site: string; readonly stage: string };
  /** ID of the HTTP API. */
  readonly apiId: string;
  readonly functionName: string;
  readonly distributionId: string;
  /** Name of the log group of the API. */
  readonly logGroup: string;
  /** ARNs of the site's alarms. */
  readonly alarms: readonly string[];
}

/** Rows of the dashboard's grid, which is 24 columns wide. */
const rowHeight = 6;

type Metric = readonly (string | object)[];

export class Dashboard extends Construct {
  constructor(scope: Construct, id: string, props: DashboardProps) {
    super(scope, id);
    const { name, region, apiId, functionName, distributionId, logGroup, alarms } = props;
    const dimensions = Object.entries(props.dimensions).flat();
    const counted = (metric: string): Metric => [metricNamespace, metric, ...dimensions];
    const api = (metric: string, options: object = {}): Metric => [
      'AWS/ApiGateway',
      metric,
      'ApiId',
      apiId,
      'Stage',
      '$default',
      options,
    ];
    const graph = (title: string, metrics: readonly Metric[], options: object = {}) => ({
      type: 'metric',
      properties: { title, region, view: 'timeSeries', stat: 'Sum', period: 300, metrics, ...options },
    });
    const edge = (metric: string, options: object): Metric => [
      'AWS/CloudFront',
      metric,
      'Region',
      'Global',
      'DistributionId',
      distributionId,
      options,
    ];
    const widgets = [
      graph(
        'Decisions',
        [counters.granted, counters.renewed, counters.denied, counters['signed-out'], counters['access-requested']].map(
          counted,
        ),
      ),
      graph('Refused before a decision', [counters.refused, throttledCounter].map(counted)),
      graph('What is wrong', [
        api('5xx'),
        ...[counters['access-document-malformed'], counters['identity-pool-unavailable']].map(counted),
      ]),
      graph('The API', [api('Count'), api('Latency', { stat: 'p99', yAxis: 'right' })]),
      graph('The Lambda', [
        ['AWS/Lambda', 'Errors', 'FunctionName', functionName],
        ['AWS/Lambda', 'Throttles', 'FunctionName', functionName],
        ['AWS/Lambda', 'Duration', 'FunctionName', functionName, { stat: 'p99', yAxis: 'right' }],
      ]),
      // CloudFront reports to this Region only.
      graph('The site', [edge('Requests', {}), edge('4xxErrorRate', { stat: 'Average', yAxis: 'right' })], {
        region: 'us-east-1',
      }),
      {
        type: 'log',
        properties: {
          title: 'Denied',
          region,
          view: 'table',
          query:
            `SOURCE '${logGroup}' | fields @timestamp, who.email, who.sub, why, action ` +
            '| filter event = "denied" | sort @timestamp desc | limit 20',
        },
      },
      ...(alarms.length > 0 ? [{ type: 'alarm', properties: { title: 'Alarms', alarms } }] : []),
    ];
    new CloudwatchDashboard(this, 'dashboard', {
      dashboardName: name,
      dashboardBody: JSON.stringify({ widgets: widgets.map(placed) }),
    });
  }
}

/** Two widgets per row. */
const placed = (widget: object, index: number): object => ({
  x: (index % 2) * 12,
  y: Math.floor(index / 2) * rowHeight,
  width: 12,
  height: rowHeight,
  ...widget,
});
