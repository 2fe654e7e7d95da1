/** The alarms of a site, and where they are sent. The metrics come from the log and from AWS. */
import { CloudwatchMetricAlarm } from '@cdktf/provider-aws/lib/cloudwatch-metric-alarm/index.js';
import { SnsTopic } from '@cdktf/provider-aws/lib/sns-topic/index.js';
import { SnsTopicSubscription } from '@cdktf/provider-aws/lib/sns-topic-subscription/index.js';
import { Construct } from 'constructs';
import type { SiteConfig } from '../../contract/config.ts';
import { counters, metricNamespace, throttledCounter } from '../../contract/layout.ts';

export interface AlarmsProps {
  /** Site and stage. */
  readonly name: string;
  /** Dimensions of the metrics in the log. */
  readonly dimensions: { readonly site: string; readonly stage: string };
  readonly alarms: NonNullable<SiteConfig['alarms']>;
  /** ID of the HTTP API. */
  readonly apiId: string;
  /** Whether there is an identity pool that can fail. */
  readonly hasIdentityPool: boolean;
}

interface Alarm {
  readonly id: string;
  /** What happened, and where to look first. */
  readonly description: string;
  readonly namespace: string;
  readonly metricName: string;
  readonly dimensions: Readonly<Record<string, string>>;
  /** Raised at this number of events within one period. */
  readonly threshold: number;
}

/** Length of one alarm period, in seconds. */
const periodSeconds = 300;

// One timeout raises no alarm: people who try again get in.
const failuresThatMatter = 3;
const throttledThatMatter = 10;

function alarmsOf({ dimensions, alarms, apiId, hasIdentityPool }: AlarmsProps): readonly Alarm[] {
  const counted = { namespace: metricNamespace, dimensions };
  return [
    {
      id: 'errors',
      description: 'Sign-ins fail through no fault of theirs: the API answers 5xx. Look for level "error" in its log.',
      // A metric of the HTTP API: it counts the Lambda's answers, and a Lambda that does not answer.
      namespace: 'AWS/ApiGateway',
      metricName: '5xx',
      dimensions: { ApiId: apiId, Stage: '$default' },
      threshold: failuresThatMatter,
    },
    {
      ...counted,
      id: 'rules-malformed',
      description:
        'An access document is malformed; the last good version is in force. Mend it: npm run access -- edit',
      metricName: counters['access-document-malformed'],
      threshold: 1,
    },
    {
      ...counted,
      id: 'denials',
      description: 'Many people were refused: a rule that is missing, or someone who tries. See npm run access -- log',
      metricName: counters.denied,
      threshold: alarms.denials,
    },
    {
      ...counted,
      id: 'throttled',
      description: 'API Gateway refuses requests with 429. Raise throttle, or put a web ACL in front.',
      metricName: throttledCounter,
      threshold: throttledThatMatter,
    },
    ...(hasIdentityPool
      ? [
          {
            ...counted,
            id: 'identity-pool',
            description: 'The identity pool fails: sign-ins go on, the audit lacks identity IDs.',
            metricName: counters['identity-pool-unavailable'],
            threshold: failuresThatMatter,
          },
        ]
      : []),
  ];
}

export class Alarms extends Construct {
  readonly arns: readonly string[];

  constructor(scope: Construct, id: string, props: AlarmsProps) {
    super(scope, id);
    const { name, alarms } = props;
    const target = this.target(name, alarms.notify);
    const actions = target === null ? [] : [target];
    this.arns = alarmsOf(props).map(
      ({ id, description, namespace, metricName, dimensions, threshold }) =>
        new CloudwatchMetricAlarm(this, id, {
          alarmName: `${name}-${id}`,
          alarmDescription: description,
          namespace,
          metricName,
          dimensions: { ...dimensions },
          statistic: 'Sum',
          period: periodSeconds,
          evaluationPeriods: 1,
          threshold,
          comparisonOperator: 'GreaterThanOrEqualToThreshold',
          // An event metric has no data while nothing happens.
          treatMissingData: 'notBreaching',
          alarmActions: actions,
          okActions: actions,
        }).arn,
    );
  }

  /** ARN of the topic; null: the alarms only show in CloudWatch. */
  private target(name: string, notify: string | null): string | null {
    if (notify === null || notify.startsWith('arn:')) return notify;
    // Not encrypted with AWS's own key, which does not let CloudWatch publish. A message contains the site and a count,
    // and no person.
    const topic = new SnsTopic(this, 'topic', { name: `${name}-alarms` });
    new SnsTopicSubscription(this, 'subscription', { topicArn: topic.arn, protocol: 'email', endpoint: notify });
    return topic.arn;
  }
}
