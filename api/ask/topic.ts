/** Publishes a message to operators by SNS. */
import type { SNSClientConfig } from '@aws-sdk/client-sns';
import { once } from '../shared/once.ts';

/** Limit for one message, including its retry, in milliseconds. */
const timeoutMs = 2_000;

export interface Topic {
  /** Rejects with an `Error` whose message is the name of the failure. */
  publish(message: { readonly subject: string; readonly text: string }): Promise<void>;
}

/** `clientOptions`: extra options for the SDK's client. It reads the rest from Lambda's own variables. */
export function createTopic(arn: string, clientOptions: SNSClientConfig): Topic {
  const sns = once(async () => {
    const { PublishCommand, SNSClient } = await import('@aws-sdk/client-sns');
    return { PublishCommand, client: new SNSClient({ maxAttempts: 2, ...clientOptions }) };
  });
  return {
    async publish({ subject, text }) {
      try {
        const { PublishCommand, client } = await sns();
        const command = new PublishCommand({ TopicArn: arn, Subject: subject, Message: text });
        await client.send(command, { abortSignal: AbortSignal.timeout(timeoutMs) });
      } catch (error) {
        throw new Error(error instanceof Error ? error.name : 'unknown');
      }
    },
  };
}
