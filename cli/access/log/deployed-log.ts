/** Reads the log of a deployed site from CloudWatch. Following it misses no line and repeats none. */
import {
  type CloudWatchLogsClient,
  FilterLogEventsCommand,
  type FilterLogEventsCommandOutput,
} from '@aws-sdk/client-cloudwatch-logs';
import { awsError } from '../../aws-error.ts';
import { paint } from '../../terminal.ts';
import { type LogQuery, type LogSource, pause } from './log-source.ts';

export interface DeployedLogOptions {
  readonly client: Pick<CloudWatchLogsClient, 'send'>;
  /** Name of the site in the config. */
  readonly site: string;
  readonly region: string;
  readonly logGroup: string;
  /** The time between two reads of a log that is followed, in milliseconds. Default: 2,000. */
  readonly pollMs?: number;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** Called with an error that does not end following the log. */
  readonly warn: (text: string) => void;
}

/** How late a line may arrive in CloudWatch without being missed while the log is followed, in milliseconds. */
const lateMs = 300_000;

/**
 * CloudWatch filters for decisions and refusals, so the rest of the log is not transferred.
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
 */
const patternFor = (request: string | undefined): string =>
  request === undefined ? '{ ($.schema > 0) || ($.event = "refused") }' : `{ $.requestId = "${request}" }`;

/** Errors that may go away. The SDK has already tried several times. */
const isPassing = (error: unknown): boolean => {
  const { name = '', $metadata } = error as { name?: string; $metadata?: { httpStatusCode?: number } };
  const status = $metadata?.httpStatusCode;
  if (status === undefined) return name !== 'CredentialsProviderError';
  return status >= 500 || status === 429 || /Throttl|TooManyRequests|LimitExceeded/.test(name);
};

export function deployedLog(options: DeployedLogOptions): LogSource {
  const { client, site, region, logGroup, pollMs = 2_000, now, warn } = options;

  const explained = (error: unknown): unknown =>
    (error as { name?: string }).name === 'ResourceNotFoundException'
      ? new Error(
          `site ${site} has no log ${logGroup} in ${region}. \
Fix: npx cdktf deploy ${site}, or choose the AWS account that it is deployed in`,
          { cause: error },
        )
      : awsError(error, { action: 'logs:FilterLogEvents', resource: logGroup, region });

  async function* pages(
    startTime: number,
    filterPattern: string,
    signal: AbortSignal,
  ): AsyncGenerator<FilterLogEventsCommandOutput> {
    let nextToken: string | undefined;
    do {
      const command = new FilterLogEventsCommand({
        logGroupName: logGroup,
        startTime,
        filterPattern,
        ...(nextToken !== undefined && { nextToken }),
      });
      const page = await client.send(command, { abortSignal: signal });
      yield page;
      // A page may be empty and not the last one.
      nextToken = page.nextToken;
    } while (nextToken !== undefined);
  }

  async function* lines({ sinceMs, follow, request, signal }: LogQuery): AsyncGenerator<string> {
    /** The times of lines that may come again, by their CloudWatch event IDs. */
    const seen = new Map<string, number>();
    let from = sinceMs;
    while (!signal.aborted) {
      // Taken before the first page, so that lines that arrive meanwhile are read again.
      const next = Math.max(sinceMs, now() - lateMs);
      try {
        for await (const { events = [] } of pages(from, patternFor(request), signal)) {
          for (const { eventId = '', timestamp = 0, message = '' } of events) {
            if (seen.has(eventId)) continue;
            if (timestamp >= next) seen.set(eventId, timestamp);
            yield message;
          }
        }
        from = next;
        for (const [eventId, timestamp] of seen) if (timestamp < from) seen.delete(eventId);
      } catch (error) {
        if (signal.aborted) return;
        if (!follow || !isPassing(error)) throw explained(error);
        const reason = explained(error);
        warn(`${reason instanceof Error ? reason.message : reason}; trying again`);
      }
      if (!follow) return;
      await pause(pollMs, signal);
    }
  }

  return {
    title: `${paint('magenta', 'LIVE')} site ${paint('bold', site)}, log ${logGroup} in ${region}`,
    lines,
  };
}
