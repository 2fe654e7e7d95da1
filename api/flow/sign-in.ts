/** A sign-in, in order: verify the ID token -> check the nonce -> decide access -> issue the session. */

import { identify } from '../decide/identity.ts';
import type { IdentityPool } from '../issue/identity-pool.ts';
import type { ApiRequest } from '../receive/request.ts';
import { accept, type Result } from '../shared/refusal.ts';
import { verifyIdToken } from '../verify/id-token.ts';
import { checkNonce } from '../verify/login-nonce.ts';
import type { TrustedIssuers } from '../verify/trusted-issuers.ts';
import { type AdmissionOptions, admit, loadContext } from './admit.ts';
import { type IssuedSession, type IssueOptions, issueSession } from './issue-session.ts';

export interface SignInOptions extends AdmissionOptions, IssueOptions {
  readonly issuers: TrustedIssuers;
  /** null: no identity pool. */
  readonly identityPool: IdentityPool | null;
  readonly randomBytes: (size: number) => Buffer;
}

/** Random bytes in a session's ID. */
const sessionIdBytes = 16;

/** Resolves to the cookies of a new session, or to the reason for the refusal. */
export async function signIn(
  request: ApiRequest,
  idToken: string,
  options: SignInOptions,
  nowSeconds: number,
): Promise<Result<IssuedSession>> {
  let context: ReturnType<typeof loadContext> | undefined;
  const claims = await verifyIdToken(idToken, options.issuers, nowSeconds, () => {
    context = loadContext(options);
  });
  if (!claims.ok) return claims;
  const nonce = checkNonce(request, claims.value, nowSeconds);
  if (!nonce.ok) return nonce;
  const identity = identify(claims.value, options.claimNames);
  const admission = await admit({ request, action: 'sign-in', identity }, options, nowSeconds, context);
  if (!admission.ok) return admission;

  // Cognito would refuse a good token for another client ID, and the sign-in would fail.
  const { audiences, identityLogin } = claims.value.issuer;
  const login = claims.value.all['aud'] === audiences[0] ? identityLogin : null;
  const identityId = login === null ? undefined : options.identityPool?.identityIdOf(idToken, login);
  const subject = {
    identity,
    sid: options.randomBytes(sessionIdBytes).toString('base64url'),
    identityId: identityId ?? Promise.resolve(accept(undefined)),
    signedInAt: nowSeconds,
    issuedAt: nowSeconds,
  };
  return issueSession({ event: 'granted', request }, subject, admission.value, options, nowSeconds);
}
