/** The sign-in flow as a pure function: a state and an event give the next state and the effects to run. */
import { checkReturnUrl, returnParameter } from '../../contract/return-url.ts';
import type {
  GoogleOffer,
  LapsedSession,
  ProviderOffer,
  SessionAnswer,
  SignedInSession,
  SignedOutSession,
  UserPoolOffer,
} from '../../contract/session-api.ts';
import { formFailure, isRefusedPage, loginPagePath, type Page } from '../shared/page.ts';
import { anotherKey, hasLeft, pendingStepKey, providerKey, redirectKey } from '../shared/page-memory.ts';
import type { SessionFailure } from '../shared/session-client.ts';
import * as words from '../words/en/login.ts';
import { reactionTo } from './codes.ts';
import { canonicalUrl, covers, formTarget, returnTarget } from './return-target.ts';
import {
  type FailureCode,
  type LoopCause,
  SecureLoginDeniedEvent,
  SecureLoginFailedEvent,
  SecureLoginSignedInEvent,
  SecureLoginSignedOutEvent,
} from './secure-login-events.ts';
import type { PoolReturn, PoolVisit } from './user-pool.ts';
import type { Action, Command, View } from './view.ts';
import * as views from './views.ts';

/** Sign-ins and reloads that lead back to the login page within this time are a loop, in milliseconds. */
export const roundMs = 120_000;
/** A second move to the canonical host within this time is a loop, in milliseconds. */
const moveMs = 30_000;

/** What the page and the attributes are at the moment of an event. */
export interface Context {
  /** Origin of the API. Empty: the `api` attribute is not an http(s) address. */
  readonly api: string;
  /** The only kind of provider to offer. Empty: all of them. */
  readonly provider: string;
  readonly returning: boolean;
  readonly deniedUrl: string;
  readonly page: Pick<Page, 'href' | 'servedStatus' | 'ancestors'>;
  /** Known at a start only. `other_site`: no browser keeps or sends the API's cookies in this page. */
  readonly obstacle?: 'other_site' | 'secure_cookies_refused' | undefined;
  /** What earlier pages left behind; empty: nothing. */
  recall(where: 'storage' | 'lasting', key: string): string;
  /** How often `what` happened to this page within `roundMs`. */
  seen(what: string): number;
}

export interface State {
  /** Raised by every new start. Results that belong to an earlier run are dropped. */
  readonly run: number;
  /** The API that this run talks to, also after the attribute has changed. */
  readonly api: string;
  readonly view: View;
  /** The answer whose providers are offered. */
  readonly offered?: SignedOutSession | undefined;
  /** Shown above the button in place of the usual text. */
  readonly notice?: string | undefined;
  /** true: somebody has signed out or was refused. Google must not sign them in again without a click. */
  readonly left: boolean;
}

/** Before the first start. */
export const initialState: State = { run: 0, api: '', view: { ...views.checking }, left: false };

type Answer = SessionAnswer | SessionFailure;
type Failure = Omit<SessionFailure, 'status' | 'code'> & { readonly code: FailureCode };
type Known = Pick<SessionAnswer, 'hosts' | 'now'>;

/** What the element does for the flow. `ending`: the event that a result leads to. */
export interface Effects {
  /** Asks the API. */
  ask(
    how: 'read' | 'renew' | 'confirm' | 'keepsCookies' | 'signIn' | 'signOut',
    ending: Ending,
    idToken?: string,
  ): unknown;
  /** Counts what happens to this page, in this tab. */
  count(what: string, withinMs: number, ending?: Ending): unknown;
  /**
   * Shows Google's button. `to`: where its form post leads to; `undefined`: the page is of another origin than the API,
   * so only a popup works.
   */
  google(offer: GoogleOffer, nonce: string, left: boolean, to: string | undefined): unknown;
  /** Goes to the hosted sign-in, or takes what it brought. */
  userPool(pool: UserPoolOffer, nonce: string, why: PoolVisit): unknown;
  /** Finds the text of a rare failure. */
  explain(code: FailureCode, ending: Ending): unknown;
  /** Finds out why the page stays closed. `login`: the site's sign-in page, if this page is of another origin. */
  explainLoop(session: Known, cause: LoopCause | undefined, login: string | undefined): unknown;
  /** Shows `view` after so many seconds. */
  wait(seconds: number, view: View): unknown;
  offerAccessRequest(idToken: string): unknown;
  page(how: 'leave' | 'visit' | 'rewrite' | 'reload', url?: string): unknown;
  remember(where: 'storage' | 'lasting', key: string, value: string): unknown;
  clearRounds(): unknown;
  announce(event: Event): unknown;
  /** Has the other elements on the page start again. */
  tellOthers(): unknown;
  send(event: Command | readonly ['fail', Failure]): unknown;
}

