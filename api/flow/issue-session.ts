/** Issues a session at sign-in and at renewal: policy, session statement, audit line, cookies. */
import { traitsOf } from '../../contract/provider-traits.ts';
import type { Identity } from '../decide/identity.ts';
import { policyStatement } from '../issue/policy-statement.ts';
import { audienceOf, type SessionOptions } from '../issue/session.ts';
import { encodeSession, type SessionStatement } from '../issue/session-statement.ts';
import type { SignatureHash } from '../issue/signed-cookies.ts';
import type { ApiRequest } from '../receive/request.ts';
import { setCookiesAt } from '../receive/set-cookies.ts';
import type { Audit } from '../record/audit.ts';
import { accept, type Result } from '../shared/refusal.ts';
import type { Admission } from './admit.ts';

export interface IssueOptions {
  readonly session: SessionOptions;
  /** Life of the signed cookies in seconds. */
  readonly cookieSeconds: number;
  /** Whether the cookies stay when the browser closes. */
  readonly persistent: boolean;
  /** Names of the claims that the session keeps. */
  readonly claimNames: readonly string[];
  /** Hash of the policy's signature. */
  readonly hash: SignatureHash;
  readonly audit: Audit;
}

/** The person who gets the session. */
export interface SessionSubject {
  readonly identity: Identity;
  readonly sid: string;
  /** Cognito identity ID, if there is one. It is awaited while the policy is being signed. */
  readonly identityId: Promise<Result<string | undefined>>;
  readonly signedInAt: number;
  /** The life of the signed cookies is counted from this time: now, or a little earlier. */
  readonly issuedAt: number;
}

export interface IssuedSession {
  readonly statement: SessionStatement;
  readonly cookies: readonly string[];
}

export async function issueSession(
  event: { readonly event: 'granted' | 'renewed'; readonly request: ApiRequest },
  { identity, sid, identityId: pending, signedInAt, issuedAt }: SessionSubject,
  { grant, versions, key }: Admission,
  options: IssueOptions,
  nowSeconds: number,
): Promise<Result<IssuedSession>> {
  const { session, claimNames } = options;
  const endsAt = signedInAt + session.maximumSeconds;
  const expiresAt = Math.min(issuedAt + options.cookieSeconds, endsAt, grant.until ?? Number.POSITIVE_INFINITY);
  const policy = policyStatement({ host: session.hosts[0], path: grant.path, expiresAt });
  const [identityId, signed] = await Promise.all([pending, key.signPolicy(policy, options.hash)]);
  if (!identityId.ok) return identityId;
  if (!signed.ok) return signed;

  const statement: SessionStatement = {
    aud: audienceOf(session.hosts),
    kid: key.fingerprint,
    sid,
    iss: identity.issuer,
    sub: identity.subject,
    ...(identity.email !== undefined && { email: identity.email }),
    addressState: identity.addressState,
    ...(identity.hostedDomain !== undefined && { hd: identity.hostedDomain }),
    ...(traitsOf(identity.trust).vouchers === 'claims' && { vouchers: [...identity.vouchers] }),
    ...(claimNames.length > 0 && { claims: identity.claims }),
    ...(identityId.value !== undefined && { identityId: identityId.value }),
    signedInAt,
    path: grant.path,
    expiresAt,
  };
  const encoded = await encodeSession(statement, key);
  if (!encoded.ok) return encoded;
  const audited = await options.audit({ ...event, session: statement, rule: grant.rule, documents: versions });
  if (!audited.ok) return audited;
  const lives = { cookieSeconds: expiresAt - nowSeconds, sessionSeconds: endsAt - nowSeconds };
  const values = { ...signed.value, session: encoded.value };
  return accept({ statement, cookies: setCookiesAt('session-issued', values, options.persistent ? lives : null) });
}
