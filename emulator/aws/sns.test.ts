import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type AwsEndpoint, startAwsEndpoint } from './aws-endpoint.ts';
import type { PublishedMessage } from './sns.ts';

const arn = 'arn:aws:sns:eu-west-1:111122223333:docs-prod-requests';
let messages: PublishedMessage[];
let endpoint: AwsEndpoint;
let client: SNSClient;

beforeAll(async () => {
  endpoint = await startAwsEndpoint({
    buckets: () => new Map(),
    identityPools: () => [],
    topics: () => [{ arn, recipients: ['ops@example.com'] }],
    onMessage: (message) => messages.push(message),
    clock: Date.now,
  });
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  client = new SNSClient({ endpoint: endpoint.url, region: 'eu-west-1', maxAttempts: 1, credentials });
});
afterAll(async () => {
  client.destroy();
  await endpoint.close();
});
beforeEach(() => {
  messages = [];
});

const publish = (more: object = {}) =>
  client.send(new PublishCommand({ TopicArn: arn, Subject: 'Two words', Message: 'a\nb & <c>', ...more }));

describe("SNS for the Lambda's own client", () => {
  it('accepts a message, and knows who would get it', async () => {
    expect((await publish()).MessageId).toMatch(/^[0-9a-f-]{36}$/);
    expect(messages).toEqual([
      { topic: arn, recipients: ['ops@example.com'], subject: 'Two words', text: 'a\nb & <c>' },
    ]);
  });

  it('accepts a message for a topic that somebody else created', async () => {
    await publish({ TopicArn: `${arn}-2`, Subject: undefined });
    expect(messages).toMatchObject([{ topic: `${arn}-2`, recipients: [], subject: undefined }]);
  });

  it.each([
    ['an invalid topic', { TopicArn: 'docs' }],
    ['a subject with a line break', { Subject: 'a\r\nBcc: b@example.com' }],
    ['a subject that is not ASCII', { Subject: 'Zugriff für alle' }],
    ['a subject of 100 characters', { Subject: 'x'.repeat(100) }],
    ['a subject that begins with a space', { Subject: ' x' }],
    ['no text', { Message: '' }],
    ['more than 256 KB', { Message: 'x'.repeat(262_145) }],
  ])('refuses %s', async (_, more) => {
    await expect(publish(more)).rejects.toMatchObject({ name: 'InvalidParameterException' });
    expect(messages).toEqual([]);
  });
});
