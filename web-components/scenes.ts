/** Owns which words and actions belong to which state. Decides no transition, draws nothing. */
import type { SignedInSession } from '../contract/session-api.ts';
import { type LoopCause, type LoopCauses, reservedNames } from './loop-breaker.ts';
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

/** In a page where no sign-in can last: on another site than `api`. `login`: the site's own login page. */
export const elsewhere = (api: string, login: string): Scene => ({
  ...invitation(words.elsewhere(api)),
  offer: false,
  actions: [[words.siteLogin, login]],
});

/** `login`: the site's own login page, where that would help. */
export function failed(code: FailureCode, requestId: string | undefined, login: string | undefined, retry: Act): Scene {
  const actions: Action[] = [[words.retry, retry]];
  if (login) actions.unshift([words.siteLogin, login]);
  return { status: 'failed', heading: words.notWorking, text: words.failed(code), actions, requestId };
}

/** A failure that is worth another try only in so many seconds; 0: now. */
export const waiting = (scene: Scene, seconds: number): Scene => ({
  ...scene,
  text: `${scene.text} ${words.wait(seconds)}`,
  waiting: seconds > 0,
});

/** `causes`: likeliest first. `host`: the canonical one. `login`: the site's own login page, if this is another page. */
export function looping(
  causes: LoopCauses,
  href: string,
  host: string | undefined,
  login: string | undefined,
  signInAgain: Act,
  reload: Act,
): Scene {
  const [cause] = causes;
  const names = reservedNames(href);
  const url = new URL(href);
  for (const name of names) url.searchParams.delete(name);
  if (host && cause === 'other_host') url.host = host;
  const again: Action = [words.signInAgain, signInAgain];
  const retry: Action = [words.retry, reload];
  // First what mends this cause.
  const mends: Partial<Record<LoopCause, Action[]>> = {
    cookies_refused: login ? [[words.siteLogin, login], again] : [again],
    reserved_query: [[words.withoutNames, url.href], again],
    other_host: [[words.openThere, url.href], again],
    service_worker: [retry, again],
    clock: [retry, again],
    refused_elsewhere: [again, retry],
  };
  return {
    status: 'looping',
    heading: cause === 'cookies_refused' ? words.notKept : words.staysClosed,
    text: causes.map((one) => words.causes[one](names.join('”, “'), host)).join(' '),
    actions: mends[cause] ?? [again],
  };
}