/** Name and arguments. */
export type Effect = {
  [Name in keyof Effects]: readonly [Name, ...Parameters<Effects[Name]>];
}[keyof Effects];

/** The step that is being made: it begins with the state before the event, and ends as the result. */
interface Flow {
  state: State;
  readonly effects: Effect[];
  readonly context: Context;
  readonly origin: string;
  href: string;
}

const set = (flow: Flow, changes: Partial<State>): void => {
  flow.state = { ...flow.state, ...changes };
};
const show = (flow: Flow, view: View): void => set(flow, { view });
/** A new run: what the one before still brings is dropped. */
const begin = (flow: Flow, changes?: Partial<State>): void => set(flow, { ...changes, run: flow.state.run + 1 });
const run = (flow: Flow, ...effect: Effect): void => void flow.effects.push(effect);
const count = (flow: Flow, what: string, ending?: Ending, withinMs = roundMs): void =>
  run(flow, 'count', what, withinMs, ending);

/** true: the page is of another origin than the API. */
const isForeign = ({ state, origin }: Flow): boolean => state.api !== origin;

/**
 * true: this is the 403 page, in the place of the page that was asked for. An API of another origin opens no page of
 * this one.
 */
const isRefused = (flow: Flow): boolean =>
  flow.context.returning && !isForeign(flow) && isRefusedPage(flow.context.page);

/** The sign-in page of the site. It leads back here, if the site lists this origin. */
const loginUrl = ({ state, href }: Flow): string =>
  `${state.api}${loginPagePath}?${returnParameter}=${encodeURIComponent(href)}`;

function offerOf<Kind extends ProviderOffer['kind']>(
  { context, state }: Flow,
  kind: Kind,
): Extract<ProviderOffer, { kind: Kind }> | undefined {
  if ((context.provider || kind) !== kind) return undefined;
  return state.offered?.providers.find((offer): offer is Extract<ProviderOffer, { kind: Kind }> => offer.kind === kind);
}

function entrances(flow: Flow): views.Entrances {
  const google = offerOf(flow, 'google');
  const pool = offerOf(flow, 'cognitoUserPool');
  const last = google && pool && flow.context.recall('lasting', providerKey);
  const actions: Action[] = pool ? [[pool.label, ['enter', pool], last === pool.kind]] : [];
  return { offer: !!google, last: google && last === google.kind, actions };
}

/** Asks the API who is signed in. `left`: somebody has signed out elsewhere on the page. */
function start(flow: Flow, notice?: string, left = flow.state.left): void {
  const { api, obstacle } = flow.context;
  begin(flow, { api, left, notice, offered: undefined, view: views.checking });
  if (!api) fail(flow, { code: 'misconfigured' });
  else if (obstacle === 'other_site') show(flow, views.elsewhere(api, loginUrl(flow)));
  else if (obstacle) fail(flow, { code: obstacle });
  else run(flow, 'ask', 'read', ['read']);
}

/**
 * An attribute has changed. Answers that are still to come are judged by the new attributes anyway. `look`: only an
 * attribute of the provider's button.
 */
function change(flow: Flow, look: boolean): void {
  const { view, api } = flow.state;
  const isBusy = [views.checking, views.signingIn, views.leaving].includes(view);
  if (flow.context.api !== api || (!look && !isBusy)) start(flow);
  else if (look && view.offer) {
    begin(flow);
    showGoogle(flow);
  }
}

function read(flow: Flow, answer: Answer): void {
  // Sign-in is flooded. Renewals have their own throttle, so people who have a session still get in.
  if (answer.status === 'failure' && answer.code === 'too_many_requests')
    run(flow, 'ask', 'renew', ['floodRenewed', answer]);
  else renewIfDue(flow, answer);
}

function floodRenewed(flow: Flow, answer: Answer, failure: SessionFailure): void {
  if (answer.status === 'signed-in') count(flow, 'flooded', ['floodCounted', answer]);
  else decide(flow, failure);
}

function floodCounted(flow: Flow, times: number, session: SignedInSession): void {
  // Renewed a moment ago, and the page is still refused.
  if (times > 1) loop(flow, session);
  else renewIfDue(flow, session);
}

