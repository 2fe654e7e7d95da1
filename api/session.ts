/** Owns whether a session is in force and what is told about it. Reads the session cookie alone: CloudFront may keep its own cookies from us. */
import { sessionCookie } from '../contract/cookies.ts';
import type { SignedInSession } from '../contract/session-api.ts';
import type { CookieJar } from './cookie-jar.ts';
import { decodeSession, type SessionStatement, type TrustedKeys } from './session-statement.ts';

export interface SessionOptions {
  /** Hosts of the distribution, canonical first. */
  readonly hosts: readonly [string, ...string[]];
  readonly trustedKeys: TrustedKeys;
  /** From sign-in to the end of the session, in seconds. */
  readonly maximumSeconds: number;
}

export const audienceOf = (hosts: SessionOptions['hosts']): string => `https://${hosts[0]}`;

/** The request's session, in force or not. */
export function readSession(cookies: CookieJar, options: SessionOptions): SessionStatement | undefined {
  const value = cookies.get(sessionCookie);
  return value === undefined ? undefined : decodeSession(value, options.trustedKeys, audienceOf(options.hosts));
}

/** Its cookies have not expired, nor has the session itself, whose maximum may have been shortened since. */
export const isInForce = (statement: SessionStatement, options: SessionOptions, nowSeconds: number): boolean =>
  nowSeconds < statement.expiresAt && nowSeconds < statement.signedInAt + options.maximumSeconds;

const rfc3339 = (seconds: number): string => new Date(seconds * 1000).toISOString();

export function signedInSession(
  statement: SessionStatement,
  options: SessionOptions,
  nowSeconds: number,
): SignedInSession {
  return {
    status: 'signed-in',
    user: {
      ...(statement.email !== undefined && { email: statement.email }),
      ...(statement.hd !== undefined && { hostedDomain: statement.hd }),
    },
    path: statement.path,
    expiresAt: rfc3339(statement.expiresAt),
    renewableUntil: rfc3339(statement.signedInAt + options.maximumSeconds),
    hosts: options.hosts,
    now: rfc3339(nowSeconds),
  };
}
