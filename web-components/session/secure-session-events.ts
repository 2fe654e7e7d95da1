/** States and events of `<secure-session>`. No event carries a token. */
import type { SignedInSession } from '../../contract/session-api.ts';
import type { SessionFailureCode } from '../shared/session-client.ts';

/**
 * The state of the element. `expiring`: the cookies end soon, and no renewal is possible or none has worked yet.
 * `expired`: they have ended, and the page is unchanged. `signed-out`: nobody is signed in.
 */
export type SessionStatus = 'checking' | 'signed-in' | 'expiring' | 'expired' | 'signed-out';

/** Why a session ends. `maximum`: its own end, or that of the rule. Others: what the API said, or why it could not. */
export type EndReason = 'maximum' | SessionFailureCode;

class SecureSessionEvent extends Event {
  constructor(name: string, cancelable = false) {
    super(`secure-session-${name}`, { bubbles: true, composed: true, cancelable });
  }
}

/** `secure-session-signed-in`: the element knows who is signed in; once, unless the session was gone in between. */
export class SecureSessionSignedInEvent extends SecureSessionEvent {
  declare readonly session: SignedInSession;

  constructor(session: SignedInSession) {
    super('signed-in');
    this.session = session;
  }
}

/** `secure-session-renewed`: some tab has renewed the cookies. After `expired`, too: requests work again. */
export class SecureSessionRenewedEvent extends SecureSessionEvent {
  declare readonly session: SignedInSession;

  constructor(session: SignedInSession) {
    super('renewed');
    this.session = session;
  }
}

/** `secure-session-expiring`: the time to save. */
export class SecureSessionExpiringEvent extends SecureSessionEvent {
  declare readonly reason: EndReason;
  /** Until the cookies end, whatever the device's clock says. */
  declare readonly secondsLeft: number;

  constructor(reason: EndReason, secondsLeft: number) {
    super('expiring');
    this.reason = reason;
    this.secondsLeft = secondsLeft;
  }
}

/** `secure-session-expired`: requests fail from now on. The page stays; a reload leads to the login page and back. */
export class SecureSessionExpiredEvent extends SecureSessionEvent {
  declare readonly reason: EndReason;
  /** With `access_denied`: the account that is not admitted any more. */
  declare readonly account: string | undefined;

  constructor(reason: EndReason, account: string | undefined) {
    super('expired');
    this.reason = reason;
    this.account = account;
  }
}

/**
 * `secure-session-signed-out`: in this tab or another one, or somebody else is signed in now. Unless the event is
 * canceled, the page is reloaded, so that nothing protected stays visible.
 */
export class SecureSessionSignedOutEvent extends SecureSessionEvent {
  constructor() {
    super('signed-out', true);
  }
}

declare global {
  interface HTMLElementEventMap {
    'secure-session-signed-in': SecureSessionSignedInEvent;
    'secure-session-renewed': SecureSessionRenewedEvent;
    'secure-session-expiring': SecureSessionExpiringEvent;
    'secure-session-expired': SecureSessionExpiredEvent;
    'secure-session-signed-out': SecureSessionSignedOutEvent;
  }
}
