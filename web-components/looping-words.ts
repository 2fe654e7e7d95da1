/** Owns the texts about a page that stays closed, in plain English. */
import type { LoopCause } from './looping.ts';

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
