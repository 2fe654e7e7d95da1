/** Owns every text that `<secure-login>` shows, in plain English. Texts only; every viewer loads each of them, so they are short. */
import type { FailureCode } from './secure-login-events.ts';

export const checking = 'One moment…';
export const signIn = 'Sign in';
export const toOpenPage = 'Sign in to open this page.';
export const toContinue = 'Sign in to continue.';
export const elsewhere = (api: string): string => `You can sign in on ${api}. This page cannot tell if you did.`;
export const popup = 'Continue in the window that opened. If you see none, press the button again.';
export const onceMore = 'That took too long. Please choose your account once more.';

export const signingIn = 'Signing you in';
export const verifying = 'Checking your account…';

export const signedIn = 'You are signed in';
export const noAddress = 'Your account has no e-mail address.';
export const leaving = 'Opening your page…';

export const noAccess = 'No access with this account';
export const refused = (account = 'This account'): string =>
  `${account} may not see this site. Use another account, or ask the people who run it for access.`;
export const pageClosed = 'This page is not open to you';
export const pathRefused = (account = 'This account', path: string): string =>
  `${account} may open ${path}, and this page is not part of it.`;

export const notWorking = 'Sign-in did not work';
const broken = 'The site could not sign you in. This is not your fault.';
const unavailable = 'Sign-in is not available at the moment.';
const connection = 'Check your connection.';
const failures: Partial<Record<FailureCode, string>> = {
  invalid_token: 'Your account could not be verified. Please sign in once more.',
  too_many_requests: unavailable,
  temporarily_unavailable: unavailable,
  blocked: 'The site refuses your network or your country. If you use a VPN, try without it.',
  offline: `You seem to be offline. ${connection}`,
  unreachable: `The site did not answer. ${connection}`,
  foreign: 'The site did not answer: it may not allow sign-in from here.',
  provider_blocked: 'Google’s sign-in could not be loaded. A content blocker or your network may be stopping it.',
  provider_slow: `Google’s sign-in is taking too long to load. ${connection}`,
  provider_empty: 'Google did not show its button. This address may not be registered with it.',
  misconfigured: 'The “api” or the “provider” attribute of this element is wrong.',
};
export const failed = (code: FailureCode): string => failures[code] ?? broken;
export const wait = (seconds: number): string =>
  `You can try again ${seconds > 0 ? `in ${seconds} second${seconds > 1 ? 's' : ''}` : 'now'}.`;

export const retry = 'Try again';
export const signOut = 'Sign out';
export const otherAccount = 'Use another account';
export const proceed = 'Continue';
export const siteLogin = 'Go to the sign-in page';
export const lastTime = 'Used last time';
export const reference = 'Reference:';
