/**
 * Tells operators about open requests, at most once every 15 minutes and without any text from the requests. Must never
 * fail a request.
 */
import * as v from 'valibot';
import { requestDigestKey } from '../../contract/layout.ts';
import type { Log } from '../shared/log.ts';
import type { ListedObject, PrivateBucket } from '../shared/private-bucket.ts';
import { parseStored } from './request.ts';
import type { Topic } from './topic.ts';

/** Minimum time between two messages, in milliseconds. */
const noticeMs = 900_000;

const noticeSchema = v.strictObject({ sentAt: v.pipe(v.string(), v.isoTimestamp()) });

export interface RequestNoticeOptions {
  readonly bucket: PrivateBucket;
  readonly topic: Topic;
  readonly log: Log;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly site: string;
  readonly stage: string;
}

/** The open requests, after one was made or repeated. */
export interface OpenRequests {
  readonly count: number;
  /** When the newest of them was made, in milliseconds since 1970. */
  readonly newestMs: number;
}

export const openRequests = (listed: readonly ListedObject[]): OpenRequests => ({
  count: listed.length,
  newestMs: Math.max(0, ...listed.map(({ modified }) => modified.getTime())),
});

/**
 * An SNS subject is ASCII and has less than 100 characters. The names come from the config and have at most 32
 * characters together.
 */
function noticeMessage({ site, stage }: Pick<RequestNoticeOptions, 'site' | 'stage'>, count: number) {
  const asks = count === 1 ? '1 request for access waits' : `${count} requests for access wait`;
  return {
    subject: `s3nator: requests for access to ${site}-${stage}`,
    text: `${asks} for an answer at site ${site}, stage ${stage}.

See who asks and why, and answer, in the checkout of the site:

  npm run access -- requests --site ${site}

There is at most one message in ${noticeMs / 60_000} minutes.
`,
  };
}

export type RequestNotice = (open: OpenRequests) => Promise<void>;

/**
 * An object with the time of the last message serves as a lock. It is written before the message is sent, and only if
 * it is still the version that was read, so one of two writers wins. If the message fails, the old time is restored and
 * the next request tries again.
 */
export function createRequestNotice(options: RequestNoticeOptions): RequestNotice {
  const { bucket, topic, log, now } = options;
  const textAt = (ms: number): string => `${JSON.stringify({ sentAt: new Date(ms).toISOString() })}\n`;

  async function claim(newestMs: number): Promise<{ readonly lastMs: number; readonly etag: string } | undefined> {
    const reading = await bucket.read(requestDigestKey);
    if (reading.kind === 'failed') throw new Error(reading.cause);
    const found = reading.kind === 'found' ? reading : undefined;
    const sentAt = found && parseStored(noticeSchema, found.text)?.sentAt;
    const saidMs = Date.parse(sentAt ?? '');
    // A missing time, or one in the future, must not stop the messages forever.
    const lastMs = saidMs - now() < noticeMs ? saidMs : 0;
    // S3 keeps whole seconds, so a request may be announced twice, but is never missed.
    if (now() - lastMs < noticeMs || newestMs < lastMs - (lastMs % 1000)) return undefined;
    const text = textAt(now());
    const written = found
      ? await bucket.replace(requestDigestKey, text, found.etag)
      : await bucket.create(requestDigestKey, text);
    if (written.kind === 'failed') throw new Error(written.cause);
    return written.kind === 'exists' ? undefined : { lastMs, etag: written.etag };
  }

  return async ({ count, newestMs }) => {
    try {
      const claimed = await claim(newestMs);
      if (claimed === undefined) return;
      try {
        await topic.publish(noticeMessage(options, count));
      } catch (error) {
        await bucket.replace(requestDigestKey, textAt(claimed.lastMs), claimed.etag);
        throw error;
      }
    } catch (error) {
      log('error', 'access-request-untold', { open: count, cause: error instanceof Error ? error.message : 'unknown' });
    }
  };
}
