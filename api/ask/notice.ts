/**
 * Owns telling operators that people ask for access: one message for many, at most every 15 minutes, with no word of anybody's in it. Never fails a
 * request.
 */
import * as v from 'valibot';
import { requestDigestKey } from '../../contract/layout.ts';
import type { Log } from '../shared/log.ts';
import type { ListedObject, PrivateBucket } from '../shared/private-bucket.ts';
import { parseStored } from './request.ts';
import type { Topic } from './topic.ts';

/** Least time between two messages, in milliseconds. */
const digestMs = 900_000;

const digestSchema = v.strictObject({ sentAt: v.pipe(v.string(), v.isoTimestamp()) });

export interface RequestDigestOptions {
  readonly bucket: PrivateBucket;
  readonly topic: Topic;
  readonly log: Log;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly site: string;
  readonly stage: string;
}

/** The requests that are open after one was made, or made again. */
export interface OpenRequests {
  readonly count: number;
  /** When the newest of them was made, in milliseconds since 1970. */
  readonly newestMs: number;
}

export const openRequests = (listed: readonly ListedObject[]): OpenRequests => ({
  count: listed.length,
  newestMs: Math.max(0, ...listed.map(({ modified }) => modified.getTime())),
});

/** SNS takes a subject of less than 100 characters of ASCII; the names are the config's, and no longer than 32 together. */
function digestMessage({ site, stage }: Pick<RequestDigestOptions, 'site' | 'stage'>, count: number) {
  const asks = count === 1 ? '1 request for access waits' : `${count} requests for access wait`;
  return {
    subject: `s3nator: requests for access to ${site}-${stage}`,
    text: `${asks} for an answer at site ${site}, stage ${stage}.

See who asks and why, and answer, in the checkout of the site:

  npm run access -- requests --site ${site}

There is at most one message in ${digestMs / 60_000} minutes.
`,
  };
}

export type RequestDigest = (open: OpenRequests) => Promise<void>;

/**
 * The object with the time of the last message is the lock: it is written, over exactly the version that was read, before the message goes out; of two at
 * once, one wins. A message that does not go out gives the time back, so that the next request tries again.
 */
export function createRequestDigest(options: RequestDigestOptions): RequestDigest {
  const { bucket, topic, log, now } = options;
  const textAt = (ms: number): string => `${JSON.stringify({ sentAt: new Date(ms).toISOString() })}\n`;

  async function claim(newestMs: number): Promise<{ readonly lastMs: number; readonly etag: string } | undefined> {
    const reading = await bucket.read(requestDigestKey);
    if (reading.kind === 'failed') throw new Error(reading.cause);
    const found = reading.kind === 'found' ? reading : undefined;
    const sentAt = found && parseStored(digestSchema, found.text)?.sentAt;
    const saidMs = Date.parse(sentAt ?? '');
    // A time to come, or none, must not silence us for good.
    const lastMs = saidMs - now() < digestMs ? saidMs : 0;
    // S3 keeps whole seconds, so that one request may be told of twice, and none never.
    if (now() - lastMs < digestMs || newestMs < lastMs - (lastMs % 1000)) return undefined;
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
        await topic.publish(digestMessage(options, count));
      } catch (error) {
        await bucket.replace(requestDigestKey, textAt(claimed.lastMs), claimed.etag);
        throw error;
      }
    } catch (error) {
      log('error', 'access-request-untold', { open: count, cause: error instanceof Error ? error.message : 'unknown' });
    }
  };
}
