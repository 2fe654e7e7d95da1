/** Texts about a sign-in at a user pool. Only `secure-login-user-pool.js` loads them. */
export const canceled = 'The sign-in was canceled. You can sign in at any time.';
export const elsewhere = 'This sign-in was started in another window, or it is already finished. Please sign in here.';
export const refused =
  'Your identity provider did not sign you in. Try again, or contact the people who run the provider.';
export const onceMore = 'That sign-in is no longer valid. Please sign in again.';
export const unreachable = 'Your identity provider did not answer. Check your connection, then try again.';
