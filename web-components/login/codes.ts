/** What `<secure-login>` does about each failure code, and what it says. */
import * as words from '../words/en/login.ts';
import type { FailureCode } from './secure-login-events.ts';

interface Reaction {
  /**
   * When a sign-in fails with this code: `deny` says that the account has no access, `choose-again` asks for one more
   * click, `restart` lets the viewer start over. Default: the viewer can send the same ID token again.
   */
  readonly onSignIn?: 'deny' | 'choose-again' | 'restart';
  /** true: a renewal that fails with this code says that the session is over. Ask the API who is signed in. */
  readonly endsSession?: true;
  /** true: the sign-in page of the site may work where this page does not. */
  readonly linksToSite?: true;
  /** Default: this is a rare failure, and the script for rare cases has the text. */
  readonly text?: string;
}

/** The script for rare cases has the text, and nothing else is special about the code. */
const rare: Reaction = {};

/** Complete: a new code of the API or of the element does not compile without an entry. */
export const codes = {
  invalid_request: { onSignIn: 'restart', text: words.broken },
  invalid_token: { onSignIn: 'restart' },
  access_denied: { onSignIn: 'deny', endsSession: true, text: words.broken },
  sign_in_expired: { onSignIn: 'choose-again', endsSession: true, text: words.broken },
  session_expired: { endsSession: true, text: words.broken },
  too_many_requests: { text: words.unavailable },
  temporarily_unavailable: { text: words.unavailable },
  server_error: { text: words.broken },
  offline: { text: words.offline },
  unreachable: { text: words.unreachable },
  foreign: { linksToSite: true },
  blocked: rare,
  provider_blocked: rare,
  provider_slow: rare,
  provider_empty: rare,
  misconfigured: rare,
  secure_cookies_refused: rare,
} satisfies Record<FailureCode, Reaction>;

export const reactionTo = (code: FailureCode): Reaction => codes[code];

/** The codes whose texts only the script for rare cases has. */
export type RareCode = {
  [Code in FailureCode]: (typeof codes)[Code] extends { readonly text: string } ? never : Code;
}[FailureCode];
