/** Texts about rare failures, and about a page that stays closed. Only `secure-login-loop.js` loads them. */
export const failures = {
  invalid_token: 'Your account could not be verified. Please sign in again.',
  blocked: 'The site blocks your network or your country. If you use a VPN, try without it.',
  foreign: 'The site did not answer. It may not allow sign-in from this page.',
  provider_blocked: 'Google’s sign-in could not be loaded. A content blocker or your network may be blocking it.',
  provider_slow: 'Google’s sign-in is taking too long to load. Check your connection.',
  provider_empty: 'Google did not show its button. The address of this page may not be registered with Google.',
  secure_cookies_refused:
    'This browser does not store secure cookies on http://localhost, so you cannot stay signed in. ' +
    'Use Chrome or Firefox.',
  misconfigured: 'The “api” or “provider” attribute of this element is wrong.',
};

export const staysClosed = 'You are signed in, but the page does not open';
export const notKept = 'Your browser did not keep the sign-in';
/** `names`: reserved query names. `host`: the one that the sign-in is valid at. */
export const causes = {
  cookies_refused: () =>
    'Your browser blocks cookies. Allow them for this site in the settings or in a privacy extension, ' +
    'then sign in again.',
  reserved_query: (names: string) =>
    `The address contains “${names}”, which is reserved for signed links. So your sign-in does not count.`,
  other_host: (_names: string, host: string | undefined) =>
    `Your sign-in is valid at ${host}, but this page has another address.`,
  foreign_cookie: () =>
    'A CloudFront cookie of another site interferes. Delete the cookies of this domain, then sign in again.',
  service_worker: () => 'A service worker may be answering from an old copy. Clear this site’s data, then try again.',
  clock: () => 'The clock of this device is wrong. Correct it, then try again.',
  refused_elsewhere: () =>
    'A firewall, your country or a change of keys may be the reason. Wait a few minutes, then sign in again.',
};

export const signInAgain = 'Sign in again';
export const withoutNames = 'Open the page without it';
export const openThere = 'Open the page there';
