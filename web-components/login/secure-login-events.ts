/** States and events of `<secure-login>`. No event carries a token. */
import type { SignedInSession, SignedOutSession } from '../../contract/session-api.ts';
import type { SessionFailureCode } from '../shared/session-client.ts';
import type { ProviderFault } from './google-provider.ts';

/** The state of the element. */
export type Status = 'checking' | 'signed-out' | 'signing-in' | 'signed-in' | 'denied' | 'failed' | 'looping';

/**
 * Why sign-in cannot go on. `misconfigured`: the `api` or `provider` attribute is wrong. `secure_cookies_refused`: the
 * page is on http://localhost, where this browser stores no `Secure` cookies.
 */
export type FailureCode = SessionFailureCode | ProviderFault | 'secure_cookies_refused';

/**
 * Why a page stays closed although sign-in worked:
 * - `cookies_refused`: the browser does not store the cookies
 * - `reserved_query`: a query name makes CloudFront read a signed URL
 * - `other_host`: the cookies are signed for another host
 * - `foreign_cookie`: a `CloudFront-*` cookie of somebody else interferes
 * - `service_worker`: it answers instead of the network
 * - `clock`: the device's clock is wrong
 * - `refused_elsewhere`: firewall, country, or a key that was just changed
 */
export type LoopCause =
  | 'cookies_refused'
  | 'reserved_query'
  | 'other_host'
  | 'foreign_cookie'
  | 'service_worker'
  | 'clock'
  | 'refused_elsewhere';

class SecureLoginEvent extends Event {
  constructor(name: string) {
    super(`secure-login-${name}`, { bubbles: true, composed: true });
  }
}

/** `secure-login-status`: fired on every transition. */
export class SecureLoginStatusEvent extends SecureLoginEvent {
  declare readonly status: Status;
  declare readonly previous: Status;

  constructor(status: Status, previous: Status) {
    super('status');
    this.status = status;
    this.previous = previous;
  }
}

/** `secure-login-signed-in`: someone is signed in; at once if they already were, else after sign-in. */
export class SecureLoginSignedInEvent extends SecureLoginEvent {
  declare readonly session: SignedInSession;

  constructor(session: SignedInSession) {
    super('signed-in');
    this.session = session;
  }
}

/** `secure-login-signed-out`: nobody is signed in, at first or after sign-out. */
export class SecureLoginSignedOutEvent extends SecureLoginEvent {
  declare readonly session: SignedOutSession;

  constructor(session: SignedOutSession) {
    super('signed-out');
    this.session = session;
  }
}

/** `secure-login-denied`: the account may not see the site (`account`), or not this page (`path`). */
export class SecureLoginDeniedEvent extends SecureLoginEvent {
  declare readonly reason: 'account' | 'path';
  /** The refused account's address, if it has one. */
  declare readonly account: string | undefined;

  constructor(reason: 'account' | 'path', account: string | undefined) {
    super('denied');
    this.reason = reason;
    this.account = account;
  }
}

/** `secure-login-failed`: sign-in cannot go on for now. */
export class SecureLoginFailedEvent extends SecureLoginEvent {
  declare readonly code: FailureCode;
  /** The API's request ID, where there is one. */
  declare readonly requestId: string | undefined;

  constructor(code: FailureCode, requestId: string | undefined) {
    super('failed');
    this.code = code;
    this.requestId = requestId;
  }
}

declare global {
  interface HTMLElementEventMap {
    'secure-login-status': SecureLoginStatusEvent;
    'secure-login-signed-in': SecureLoginSignedInEvent;
    'secure-login-signed-out': SecureLoginSignedOutEvent;
    'secure-login-denied': SecureLoginDeniedEvent;
    'secure-login-failed': SecureLoginFailedEvent;
  }
}
