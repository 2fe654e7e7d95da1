/**
 * Owns the order of asking for access: verify the ID token -> check the nonce -> decide -> one object a person -> audit line -> message to operators.
 * Grants nothing; parses no HTTP request.
 */

import type { Environment } from '../../contract/environment.ts';
import { openRequestsPrefix } from '../../contract/layout.ts';
import type { AccessRequestStatus } from '../../contract/session-api.ts';
import type { AccessQuestion } from '../ask/body.ts';
import { openRequests, type RequestDigest } from '../ask/notice.ts';
import {
  answeredRequestKey,
  answeredRequestSchema,
  mayAsk,
  type OpenRequest,
  openRequestKey,
  parseStored,
  requestName,
  standingAnswer,
} from '../ask/request.ts';
import type { AccessDocuments } from '../decide/access-documents.ts';
import { type Identity, identify } from '../decide/identity.ts';
import type { ApiRequest } from '../receive/request.ts';
import type { Audit } from '../record/audit.ts';
import type { PrivateBucket } from '../shared/private-bucket.ts';
import { accept, type Result, refuse } from '../shared/refusal.ts';
import { rfc3339 } from '../shared/rfc3339.ts';
import { verifyIdToken } from '../verify/id-token.ts';
import { checkNonce } from '../verify/login-nonce.ts';
import type { TrustedIssuers } from '../verify/trusted-issuers.ts';

export interface AccessRequests {
  /** Whether someone who was denied may ask. */
  mayAsk(identity: Identity): boolean;
  /** Keeps the request; `audit` writes its line. */
  keep(asked: OpenRequest, audit: () => Promise<Result<undefined>>): Promise<Result<AccessRequestStatus>>;
}

export interface AccessRequestsOptions {
  readonly policy: NonNullable<Environment['accessRequests']>;
  readonly bucket: PrivateBucket;
  /** null: operators are told of nothing. */
  readonly digest: RequestDigest | null;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

export function createAccessRequests({ policy, bucket, digest, now }: AccessRequestsOptions): AccessRequests {
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
      // S3 answers for a missing object with 403 to whoever may not list all of the bucket.
      if (answered.kind === 'failed') return unavailable(answered.cause);
      if (own.kind === 'failed') return unavailable(own.cause);
      const answer = answered.kind === 'found' ? parseStored(answeredRequestSchema, answered.text) : undefined;
      const standing = answer && standingAnswer(answer, now());
      if (standing !== undefined) return accept(standing === 'denied' ? 'answered' : 'approved');
      if (listed === undefined) return unavailable('list');
      const isOpen = own.kind === 'found' || own.kind === 'oversized';
      if (!isOpen) {
        if (listed.length >= policy.maximumOpen) return refuse('too-many-requests-open', { open: listed.length });
        // Before the object: a request of which no line is left must not stand.
        const line = await audit();
        if (!line.ok) return line;
        const created = await bucket.create(openRequestKey(name), `${JSON.stringify(asked, null, 2)}\n`);
        if (created.kind === 'failed') return unavailable(created.cause);
        if (created.kind === 'created') {
          await digest?.({ count: listed.length + 1, newestMs: now() });
          return accept('sent');
        }
      }
      // Whoever asks again brings the message that an earlier request found too early.
      await digest?.(openRequests(listed));
      return accept('already-asked');
    },
  };
}

export interface AskOptions {
  readonly accessRequests: AccessRequests | null;
  readonly issuers: TrustedIssuers;
  readonly accessDocuments: AccessDocuments;
  readonly audit: Audit;
  readonly claimNames: readonly string[];
}

/** Resolves to where the person's request stands, or to the reason why they may not ask. */
export async function askForAccess(
  request: ApiRequest,
  { idToken, reason }: AccessQuestion,
  options: AskOptions,
  nowSeconds: number,
): Promise<Result<AccessRequestStatus>> {
  const { accessRequests, accessDocuments, audit } = options;
  if (accessRequests === null) return refuse('access-requests-off');
  // As a sign-in does: who asks has proven who they are, and in this browser.
  let loading: ReturnType<AccessDocuments['current']> | undefined;
  const claims = await verifyIdToken(idToken, options.issuers, nowSeconds, () => {
    loading = accessDocuments.current();
    // Nobody may be waiting for it: a token can be refused meanwhile.
    loading.catch(() => undefined);
  });
  if (!claims.ok) return claims;
  const nonce = checkNonce(request, claims.value, nowSeconds);
  if (!nonce.ok) return nonce;
  const identity = identify(claims.value, options.claimNames);
  const documents = await (loading ?? accessDocuments.current());
  if (!documents.ok) return documents;
  const { rules, versions } = documents.value;
  const decision = rules.decide(identity, nowSeconds);
  if (decision.outcome === 'granted') return accept('admitted');
  if (!accessRequests.mayAsk(identity)) {
    const account = identity.email !== undefined && { account: identity.email };
    return { ok: false, refusal: { reason: 'may-not-ask', evidence: { why: decision.why }, ...account } };
  }
  const { issuer: iss, subject: sub, email, hostedDomain: hd, isManaged: managed } = identity;
  const asked: OpenRequest = {
    version: 1,
    askedAt: rfc3339(nowSeconds),
    who: { iss, sub, ...(email !== undefined && { email }), ...(hd !== undefined && { hd }), managed },
    reason,
  };
  return accessRequests.keep(asked, () =>
    audit({ event: 'access-requested', request, who: { iss, sub, email, hd }, documents: versions }),
  );
}
