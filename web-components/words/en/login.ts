/** Texts of `<secure-login>`. Every viewer loads all of them, so they are short. */
export const checking = 'One moment…';
export const signIn = 'Sign in';
export const toOpenPage = 'Sign in to open this page.';
export const toContinue = 'Sign in to continue.';
export const elsewhere = (api: string): string => `Sign in at ${api}. This page cannot tell whether you are signed in.`;
export const popup = 'Continue in the window that opened. If there is none, press the button again.';
export const onceMore = 'That took too long. Choose your account again.';

export const signingIn = 'Signing you in';
export const verifying = 'Checking your account…';

export const signedIn = 'You are signed in';
export const noAddress = 'Your account has no email address.';
export const leaving = 'Opening your page…';

export const noAccess = 'No access with this account';
export const refused = (account = 'This account'): string =>
  `${account} does not have access to this site. Use another account, or ask the people who run the site.`;
export const pageClosed = 'No access to this page';
export const pathRefused = (account = 'This account', path: string): string =>
  `${account} has access to ${path}, which does not include this page.`;

export const notWorking = 'Sign-in did not work';
/** For every failure that has no text of its own. */
export const broken = 'The site could not sign you in. This is not your fault.';
export const unavailable = 'Sign-in is not available right now.';
export const offline = 'You seem to be offline. Check your connection.';
export const unreachable = 'The site did not answer. Check your connection.';
export const wait = (seconds: number): string =>
  `You can try again ${seconds > 0 ? `in ${seconds} second${seconds > 1 ? 's' : ''}` : 'now'}.`;

export const retry = 'Try again';
export const signOut = 'Sign out';
export const otherAccount = 'Use another account';
export const proceed = 'Continue';
export const siteLogin = 'Go to the sign-in page';
export const lastTime = 'Used last time';
export const reference = 'Reference:';
