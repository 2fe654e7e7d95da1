/** The views of `<secure-login>`: the texts and actions of each state. */
import type { SignedInSession } from '../../contract/session-api.ts';
import * as words from '../words/en/login.ts';
import type { Action, Command, View } from './view.ts';

export const checking: View = { status: 'checking', heading: words.signIn, text: words.checking };
export const signingIn: View = { status: 'signing-in', heading: words.signingIn, text: words.verifying };

/** The ways to sign in: Google's button, and others. */
export type Entrances = Pick<View, 'offer' | 'last'> & { readonly actions: readonly Action[] };

export const invitation = (text: string, entrances: Entrances): View => ({
  ...entrances,
  status: 'signed-out',
  heading: words.signIn,
  text,
});

export const refusedAccount = (account: string | undefined, entrances: Entrances): View => ({
  ...entrances,
  status: 'denied',
  heading: words.noAccess,
  text: words.refused(account),
});

export const refusedPath = ({ user, path }: SignedInSession): View => ({
  status: 'denied',
  heading: words.pageClosed,
  text: words.pathRefused(user.email, path),
  actions: [[words.otherAccount, ['signOut', true]]],
});

/** `target`: where Continue leads, if anywhere. */
export function welcome({ user }: SignedInSession, target: string | undefined): View {
  const actions: Action[] = [
    [words.signOut, ['signOut']],
    [words.otherAccount, ['signOut', true]],
  ];
  if (target) actions.unshift([words.proceed, target]);
  return { status: 'signed-in', heading: words.signedIn, text: user.email ?? words.noAddress, actions };
}

export const leaving: View = { status: 'signed-in', heading: words.signedIn, text: words.leaving };

/** For a page on another site than `api`, where no sign-in can last. `login`: the site's own login page. */
export const elsewhere = (api: string, login: string): View => ({
  ...invitation(words.elsewhere(api), { actions: [[words.siteLogin, login]] }),
});

/** `login`: the site's own login page, where that would help. `others`: other ways to sign in. */
export function failed(
  text: string,
  requestId: string | undefined,
  login: string | undefined,
  retry: Command,
  others: readonly Action[] = [],
): View {
  const actions: Action[] = [[words.retry, retry], ...others];
  if (login) actions.unshift([words.siteLogin, login]);
  return { status: 'failed', heading: words.notWorking, text, actions, requestId };
}

/** A failure that can be tried again in so many seconds; 0: now. */
export const waiting = (view: View, seconds: number): View => ({
  ...view,
  text: `${view.text} ${words.wait(seconds)}`,
  waiting: seconds > 0,
});
