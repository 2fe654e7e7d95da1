/** Reads a session from its cookie, checks whether it is live, and describes it for answers. */
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

/** The request's session, whether it is live or not. */
export function readSession(cookies: CookieJar, options: SessionOptions): SessionStatement | undefined {
  const value = cookies.get(sessionCookie);
  return value === undefined ? undefined : decodeSession(value, options.trustedKeys, audienceOf(options.hosts));
}

/**
 * Whether the session can be renewed: it has not reached its maximum. The config may have changed the maximum since it
 * began.
 */
export const isLive = (statement: SessionStatement, options: SessionOptions, nowSeconds: number): boolean =>
  nowSeconds < statement.signedInAt + options.maximumSeconds;

/** Describes a live session: signed in while its cookies last, otherwise lapsed. */
export function describeSession(
  statement: SessionStatement,
  {
    session,
    cookieSeconds,
    allowedOrigins,
  }: {
    readonly session: SessionOptions;
    readonly cookieSeconds: number;
    /** Other origins whose pages people may return to after sign-in. */
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

/** The person that the session is for. `trust` and `claimNames` may have changed since it began. */
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
    // A user pool's session from before this field existed has no vouchers.
    vouchers: traitsOf(trust).vouchers === 'claims' ? (statement.vouchers ?? []) : [statement.iss],
    claims: claimsNamed(statement.claims ?? {}, claimNames),
  };
  return identityOf(known, statement.hd);
}
