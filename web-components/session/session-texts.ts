/** Which text `<secure-session>` shows for which reason. */
import * as words from '../words/en/session.ts';
import type { EndReason } from './secure-session-events.ts';

type Text = (account: string | undefined) => string;

const unreachable: Text = () => `${words.ended} ${words.unreachable}`;
const ended: Text = () => words.ended;

/** What is shown when the session has ended. Complete: a new code does not compile without an entry. */
const endTexts = {
  maximum: ended,
  session_expired: ended,
  access_denied: words.noAccess,
  too_many_requests: () => `${words.ended} ${words.busy}`,
  invalid_request: unreachable,
  invalid_token: unreachable,
  sign_in_expired: unreachable,
  temporarily_unavailable: unreachable,
  server_error: unreachable,
  blocked: unreachable,
  offline: unreachable,
  unreachable,
  foreign: unreachable,
} satisfies Record<EndReason, Text>;

export const expiredText = (reason: EndReason, account?: string): string => endTexts[reason](account);

/** `time`: when the cookies end, by the device's clock. */
export function expiringText(reason: EndReason, time: string): string {
  if (reason === 'maximum') return words.ends(time);
  return `${reason === 'too_many_requests' ? words.busy : words.unreachable} ${words.mayEnd(time)}`;
}
