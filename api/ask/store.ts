/** Requests for access as objects of the private bucket: one object per person, within a limit. */
import type { Environment } from '../../contract/environment.ts';
import { openRequestsPrefix } from '../../contract/layout.ts';
import type { AccessRequestStatus } from '../../contract/session-api.ts';
import type { Identity } from '../decide/identity.ts';
import type { PrivateBucket } from '../shared/private-bucket.ts';
import { accept, type Result, refuse } from '../shared/refusal.ts';
import { openRequests, type RequestNotice } from './notice.ts';
import {
  answeredRequestKey,
  answeredRequestSchema,
  mayAsk,
  type OpenRequest,
  openRequestKey,
  parseStored,
  requestName,
  standingAnswer,
} from './request.ts';

export interface AccessRequests {
  /** Whether someone who was denied may ask for access. */
  mayAsk(identity: Identity): boolean;
  /** Stores the request; `audit` writes its line. */
  keep(asked: OpenRequest, audit: () => Promise<Result<undefined>>): Promise<Result<AccessRequestStatus>>;
}

export interface AccessRequestsOptions {
  readonly policy: NonNullable<Environment['accessRequests']>;
  readonly bucket: PrivateBucket;
  /** null: operators get no message. */
  readonly notice: RequestNotice | null;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

export function createAccessRequests({ policy, bucket, notice, now }: AccessRequestsOptions): AccessRequests {
  const unavailable = (cause: string): Result<never> => refuse('access-requests-unavailable', { cause });

  return {
    mayAsk: (identity) => mayAsk(policy, identity),
    async keep(asked, audit) {
      const name = requestName(asked.who.iss, asked.who.sub);
      const [answered, own, listed] = await Promise.all([
        bucket.read(answeredRequestKey(name)),
        bucket.read(openRequestKey(name)),
        bucket.list(openRequestsPrefix, policy.maximumOpen),
      ]);
      // For a missing object, S3 answers 403 to a caller that may not list the whole bucket.
      if (answered.kind === 'failed') return unavailable(answered.cause);
      if (own.kind === 'failed') return unavailable(own.cause);
      const answer = answered.kind === 'found' ? parseStored(answeredRequestSchema, answered.text) : undefined;
      const standing = answer && standingAnswer(answer, now());
      if (standing !== undefined) return accept(standing === 'denied' ? 'answered' : 'approved');
      if (listed === undefined) return unavailable('list');
      const isOpen = own.kind === 'found' || own.kind === 'oversized';
      if (!isOpen) {
        if (listed.length >= policy.maximumOpen) return refuse('too-many-requests-open', { open: listed.length });
        // The audit line comes first: a request without one must not exist.
        const line = await audit();
        if (!line.ok) return line;
        const created = await bucket.create(openRequestKey(name), `${JSON.stringify(asked, null, 2)}\n`);
        if (created.kind === 'failed') return unavailable(created.cause);
        if (created.kind === 'created') {
          await notice?.({ count: listed.length + 1, newestMs: now() });
          return accept('sent');
        }
      }
      // The message for the first request may have been held back, so a repeated request tries again.
      await notice?.(openRequests(listed));
      return accept('already-asked');
    },
  };
}