function renewIfDue(flow: Flow, answer: Answer): void {
  if (isRenewable(flow, answer)) run(flow, 'ask', 'renew', ['renewed', answer.expiresAt]);
  else decide(flow, answer);
}

/**
 * true: the cookies have ended or do not open this page, and they are not the ones that a renewal brought or a reload
 * tried a moment ago.
 */
function isRenewable(flow: Flow, answer: Answer): answer is SignedInSession | LapsedSession {
  const { seen } = flow.context;
  return answer.status === 'lapsed'
    ? !seen(`renewal ${answer.expiresAt}`)
    : answer.status === 'signed-in' && isRefused(flow) && !seen(`reload ${answer.expiresAt}`);
}

/** `before`: when the cookies ended that were to be renewed. */
function renewed(flow: Flow, answer: Answer, before: string): void {
  if (answer.status === 'failure' && reactionTo(answer.code).endsSession) {
    run(flow, 'ask', 'confirm', ['decide', answer]);
  } else {
    if (answer.status === 'signed-in') count(flow, `renewal ${before}`);
    decide(flow, answer);
  }
}

/** `refusal`: why the session was not renewed. */
function decide(flow: Flow, answer: Answer, refusal?: SessionFailure): void {
  // An API of another origin must not decide where this page belongs.
  const url = answer.status === 'failure' || isForeign(flow) ? undefined : canonicalUrl(flow.href, answer.hosts);
  if (answer.status === 'failure') fail(flow, answer);
  else if (url) count(flow, 'move', ['moveCounted', answer, url], moveMs);
  else {
    const code = formFailure(flow.href);
    if (code) {
      flow.href = flow.href.replace(/#.*/, '');
      run(flow, 'page', 'rewrite', flow.href);
    }
    run(flow, 'remember', 'storage', redirectKey, '');
    const denial = refusal?.code === 'access_denied' ? refusal : code && ({ status: 'failure', code } as const);
    const redirected = !!flow.context.recall('storage', redirectKey);
    // Signed in a moment ago, more than once, without success; or somebody signs out as often, on another origin.
    const goesRound = answer.status === 'signed-out' && isRefused(flow) && flow.context.seen('sign-in') > 1;
    if (goesRound) run(flow, 'ask', 'keepsCookies', ['settle', answer, denial, redirected, goesRound]);
    else settle(flow, true, answer, denial, redirected);
  }
}

function moveCounted(flow: Flow, times: number, answer: SessionAnswer, url: string): void {
  // Cookies of this host would open nothing.
  if (times > 1) loop(flow, answer, 'other_host');
  else run(flow, 'page', 'leave', url);
}

/** `redirected`: this window was just at Google's page, and the API's answer led back from there. */
function settle(
  flow: Flow,
  keepsCookies: boolean,
  answer: SessionAnswer,
  refusal: SessionFailure | undefined,
  redirected: boolean,
  goesRound = false,
): void {
  if (answer.status === 'signed-in') arrive(flow, answer, false, redirected);
  else if (answer.status === 'lapsed' || !keepsCookies) loop(flow, answer, 'cookies_refused');
  else {
    set(flow, { offered: answer });
    if (refusal) refuse(flow, refusal);
    else {
      const pendingStep = flow.context.recall('storage', pendingStepKey);
      set(flow, { left: flow.state.left || goesRound || pendingStep === hasLeft });
      run(flow, 'remember', 'storage', pendingStepKey, '');
      // Back from the hosted sign-in. An API of another origin must not name it: it would get the code, or the window.
      const pool = isForeign(flow) ? undefined : offerOf(flow, 'cognitoUserPool');
      if (pool && (pendingStep || /[?&]state=/.test(flow.href))) visit(flow, pool, { pendingStep });
      else returned(flow, {});
    }
  }
}

/** The hosted sign-in has brought something, or nothing; `undefined`: the page is being left. */
function returned(flow: Flow, back: PoolReturn | undefined): void {
  const { offered, notice } = flow.state;
  if (back?.idToken) signIn(flow, back.idToken);
  else if (back) {
    const text = notice ?? back.notice ?? (isRefused(flow) ? words.toOpenPage : words.toContinue);
    show(flow, views.invitation(text, entrances(flow)));
    if (offered) run(flow, 'announce', new SecureLoginSignedOutEvent(offered));
    showGoogle(flow);
  }
}

function signIn(flow: Flow, idToken: string): void {
  begin(flow, { view: views.signingIn });
  run(flow, 'ask', 'signIn', ['signedIn', idToken], idToken);
}

function signedIn(
  flow: Flow,
  { answer, kept }: { answer: SignedInSession | SessionFailure; kept: Answer },
  idToken: string,
): void {
  if (answer.status === 'failure') refuse(flow, answer, idToken);
  // The reloads would show it, too, but only after several rounds.
  else if (kept.status === 'signed-out') loop(flow, kept, 'cookies_refused');
  else {
    arrive(flow, answer, true, true);
    run(flow, 'tellOthers');
  }
}

/** `idToken`: the refused one, unless the provider's form post brought it. */
function refuse(flow: Flow, failure: SessionFailure, idToken?: string): void {
  const { account, mayAsk, code } = failure;
  const { onSignIn } = reactionTo(code);
  if (onSignIn === 'deny') {
    // The nonce is still valid: a refusal leaves the login cookie alone, so another account can be chosen at once.
    set(flow, { left: true });
    run(flow, 'remember', 'lasting', anotherKey, 'yes');
    deny(flow, views.refusedAccount(account, entrances(flow)), 'account', account);
    if (mayAsk && idToken) run(flow, 'offerAccessRequest', idToken);
    if (flow.state.offered) showGoogle(flow);
  } else if (onSignIn !== 'choose-again') fail(flow, failure, idToken && !onSignIn ? ['signIn', idToken] : undefined);
  else if (flow.state.offered) count(flow, 'expired', ['expiredCounted']);
  else start(flow, words.onceMore);
}

function expiredCounted(flow: Flow, times: number): void {
  // Twice in a row: the login cookie that belongs to the nonce does not come back; or other tabs sign in and out.
  if (times > 1) run(flow, 'ask', 'keepsCookies', ['expiredAgain']);
  else expiredAgain(flow, true);
}

function expiredAgain(flow: Flow, keepsCookies: boolean): void {
  const { offered } = flow.state;
  if (keepsCookies || !offered) start(flow, words.onceMore);
  else loop(flow, offered, 'cookies_refused');
}

/** Somebody is signed in: stay, leave, load the refused page again, or say why that would not help. */
function arrive(flow: Flow, session: SignedInSession, fresh: boolean, redirected: boolean): void {
  const { path, user, expiresAt, returnOrigins } = session;
  if (!isRefused(flow)) {
    const origins = isForeign(flow) ? [] : returnOrigins;
    const target = flow.context.returning ? returnTarget(flow.href, origins) : undefined;
    if (target && redirected) leave(flow, session, 'leave', target);
    else welcome(flow, session, views.welcome(session, target));
  } else if (!covers(path, flow.href)) {
    deny(flow, views.refusedPath(session), 'path', user.email);
  } else {
    // With the same cookies a URL is reloaded automatically only once. A sign-in by hand always gets its reload.
    count(flow, `reload ${expiresAt}`, fresh ? undefined : ['reloadCounted', session]);
    if (fresh) {
      count(flow, 'sign-in');
      leave(flow, session, 'reload');
    }
  }
}

function reloadCounted(flow: Flow, times: number, session: SignedInSession): void {
  if (times > 1) loop(flow, session);
  else leave(flow, session, 'reload');
}

function welcome(flow: Flow, session: SignedInSession, view: View): void {
  show(flow, view);
  run(flow, 'announce', new SecureLoginSignedInEvent(session));
}

function leave(flow: Flow, session: SignedInSession, how: 'leave' | 'reload', url?: string): void {
  welcome(flow, session, views.leaving);
  run(flow, 'page', how, url);
}

function deny(flow: Flow, view: View, reason: 'account' | 'path', account: string | undefined): void {
  show(flow, view);
  run(flow, 'announce', new SecureLoginDeniedEvent(reason, account));
  const url = checkReturnUrl(flow.context.deniedUrl, flow.origin);
  if (url) run(flow, 'page', 'leave', url);
}

/** `another`: to use another account. */
function signOut(flow: Flow, another?: boolean): void {
  begin(flow, { view: views.checking });
  if (another) run(flow, 'remember', 'lasting', anotherKey, 'yes');
  run(flow, 'ask', 'signOut', ['signedOut']);
}

function signedOut(flow: Flow, failure: SessionFailure | undefined): void {
  if (failure) fail(flow, failure, ['signOut']);
  else {
    set(flow, { left: true });
    run(flow, 'remember', 'storage', pendingStepKey, hasLeft);
    run(flow, 'clearRounds');
    run(flow, 'tellOthers');
    run(flow, 'send', ['start']);
  }
}

/** Leads the window to the user pool's sign-in. */
function enter(flow: Flow, pool: UserPoolOffer): void {
  const { page, recall } = flow.context;
  // The hosted sign-in returns to a page of the site, and cannot be framed.
  if (isForeign(flow) || page.ancestors.length) run(flow, 'page', 'visit', loginUrl(flow));
  else {
    begin(flow, { view: views.checking });
    run(flow, 'remember', 'lasting', providerKey, pool.kind);
    visit(flow, pool, { another: !!recall('lasting', anotherKey) });
  }
}

const visit = (flow: Flow, pool: UserPoolOffer, why: PoolVisit): void =>
  run(flow, 'userPool', pool, flow.state.offered?.nonce ?? '', why);

function showGoogle(flow: Flow): void {
  const { offered, left } = flow.state;
  const offer = offerOf(flow, 'google');
  if (offer && offered) {
    const isHere = isRefused(flow) || !flow.context.returning;
    const to = isHere ? flow.href.slice(flow.origin.length) : formTarget(flow.href);
    run(flow, 'google', offer, offered.nonce, left, isForeign(flow) ? undefined : to);
  } else if (!entrances(flow).actions.length) {
    run(flow, 'send', ['fail', { code: 'misconfigured' }]);
  }
}

/** Google's button was pressed. `redirects`: its page takes the place of this one. */
function pressed(flow: Flow, redirects: boolean): void {
  run(flow, 'remember', 'lasting', providerKey, 'google');
  if (redirects) run(flow, 'remember', 'storage', redirectKey, 'left');
  else show(flow, views.invitation(words.popup, { ...entrances(flow), last: false }));
}

/** Says why the page stays closed. `cause`: where it is already known. */
function loop(flow: Flow, session: Known, cause?: LoopCause): void {
  begin(flow);
  // On another origin it may be the browser's rule for such pages only, and not for the site itself.
  run(flow, 'explainLoop', session, cause, isForeign(flow) ? loginUrl(flow) : undefined);
}

function fail(flow: Flow, failure: Failure, retry?: Command): void {
  const { text } = reactionTo(failure.code);
  if (text) explained(flow, text, failure, retry);
  else run(flow, 'explain', failure.code, ['explained', failure, retry]);
}

function explained(flow: Flow, text: string, failure: Failure, retry: Command = ['start']): void {
  const { code, requestId, waitSeconds: seconds = 0 } = failure;
  // Google's button is missing: what stands beside it still works.
  const others = flow.state.view.offer ? entrances(flow).actions : [];
  const login = reactionTo(code).linksToSite && loginUrl(flow);
  const view = views.failed(text, requestId, login, retry, others);
  show(flow, seconds > 0 ? views.waiting(view, seconds) : view);
  if (seconds > 0) run(flow, 'wait', seconds, views.waiting(view, 0));
  run(flow, 'announce', new SecureLoginFailedEvent(code, requestId));
}

const reload = (flow: Flow): void => run(flow, 'page', 'reload');

/** What can happen. The result of an effect, if there is one, is the first argument. */
const events = {
  start,
  change,
  /** The element was removed. */
  begin: (flow: Flow): void => begin(flow),
  read,
  floodRenewed,
  floodCounted,
  renewed,
  decide,
  moveCounted,
  settle,
  returned,
  signIn,
  signedIn,
  expiredCounted,
  expiredAgain,
  reloadCounted,
  signOut,
  signedOut,
  enter,
  pressed,
  fail,
  explained,
  show,
  reload,
};
type Events = typeof events;
type Arguments<Name extends keyof Events> = Events[Name] extends (flow: Flow, ...rest: infer Rest) => void
  ? Rest
  : never;

/** Name and arguments. */
export type FlowEvent = { [Name in keyof Events]: readonly [Name, ...Arguments<Name>] }[keyof Events];

/** An event whose first argument is to come. */
export type Ending = {
  [Name in keyof Events]: Arguments<Name> extends [unknown, ...infer Rest] ? readonly [Name, ...Rest] : never;
}[keyof Events];

export interface Step {
  readonly state: State;
  readonly effects: readonly Effect[];
}

/** The next state, and what is to be done. Changes nothing by itself. */
export function step(state: State, [name, ...rest]: FlowEvent, context: Context): Step {
  const { href } = context.page;
  const flow: Flow = { state, effects: [], context, href, origin: new URL(href).origin };
  (events[name] as (flow: Flow, ...rest: readonly unknown[]) => void)(flow, ...rest);
  return { state: flow.state, effects: flow.effects };
}
