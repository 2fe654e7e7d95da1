import { describe, expect, it } from 'vitest';
import { statementsAt, synthesizeSite } from '../testing/synthesized-site.ts';

const withRequests = (notify: string | null) =>
  synthesizeSite({
    keys: none.keys,
    site: { accessRequests: { mayAsk: { hostedDomains: ['partner.example'] }, notify } },
  });
const none = synthesizeSite();
const privateArn = '<site/private/locked/bucket.arn>';
const own = (site: ReturnType<typeof synthesizeSite>): unknown[] =>
  statementsAt(site, 'site/function/policy').slice(statementsAt(none, 'site/function/policy').length);

describe('AccessRequestsTopic', () => {
  it('does not exist, nor does any right to it, if the config accepts no requests', () => {
    expect(none.resources('aws_sns_topic')).toEqual([]);
    expect(none.text).not.toContain('requests/');
    expect(
      JSON.parse(none.only('aws_lambda_function').environment.variables.S3NATOR_SETTINGS).accessRequests,
    ).toBeNull();
  });

  it('lets the API create and count requests and read answers, and write under requests/ only', () => {
    expect(own(withRequests(null))).toEqual([
      {
        Effect: 'Allow',
        Action: ['s3:GetObject', 's3:PutObject'],
        Resource: [`${privateArn}/requests/open/*`, `${privateArn}/requests/digest.json`],
      },
      { Effect: 'Allow', Action: 's3:GetObject', Resource: `${privateArn}/requests/answered/*` },
      {
        Effect: 'Allow',
        Action: 's3:ListBucket',
        Resource: privateArn,
        Condition: { StringEquals: { 's3:prefix': 'requests/open/' } },
      },
    ]);
    expect(withRequests(null).resources('aws_sns_topic')).toEqual([]);
  });

  it('sends mail to an address through its own topic, to which the API may publish', () => {
    const site = withRequests('ops@example.com');
    const topic = '<site/requests/topic.arn>';
    expect(site.only('aws_sns_topic').name).toBe('docs-prod-requests');
    expect(site.only('aws_sns_topic_subscription')).toMatchObject({
      topic_arn: topic,
      protocol: 'email',
      endpoint: 'ops@example.com',
    });
    expect(own(site).at(-1)).toEqual({ Effect: 'Allow', Action: 'sns:Publish', Resource: topic });
    const { variables } = site.only('aws_lambda_function').environment;
    expect(variables.S3NATOR_REQUESTS_TOPIC).toBe(topic);
    expect(JSON.parse(variables.S3NATOR_SETTINGS).accessRequests).toEqual({
      mayAsk: { hostedDomains: ['partner.example'] },
      maximumOpen: 100,
    });
  });

  it('publishes to the topic that the config names, and creates none', () => {
    const arn = 'arn:aws:sns:eu-west-1:111122223333:ops';
    const site = withRequests(arn);
    expect(site.resources('aws_sns_topic')).toEqual([]);
    expect(own(site).at(-1)).toEqual({ Effect: 'Allow', Action: 'sns:Publish', Resource: arn });
    expect(site.only('aws_lambda_function').environment.variables.S3NATOR_REQUESTS_TOPIC).toBe(arn);
  });
});
