/**
 * Asking for access, in order: verify the ID token -> check the nonce -> decide -> audit line -> one object per person
 * -> notice to operators. Never grants access.
 */
import type { AccessRequestStatus } from '../../contract/session-api.ts';
import type { AccessQuestion } from '../ask/body.ts';
import type { OpenRequest } from '../ask/request.ts';
import type { AccessRequests } from '../ask/store.ts';
import type { AccessDocuments } from '../decide/access-documents.ts';
import { identify } from '../decide/identity.ts';
import type { ApiRequest } from '../receive/request.ts';
import type { Audit } from '../record/audit.ts';
import { accept, type Result, refuse } from '../shared/refusal.ts';
import { rfc3339 } from '../shared/rfc3339.ts';
import { verifyIdToken } from '../verify/id-token.ts';
import { checkNonce } from '../verify/login-nonce.ts';
import type { TrustedIssuers } from '../verify/trusted-issuers.ts';

export interface AskOptions {
  readonly accessRequests: AccessRequests | null;
  readonly issuers: TrustedIssuers;
  readonly accessDocuments: AccessDocuments;
  readonly audit: Audit;
  readonly claimNames: readonly string[];
}

/** Resolves to the status of the person's request, or to the reason why they may not ask. */
export async function askForAccess(
  request: ApiRequest,
  { idToken, reason }: AccessQuestion,
  options: AskOptions,
  nowSeconds: number,
): Promise<Result<AccessRequestStatus>> {
  const { accessRequests, accessDocuments, audit } = options;
  if (accessRequests === null) return refuse('access-requests-off');
  // As at a sign-in, the person must prove who they are, in this browser.
  let loading: ReturnType<AccessDocuments['current']> | undefined;
  const claims = await verifyIdToken(idToken, options.issuers, nowSeconds, () => {
    loading = accessDocuments.current();
    // Perhaps nobody awaits this promise: the token may be refused in the meantime.
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
