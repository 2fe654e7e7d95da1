/** Owns every text that `<secure-session>` shows, in plain English. Texts only. */
import type { EndReason } from './secure-session-events.ts';

export const noAddress = 'Signed in';
export const notSignedIn = 'You are not signed in.';
export const notSignedOut = 'Sign-out did not work. Please try again.';

const broken = (reason: EndReason): string =>
  reason === 'too_many_requests' ? 'The site is very busy.' : 'The site cannot be reached.';

/** `time`: by the device's clock. */
export const expiring = (reason: EndReason, time: string): string =>
  reason === 'maximum'
    ? `Your session ends at ${time}. Save your work.`
    : `${broken(reason)} Your session may end at ${time}. Save your work.`;

export const expired = (reason: EndReason, account = 'This account'): string => {
  if (reason === 'access_denied') return `${account} may not see this site any more.`;
  return reason === 'maximum' || reason === 'session_expired'
    ? 'Your session has ended.'
    : `Your session has ended. ${broken(reason)}`;
};

export const label = 'Session';
export const signIn = 'Sign in';
export const signInAgain = 'Sign in again';
export const signOut = 'Sign out';
export const retry = 'Try again';
