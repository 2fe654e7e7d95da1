/** Texts of `<secure-session>`. */
export const noAddress = 'Signed in';
export const notSignedIn = 'You are not signed in.';
export const notSignedOut = 'You are still signed in: signing out did not work. Please try again.';

/** `time`: by the device's clock. */
export const ends = (time: string): string => `Your session ends at ${time}. Save your work.`;
export const mayEnd = (time: string): string => `Your session may end at ${time}. Save your work.`;
export const ended = 'Your session has ended.';
export const noAccess = (account = 'This account'): string => `${account} no longer has access to this site.`;
export const busy = 'The site is very busy.';
export const unreachable = 'The site cannot be reached.';

export const label = 'Session';
export const signIn = 'Sign in';
export const signInAgain = 'Sign in again';
export const signOut = 'Sign out';
export const retry = 'Try again';
