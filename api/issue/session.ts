/** Whether a session is live, by the session cookie alone, and what answers say about it. */
import { sessionCookie } from '../../contract/cookies.ts';
import { traitsOf } from '../../contract/provider-traits.ts';
import type { LapsedSession, SignedInSession } from '../../contract/session-api.ts';
import { claimsNamed, type Identity, identityOf } from '../decide/identity.ts';
import type { CookieJar } from '../receive/cookie-jar.ts';
import { rfc3339 } from '../shared/rfc3339.ts';
import type { IssuerTrust } from '../verify/trusted-issuers.ts';
import { decodeSession, type SessionStatement, type TrustedKeys } from './session-statement.ts';

export interface SessionOptions {
  /** Hosts of the distribution, canonical first. */
  readonly hosts: readonly [string, ...string[]];
  readonly trustedKeys: TrustedKeys;
  /** From sign-in to the end of the session, in seconds. */
  readonly maximumSeconds: number;
}

export const audienceOf = (hosts: SessionOptions['hosts']): string => `https://${hosts[0]}`;

/** The request's session, live or not. */
export function readSession(cookies: CookieJar, options: SessionOptions): SessionStatement | undefined {
  const value = cookies.get(sessionCookie);
  return value === undefined ? undefined : decodeSession(value, options.trustedKeys, audienceOf(options.hosts));
}

/** The session has not reached its maximum, which may have been changed since it began; it can be renewed. */
export const isLive = (statement: SessionStatement, options: SessionOptions, nowSeconds: number): boolean =>
  nowSeconds < statement.signedInAt + options.maximumSeconds;

/** What is told of a live session: signed in while its cookies last, else lapsed. */
export function describeSession(
  statement: SessionStatement,
  {
    session,
    cookieSeconds,
    allowedOrigins,
  }: {
    readonly session: SessionOptions;
    readonly cookieSeconds: number;
    /** Origins beside the site's own whose pages may be returned to. */
    readonly allowedOrigins: readonly string[];
  },
  nowSeconds: number,
): SignedInSession | LapsedSession {
  return {
    status: nowSeconds < statement.expiresAt ? 'signed-in' : 'lapsed',
    user: {
      ...(statement.email !== undefined && { email: statement.email }),
      ...(statement.hd !== undefined && { hostedDomain: statement.hd }),
    },
    path: statement.path,
    expiresAt: rfc3339(statement.expiresAt),
    renewableUntil: rfc3339(statement.signedInAt + session.maximumSeconds),
    cookieSeconds,
    returnOrigins: allowedOrigins,
    hosts: session.hosts,
    now: rfc3339(nowSeconds),
  };
}

/** The person whom the session remembers. `trust` and `claimNames` may have changed since it began. */
export function rememberedIdentity(
  statement: SessionStatement,
  trust: IssuerTrust,
  claimNames: readonly string[],
): Identity {
  const known = {
    issuer: statement.iss,
    trust,
    subject: statement.sub,
    email: statement.email,
    addressState: statement.addressState,
    // A session of a user pool from before they were written down vouches for nothing.
    vouchers: traitsOf(trust).vouchers === 'claims' ? (statement.vouchers ?? []) : [statement.iss],
    claims: claimsNamed(statement.claims ?? {}, claimNames),
  };
  return identityOf(known, statement.hd);
}
