/** Owns the one call to SNS: a message to operators. Knows nothing of what it says. */
import type { SNSClientConfig } from '@aws-sdk/client-sns';

/** One message with its retry, in milliseconds. */
const timeoutMs = 2_000;

export interface Topic {
  /** Rejects with an `Error` whose message is the name of what went wrong. */
  publish(message: { readonly subject: string; readonly text: string }): Promise<void>;
}

/** `clientOptions`: for the SDK's client, beside what it takes from Lambda's own variables. */
export function createTopic(arn: string, clientOptions: SNSClientConfig): Topic {
  return {
    async publish({ subject, text }) {
      try {
        const { PublishCommand, SNSClient } = await import('@aws-sdk/client-sns');
        const client = new SNSClient({ maxAttempts: 2, ...clientOptions });
        const command = new PublishCommand({ TopicArn: arn, Subject: subject, Message: text });
        await client.send(command, { abortSignal: AbortSignal.timeout(timeoutMs) });
      } catch (error) {
        throw new Error(error instanceof Error ? error.name : 'unknown');
      }
    },
  };
}
