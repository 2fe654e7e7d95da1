/** Owns the texts about what seldom goes wrong, in plain English. Texts only. */

import type { FailureCode, LoopCause } from './secure-login-events.ts';

export const failures: Partial<Record<FailureCode, string>> = {
  invalid_token: 'Your account could not be verified. Please sign in once more.',
  blocked: 'The site refuses your network or your country. If you use a VPN, try without it.',
  foreign: 'The site did not answer: it may not allow sign-in from here.',
  provider_blocked: 'Google’s sign-in could not be loaded. A content blocker or your network may be stopping it.',
  provider_slow: 'Google’s sign-in is taking too long to load. Check your connection.',
  provider_empty: 'Google did not show its button. This address may not be registered with it.',
  secure_cookies_refused:
    'This browser keeps no secure cookies on http://localhost, so no sign-in lasts there. Use Chrome or Firefox.',
  misconfigured: 'The “api” or the “provider” attribute of this element is wrong.',
};

export const staysClosed = 'Signed in, but the page stays closed';
export const notKept = 'Your browser did not keep the sign-in';
export const causes: Record<LoopCause, (names: string, host: string | undefined) => string> = {
  cookies_refused: () =>
    'It refuses cookies. Allow them for this site in the settings or in a privacy extension, then sign in again.',
  reserved_query: (names) =>
    `The address contains “${names}”. That is reserved for signed links, so your sign-in does not count.`,
  other_host: (_names, host) => `Your sign-in is valid at ${host}, and this is another address.`,
  foreign_cookie: () =>
    'A CloudFront cookie of another site gets in the way. Delete the cookies of this domain, then sign in again.',
  service_worker: () => 'A service worker may be answering from an old copy. Clear this site’s data, then try again.',
  clock: () => 'The clock of this device is wrong. Set it right, then try again.',
  refused_elsewhere: () =>
    'A firewall, your country or a change of keys may be the reason. Wait some minutes, then sign in again.',
};

export const signInAgain = 'Sign in again';
export const withoutNames = 'Open the page without it';
export const openThere = 'Open the page there';
