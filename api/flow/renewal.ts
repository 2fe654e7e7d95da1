/**
 * A renewal, in order: read the session -> check that it has not ended -> decide access again -> issue. It uses only
 * the session statement and the rules, never the identity provider. So an outage there ends no session, and a change
 * there applies from the next sign-in.
 */

import { isLive, readSession, rememberedIdentity } from '../issue/session.ts';
import type { ApiRequest } from '../receive/request.ts';
import { accept, type Result, refuse } from '../shared/refusal.ts';
import type { TrustedIssuers } from '../verify/trusted-issuers.ts';
import { type AdmissionOptions, admit } from './admit.ts';
import { type IssuedSession, type IssueOptions, issueSession } from './issue-session.ts';

/**
 * Renewals of one session within this time count as one, in seconds. The limit is a tenth of the cookies' life if that
 * is shorter.
 */
const maximumStepSeconds = 60;

/**
 * The life of renewed cookies is counted from the last full step since the sign-in. So a repeated renewal, by two tabs,
 * after a lost answer, or by someone who wants to cause costs, gives the same policy and the same statement, which KMS
 * signs once (kms-signing-key.ts).
 */
function stepBefore(nowSeconds: number, signedInAt: number, cookieSeconds: number): number {
  const step = Math.max(1, Math.min(maximumStepSeconds, Math.floor(cookieSeconds / 10)));
  return nowSeconds - (Math.max(0, nowSeconds - signedInAt) % step);
}

/** Resolves to new cookies for the request's session, or to the reason for the refusal. */
export async function renew(
  request: ApiRequest,
  options: AdmissionOptions & IssueOptions & { readonly issuers: TrustedIssuers },
  nowSeconds: number,
): Promise<Result<IssuedSession>> {
  const session = readSession(request.cookies, options.session);
  if (session === undefined) return refuse('session-missing');
  const { sid, signedInAt } = session;
  if (!isLive(session, options.session, nowSeconds)) return refuse('session-over', { sid });
  const trust = options.issuers.get(session.iss);
  if (trust === undefined) return refuse('session-of-no-provider', { sid });
  const identity = rememberedIdentity(session, trust, options.claimNames);
  const admission = await admit({ request, action: 'renewal', identity, session }, options, nowSeconds);
  if (!admission.ok) return admission;
  const identityId = Promise.resolve(accept(session.identityId));
  const issuedAt = stepBefore(nowSeconds, signedInAt, options.cookieSeconds);
  const subject = { identity, sid, identityId, signedInAt, issuedAt };
  return issueSession({ event: 'renewed', request }, subject, admission.value, options, nowSeconds);
}
