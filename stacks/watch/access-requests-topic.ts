/** The SNS topic that tells operators about access requests, and the API's right to publish to it. */
import { SnsTopic } from '@cdktf/provider-aws/lib/sns-topic/index.js';
import { SnsTopicSubscription } from '@cdktf/provider-aws/lib/sns-topic-subscription/index.js';
import { Construct } from 'constructs';
import type { SiteConfig } from '../../contract/config.ts';
import type { Statement } from '../text/policy-document.ts';

export interface AccessRequestsTopicProps {
  /** Site and stage. */
  readonly name: string;
  readonly accessRequests: NonNullable<SiteConfig['accessRequests']>;
}

export class AccessRequestsTopic extends Construct {
  /** ARN of the topic; null: nobody is told. */
  readonly arn: string | null;

  constructor(scope: Construct, id: string, { name, accessRequests: { notify } }: AccessRequestsTopicProps) {
    super(scope, id);
    this.arn = notify === null || notify.startsWith('arn:') ? notify : this.topic(name, notify);
  }

  /** What the API may do there. */
  get statements(): Statement[] {
    return this.arn === null ? [] : [{ Effect: 'Allow', Action: 'sns:Publish', Resource: this.arn }];
  }

  private topic(name: string, endpoint: string): string {
    // Not encrypted at rest: a message contains the site and a number, and no person.
    const topic = new SnsTopic(this, 'topic', { name: `${name}-requests` });
    new SnsTopicSubscription(this, 'subscription', { topicArn: topic.arn, protocol: 'email', endpoint });
    return topic.arn;
  }
}
