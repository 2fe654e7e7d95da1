/**
 * Owns the order of a sign-in: verify the ID token -> check the nonce -> decide access -> sign policy and session -> cookies. Each step lives in a file of
 * its own; nothing here parses a request or writes an answer.
 */
import type { AccessDocuments } from './access-documents.ts';
import type { Audit, AuditedPerson } from './audit.ts';
import { verifyIdToken } from './id-token.ts';
import { type Identity, identify } from './identity.ts';
import type { IdentityPool } from './identity-pool.ts';
import type { KeySet } from './key-set.ts';
import { checkNonce } from './login-nonce.ts';
import { policyStatement } from './policy-statement.ts';
import { accept, type Result } from './refusal.ts';
import type { ApiRequest } from './request.ts';
import { audienceOf, type SessionOptions } from './session.ts';
import { encodeSession, type SessionStatement } from './session-statement.ts';
import { signCookies, signInCookies } from './signed-cookies.ts';
import type { SignatureHash, SigningKey } from './signing-key.ts';

export interface SignInOptions {
  /** Client IDs that a token may be for; the identity pool knows the first one. */
  readonly audiences: readonly string[];
  readonly keySet: KeySet;
  readonly accessDocuments: AccessDocuments;
  readonly signingKey: () => Promise<Result<SigningKey>>;
  /** null: no identity pool. */
  readonly identityPool: IdentityPool | null;
  readonly session: SessionOptions;
  /** Life of the signed cookies in seconds. */
  readonly cookieSeconds: number;
  /** The cookies outlive the browser. */
  readonly persistent: boolean;
  /** Names of the claims that the session keeps. */
  readonly claimNames: readonly string[];
  /** Of the policy's signature. */
  readonly hash: SignatureHash;
  readonly randomBytes: (size: number) => Buffer;
  readonly audit: Audit;
}

export interface SignedIn {
  readonly statement: SessionStatement;
  readonly cookies: readonly string[];
}

/** Random bytes in a session's name. */
const sessionIdBytes = 16;

const whoOf = (identity: Identity): AuditedPerson => ({
  iss: identity.issuer,
  sub: identity.subject,
  email: identity.email,
  hd: identity.hostedDomain,
});

const notAdmitted = ({ email }: Identity): Result<never> => ({
  ok: false,
  refusal: { reason: 'not-admitted', evidence: {}, ...(email !== undefined && { account: email }) },
});

/** Resolves to the cookies of a session that begins now, or to the reason why there is none. */
export async function signIn(
  request: ApiRequest,
  idToken: string,
  options: SignInOptions,
  nowSeconds: number,
): Promise<Result<SignedIn>> {
  const { session, hash, audit } = options;
  const claims = await verifyIdToken(idToken, options, nowSeconds);
  if (!claims.ok) return claims;
  const nonce = checkNonce(request, claims.value, nowSeconds);
  if (!nonce.ok) return nonce;

  // On a cold start one load takes as long as both.
  const [documents, key] = await Promise.all([options.accessDocuments.current(), options.signingKey()]);
  if (!documents.ok) return documents;
  const identity = identify(claims.value, options.claimNames);
  const decision = documents.value.rules.decide(identity, nowSeconds);
  const { versions } = documents.value;
  if (decision.outcome === 'denied') {
    const who = whoOf(identity);
    const audited = await audit({
      event: 'denied',
      request,
      action: 'sign-in',
      who,
      why: decision.why,
      documents: versions,
    });
    return audited.ok ? notAdmitted(identity) : audited;
  }
  if (!key.ok) return key;

  const expiresAt = Math.min(
    nowSeconds + Math.min(options.cookieSeconds, session.maximumSeconds),
    decision.until ?? Number.POSITIVE_INFINITY,
  );
  const policy = policyStatement({ host: session.hosts[0], path: decision.path, expiresAt });
  // Cognito would refuse a good token for another client ID, and with it the sign-in.
  const pool = claims.value.all['aud'] === options.audiences[0] ? options.identityPool : null;
  const [identityId, signed] = await Promise.all([
    pool?.identityIdOf(idToken) ?? accept(undefined),
    signCookies(key.value, policy, hash),
  ]);
  if (!identityId.ok) return identityId;
  if (!signed.ok) return signed;

  const statement: SessionStatement = {
    aud: audienceOf(session.hosts),
    kid: key.value.fingerprint,
    sid: options.randomBytes(sessionIdBytes).toString('base64url'),
    iss: identity.issuer,
    sub: identity.subject,
    ...(identity.email !== undefined && { email: identity.email }),
    ...(identity.hostedDomain !== undefined && { hd: identity.hostedDomain }),
    ...(options.claimNames.length > 0 && { claims: identity.claims }),
    ...(identityId.value !== undefined && { identityId: identityId.value }),
    signedInAt: nowSeconds,
    path: decision.path,
    expiresAt,
  };
  const encoded = await encodeSession(statement, key.value);
  if (!encoded.ok) return encoded;

  const audited = await audit({
    event: 'granted',
    request,
    session: statement,
    rule: decision.rule,
    documents: versions,
  });
  if (!audited.ok) return audited;
  const lives = { cookieSeconds: expiresAt - nowSeconds, sessionSeconds: session.maximumSeconds };
  return accept({ statement, cookies: signInCookies(signed.value, encoded.value, options.persistent ? lives : null) });
}
