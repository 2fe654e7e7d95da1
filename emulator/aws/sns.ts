/**
 * `Publish` of SNS: checks a message, and lists who would get it. Sends nothing.
 * @see https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
 */
import { randomUUID } from 'node:crypto';
import { type Response, textResponse } from '../message/http-message.ts';
import type { TopicModel } from '../model/stack-model.ts';

/** A message as it was published. */
export interface PublishedMessage {
  /** ARN of the topic. */
  readonly topic: string;
  /** Subscribers that the stack names, such as addresses. AWS would wait until they confirm. */
  readonly recipients: readonly string[];
  readonly subject: string | undefined;
  readonly text: string;
}

const namespace = 'http://sns.amazonaws.com/doc/2010-03-31/';
const topicArn = /^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]{1,256}$/;
/** ASCII without control characters, fewer than 100, not starting with a space. */
const subjectForm = /^[\x21-\x7e][\x20-\x7e]{0,98}$/;
const maximumTextBytes = 262_144;

const failure = (status: number, code: string, message: string): Response =>
  textResponse(
    status,
    'text/xml',
    `<ErrorResponse xmlns="${namespace}"><Error><Type>Sender</Type><Code>${code}</Code>` +
      `<Message>${message}</Message></Error><RequestId>${randomUUID()}</RequestId></ErrorResponse>`,
  );
const invalid = (message: string): Response => failure(400, 'InvalidParameter', `Invalid parameter: ${message}`);

/** Answers `Publish`. Assumes that somebody else created a topic that the stack lacks. */
export function publish(
  parameters: URLSearchParams,
  topics: readonly TopicModel[],
  onMessage: (message: PublishedMessage) => void,
): Response {
  const topic = parameters.get('TopicArn') ?? '';
  const subject = parameters.get('Subject') ?? undefined;
  const text = parameters.get('Message') ?? '';
  if (!topicArn.test(topic)) return invalid('TopicArn');
  if (subject !== undefined && !subjectForm.test(subject)) return invalid('Subject');
  if (text === '') return invalid('Empty message');
  if (Buffer.byteLength(text) > maximumTextBytes) return invalid('Message too long');
  const recipients = topics.find(({ arn }) => arn === topic)?.recipients ?? [];
  onMessage({ topic, recipients, subject, text });
  const xml =
    `<PublishResponse xmlns="${namespace}"><PublishResult><MessageId>${randomUUID()}</MessageId></PublishResult>` +
    `<ResponseMetadata><RequestId>${randomUUID()}</RequestId></ResponseMetadata></PublishResponse>`;
  return textResponse(200, 'text/xml', xml);
}
