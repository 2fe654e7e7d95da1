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
  /** Between two looks at a log that is followed, in milliseconds. Default: 2,000. */
  readonly pollMs?: number;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** Hears what is wrong while a log is followed all the same. */
  readonly warn: (text: string) => void;
}

/** How long after its time a line may arrive in CloudWatch and still be seen by whoever follows the log, in milliseconds. */
const lateMs = 300_000;

/**
 * CloudWatch finds decisions and refusals by itself; the rest of the log stays there.
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
 */
const patternFor = (request: string | undefined): string =>
  request === undefined ? '{ ($.schema > 0) || ($.event = "refused") }' : `{ $.requestId = "${request}" }`;

/** What passes by itself. The SDK has tried several times by then. */
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
          `site ${site} has no log ${logGroup} in ${region}. Fix: npx cdktf deploy ${site}, or choose the AWS account that it is deployed in`,
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
    /** Lines that may come again, by CloudWatch's number: their times. */
    const seen = new Map<string, number>();
    let from = sinceMs;
    while (!signal.aborted) {
      // Before the first page is asked for: what arrives meanwhile is looked for again.
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
