/** Texts about asking for access. Only `access-request.js` loads them. */
import type { AccessRequestStatus } from '../../../contract/session-api.ts';

export const question = 'Why do you need access? The people who run this site will read your answer.';
export const ask = 'Ask for access';
export const sending = 'Sending your request…';

/** What each status means for the person who asked. */
export const answers: Record<AccessRequestStatus, string> = {
  sent: 'Your request was sent. Once it is approved, you can sign in here.',
  'already-asked': 'You have already asked. Nobody has answered your request yet.',
  answered: 'You have already asked, and the request was declined.',
  approved: 'Your request was approved. Sign in again in a minute.',
  admitted: 'You already have access. Sign in again.',
};

export const mayNotAsk = 'This account is not allowed to ask for access.';
export const signInFirst = 'You signed in too long ago. Sign in again, then ask.';
export const tooMany = 'Too many requests are waiting for an answer. Please try again later.';
export const failed = 'Your request could not be sent. Please try again.';
