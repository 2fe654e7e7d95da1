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
/** Whatever else keeps sign-in from working. */
export const broken = 'The site could not sign you in. This is not your fault.';
const unavailable = 'Sign-in is not available at the moment.';
const connection = 'Check your connection.';
/** The failures that may keep a further script from loading, too. */
export const failures: Partial<Record<FailureCode, string>> = {
  too_many_requests: unavailable,
  temporarily_unavailable: unavailable,
  offline: `You seem to be offline. ${connection}`,
  unreachable: `The site did not answer. ${connection}`,
};
export const wait = (seconds: number): string =>
  `You can try again ${seconds > 0 ? `in ${seconds} second${seconds > 1 ? 's' : ''}` : 'now'}.`;

export const retry = 'Try again';
export const signOut = 'Sign out';
export const otherAccount = 'Use another account';
export const proceed = 'Continue';
export const siteLogin = 'Go to the sign-in page';
export const lastTime = 'Used last time';
export const reference = 'Reference:';
