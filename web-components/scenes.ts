/** Owns which words and actions belong to which state. Decides no transition, draws nothing. */
import type { SignedInSession } from '../contract/session-api.ts';
import { type LoopCause, reservedNames } from './loop-breaker.ts';
import { loginPagePath } from './page.ts';
import type { Action, Scene } from './scene.ts';
import type { FailureCode } from './secure-login-events.ts';
import * as words from './words.ts';

type Act = () => unknown;

export const checking: Scene = { status: 'checking', heading: words.signIn, text: words.checking };
export const signingIn: Scene = { status: 'signing-in', heading: words.signingIn, text: words.verifying };

export const invitation = (text: string): Scene => ({ status: 'signed-out', heading: words.signIn, text, offer: true });

export const refusedAccount = (account: string | undefined): Scene => ({
  status: 'denied',
  heading: words.noAccess,
  text: words.refused(account),
  offer: true,
});

export const refusedPath = ({ user, path }: SignedInSession, change: Act): Scene => ({
  status: 'denied',
  heading: words.pageClosed,
  text: words.pathRefused(user.email, path),
  actions: [[words.otherAccount, change]],
});

/** `target`: where Continue leads, if anywhere. */
export function welcome({ user }: SignedInSession, target: string | undefined, signOut: Act): Scene {
  const actions: Action[] = [
    [words.signOut, signOut],
    [words.otherAccount, signOut],
  ];
  if (target) actions.unshift([words.proceed, target]);
  return { status: 'signed-in', heading: words.signedIn, text: user.email ?? words.noAddress, actions };
}

export const leaving: Scene = { status: 'signed-in', heading: words.signedIn, text: words.leaving };

/** `api`: origin of the API, where the site's own login page is. */
export function failed(
  code: FailureCode,
  requestId: string | undefined,
  waitSeconds: number,
  api: string,
  retry: Act,
): Scene {
  const actions: Action[] = [[words.retry, retry]];
  if (code === 'foreign') actions.unshift([words.siteLogin, new URL(loginPagePath, api).href]);
  return { status: 'failed', heading: words.notWorking, text: words.failed(code, waitSeconds), actions, requestId };
}

/** `host`: the canonical one. */
export function looping(
  causes: readonly LoopCause[],
  href: string,
  host: string | undefined,
  signInAgain: Act,
  reload: Act,
): Scene {
  const url = new URL(href);
  const names = reservedNames(href);
  for (const name of names) url.searchParams.delete(name);
  const actions: Action[] = [
    [words.signInAgain, signInAgain],
    [words.retry, reload],
  ];
  if (causes[0] === 'reserved_query') actions.unshift([words.withoutNames, url.href]);
  return {
    status: 'looping',
    heading: causes[0] === 'cookies_refused' ? words.notKept : words.staysClosed,
    text: causes.map((cause) => words.causes[cause](names.join('”, “'), host)).join(' '),
    actions,
  };
}
