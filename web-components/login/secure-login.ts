/** Owns the course of a sign-in: which state follows which, and when the page is left. Registration is in `secure-login-define.ts`. */
import { checkReturnUrl, returnParameter } from '../../contract/return-url.ts';
import {
  type LapsedSession,
  type ProviderOffer,
  type SessionAnswer,
  type SignedInSession,
  type SignedOutSession,
  sessionPath,
  type UserPoolOffer,
} from '../../contract/session-api.ts';
import { defaultApi } from '../shared/default-api.ts';
import { clearRounds, LoopBreaker } from '../shared/loop-breaker.ts';
import {
  browserPage,
  formFailure,
  isRefusedPage,
  loginPagePath,
  type Page,
  refusesSecureCookies,
} from '../shared/page.ts';
import {
  anotherKey,
  hasLeft,
  pendingStepKey,
  providerKey,
  recall,
  redirectKey,
  remember,
} from '../shared/page-memory.ts';
import { SessionClient, type SessionFailure } from '../shared/session-client.ts';
import * as words from '../words/en/login.ts';
import { GoogleButton } from './google-provider.ts';
import { isOtherSite } from './other-site.ts';
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
import type { Action, View } from './view.ts';
import { ViewElement } from './view-element.ts';
import * as views from './views.ts';

/** Those in the page: what one of them changes, the others show. */
const elements = new Set<SecureLogin>();
/** Within this time, sign-ins and reloads that lead back to the login page are a loop, in milliseconds. */
const roundMs = 120_000;
/** Within this time, a second move to the canonical host is a loop, in milliseconds. */
const moveMs = 30_000;

/**
 * Signs the viewer in to a private site.
 *
 * @summary Sign-in for a site behind CloudFront signed cookies.
 * @attr api - Origin of the site that the API belongs to. Default: where the module came from, or the page's origin.
 * @attr {'stay' | 'return'} after-sign-in - `stay`: show who is signed in. `return`: go to the checked `?return-to`, else to `/`, or load a
 *   refused page again. Default: `stay`.
 * @attr denied-url - Page on this origin to show to a refused account. Default: none, the refusal is shown in place.
 * @attr {'google' | 'cognitoUserPool'} provider - Offers this one only. Default: all that the site has for people.
 * @attr {'popup' | 'redirect'} ux-mode - `redirect`: Google's page comes in the place of this one, which must be on the site's own origin. Default:
 *   `popup`, and `redirect` on iPhone and iPad unless the site's config says otherwise.
 * @attr {boolean} one-tap - Shows Google's One Tap. Default: off.
 * @attr {boolean} auto-sign-in - Lets Google sign in who did so before, without a click; not after a sign-out. Default: off.
 * @attr locale - Language of the provider's button, such as `de`. Default: the provider chooses.
 * @attr status - Where the element stands; written by the element, for style sheets.
 * @slot provider - Managed by the element: holds the provider's button.
 * @csspart region - The whole; further parts: heading, message, provider, last, actions, action, main, reference.
 * @cssproperty --secure-login-accent - Color of the main button and of the focus ring.
 * @cssproperty --secure-login-on-accent - Text on the accent.
 * @cssproperty --secure-login-radius - Corner radius of the buttons. Default: 8px.
 * @event {SecureLoginStatusEvent} secure-login-status
 * @event {SecureLoginSignedInEvent} secure-login-signed-in
 * @event {SecureLoginSignedOutEvent} secure-login-signed-out
 * @event {SecureLoginDeniedEvent} secure-login-denied
 * @event {SecureLoginAccessRequestedEvent} secure-login-access-requested
 * @event {SecureLoginFailedEvent} secure-login-failed
 */
export class SecureLogin extends ViewElement {
  /** The page around; tests put another one here before they attach the element. @internal */
  page: Page = browserPage;

  readonly #button = new GoogleButton();
  readonly #breaker = new LoopBreaker(() => this.page.storage);
  #started = false;
  /** Raised by every new start, so that what an older one still brings is dropped. */
  #run = 0;
  #timer = 0;
  #offered: SignedOutSession | undefined;
  /** true: someone left; Google must not bring them back by itself. */
  #left = false;
  /** true: who signs in next may be another than the user pool remembers, which it does across reloads and tabs. */
  get #another(): boolean {
    return !!recall(() => this.page.lasting, anotherKey);
  }
  set #another(is: boolean) {
    remember(() => this.page.lasting, anotherKey, is ? 'yes' : '');
  }

  connectedCallback(): void {
    elements.add(this);
    addEventListener('pageshow', this.#onPageShow);
    if (!this.#started) void this.check();
    // A frame that was moved loads anew and has forgotten what it was.
    else if (this.#offered && this.offers) void this.#showGoogle(this.#offered);
  }

  disconnectedCallback(): void {
    removeEventListener('pageshow', this.#onPageShow);
    // A move disconnects and connects in one go; only a removal still holds in the next microtask.
    queueMicrotask(() => {
      if (this.isConnected) return;
      this.#begin();
      this.#started = false;
      this.#button.withdraw();
      elements.delete(this);
    });
  }

  /** Asks the API who is signed in, and shows it. `notice` is shown above the button in place of the usual words. */
  async check(notice?: string): Promise<void> {
    const run = this.#begin();
    this.#started = true;
    this.show(views.checking);
    if (!/^https?:/.test(this.#api) || !URL.canParse(this.#api))
      return this.#fail({ code: 'misconfigured' }, () => this.check());
    const client = this.#client;
    if ([client.origin, ...this.page.ancestors].some((origin) => isOtherSite(origin, this.page)))
      return this.show(views.elsewhere(client.origin, this.#loginUrl));
    if (refusesSecureCookies(this.page)) return this.#fail({ code: 'secure_cookies_refused' }, () => this.check());
    let answer = await client.read();
    if (answer.status === 'failure' && answer.code === 'too_many_requests' && run === this.#run) {
      // Sign-in is flooded. Renewals have their own throttle, so people who have a session get in all the same.
      const renewed = await client.renew();
      if (renewed.status === 'signed-in') {
        // Renewed a moment ago, and the page is still refused.
        if (run === this.#run && this.#count('flooded', roundMs) > 1) return this.#loop(renewed);
        answer = renewed;
      }
    }
    let refusal: SessionFailure | undefined;
    if (run === this.#run && this.#isRenewable(answer)) {
      const { expiresAt } = answer;
      answer = await client.renew();
      if (answer.status === 'signed-in') this.#count(`renewal ${expiresAt}`, roundMs);
      if (answer.status === 'failure' && /_expired|_denied/.test(answer.code)) {
        refusal = answer;
        answer = await client.confirm();
      }
    }
    if (run !== this.#run) return;
    if (answer.status === 'failure') return this.#fail(answer, () => this.check());
    // Another origin's API has no say about where this page belongs.
    const url = client.isForeign ? undefined : canonicalUrl(this.page.href, answer.hosts);
    if (url) {
      // Cookies of this host would open nothing.
      if (this.#count('move', moveMs) > 1) await this.#loop(answer, 'other_host');
      else this.page.leave(url);
      return;
    }
    const code = formFailure(this.page.href);
    if (code) this.page.rewrite(this.page.href.replace(/#.*/, ''));
    const storage = () => this.page.storage;
    const redirected = recall(storage, redirectKey);
    remember(storage, redirectKey, '');
    // Signed in a moment ago, more than once, and nothing came of it; or somebody signs out as often, on another
    // origin.
    const goesRound = answer.status === 'signed-out' && this.#refused && this.#seen('sign-in') > 1;
    const isRefusing = goesRound && !(await client.keepsCookies());
    if (run !== this.#run) return;
    if (answer.status === 'signed-in') {
      this.#arrive(answer, false, !!redirected);
    } else if (answer.status === 'lapsed' || isRefusing) {
      await this.#loop(answer, 'cookies_refused');
    } else {
      this.#offered = answer;
      if (refusal?.code === 'access_denied') return this.#refuse(refusal);
      if (code) return this.#refuse({ status: 'failure', code });
      const pendingStep = recall(storage, pendingStepKey);
      remember(storage, pendingStepKey, '');
      this.#left ||= goesRound || pendingStep === hasLeft;
      // Back from the hosted sign-in, which another origin's API must not name: a code would go there, or the window.
      const pool = client.isForeign ? undefined : this.#offer('cognitoUserPool');
      if (pool && (pendingStep || /[?&]state=/.test(this.page.href))) {
        const back = await this.#visit(pool, { pendingStep });
        if (!back) return;
        if (back.idToken) return this.#signIn(back.idToken);
        notice ??= back.notice;
      }
      this.show(views.invitation(notice ?? (this.#refused ? words.toOpenPage : words.toContinue), this.#entrances));
      this.dispatchEvent(new SecureLoginSignedOutEvent(answer));
      await this.#showGoogle(answer);
    }
  }

  /** Signs out and offers sign-in again. */
  async signOut(): Promise<void> {
    const run = this.#begin();
    this.show(views.checking);
    const failure = await this.#client.signOut();
    if (run !== this.#run) return;
    if (failure) return this.#fail(failure, () => this.signOut());
    this.#left = true;
    remember(() => this.page.storage, pendingStepKey, hasLeft);
    clearRounds(() => this.page.storage);
    this.#tellOthers();
    await this.check();
  }

  #tellOthers(): void {
    for (const other of elements) {
      if (other === this || other.#api !== this.#api) continue;
      other.#left = this.#left;
      void other.check();
    }
  }

  async #signIn(idToken: string): Promise<void> {
    const run = this.#begin();
    this.show(views.signingIn);
    const { answer, kept } = await this.#client.signIn(idToken);
    if (run !== this.#run) return;
    if (answer.status === 'failure') return this.#refuse(answer, idToken);
    // Better to learn it here than in a round of reloads.
    if (kept.status === 'signed-out') await this.#loop(kept, 'cookies_refused');
    else {
      this.#arrive(answer, true);
      this.#tellOthers();
    }
  }

  /** `idToken`: the refused one, unless the provider's form brought it. */
  async #refuse(failure: SessionFailure, idToken?: string): Promise<void> {
    const { code, account, mayAsk } = failure;
    if (code === 'access_denied') {
      // The nonce still holds: a refusal leaves the login cookie alone, so that another account can be chosen at once.
      this.#left = this.#another = true;
      this.#deny(views.refusedAccount(account, this.#entrances), 'account', account);
      // Who cannot load it, such as in a page that admits no second script, sees the refusal as it is.
      if (mayAsk && idToken)
        import('./access-request.ts').then(
          ({ offer }) => offer(this, this.#api, idToken),
          () => {},
        );
      if (this.#offered) void this.#showGoogle(this.#offered);
    } else if (code === 'sign_in_expired') {
      // Twice in a row: the login cookie that belongs to the nonce does not come back; or other tabs sign in and out.
      const run = this.#run;
      const isRefusing = this.#offered && this.#count('expired', roundMs) > 1 && !(await this.#client.keepsCookies());
      if (run !== this.#run) return;
      if (this.#offered && isRefusing) void this.#loop(this.#offered, 'cookies_refused');
      else void this.check(words.onceMore);
    } else {
      void this.#fail(failure, () => (idToken && !code.startsWith('invalid') ? this.#signIn(idToken) : this.check()));
    }
  }

  /**
   * Someone is signed in: stay, leave, load the refused page again, or say why that would not help. `redirected`: this
   * window has just been at Google's page, which the API's answer led back from.
   */
  #arrive(session: SignedInSession, fresh: boolean, redirected = fresh): void {
    const { path, user } = session;
    const { href } = this.page;
    const signOut = () => this.signOut();
    const change = () => {
      this.#another = true;
      return signOut();
    };
    if (!this.#refused) {
      const others = this.#client.isForeign ? [] : session.returnOrigins;
      const target = this.#returning ? returnTarget(href, others) : undefined;
      if (target && redirected) this.#leave(session, () => this.page.leave(target));
      else this.#welcome(session, views.welcome(session, target, signOut, change));
    } else if (!covers(path, href)) {
      this.#deny(views.refusedPath(session, change), 'path', user.email);
    } else {
      // With the same cookies a URL is loaded again by itself only once; a sign-in by hand always deserves its reload.
      const reloads = this.#count(`reload ${session.expiresAt}`, roundMs);
      if (fresh) this.#count('sign-in', roundMs);
      if (fresh || reloads === 1) this.#leave(session, () => this.page.reload());
      else void this.#loop(session);
    }
  }

  #welcome(session: SignedInSession, view: View): void {
    this.show(view);
    this.dispatchEvent(new SecureLoginSignedInEvent(session));
  }

  #leave(session: SignedInSession, go: () => void): void {
    this.#welcome(session, views.leaving);
    go();
  }

  #offer<Kind extends ProviderOffer['kind']>(kind: Kind): Extract<ProviderOffer, { kind: Kind }> | undefined {
    if ((this.getAttribute('provider') ?? kind) !== kind) return undefined;
    return this.#offered?.providers.find(
      (offer): offer is Extract<ProviderOffer, { kind: Kind }> => offer.kind === kind,
    );
  }

  get #entrances(): views.Entrances {
    const google = this.#offer('google');
    const pool = this.#offer('cognitoUserPool');
    const last = google && pool && recall(() => this.page.lasting, providerKey);
    const actions: Action[] = pool ? [[pool.label, () => this.#enter(pool), last === pool.kind]] : [];
    return { offer: !!google, last: google && last === google.kind, actions };
  }

  async #showGoogle({ nonce }: SignedOutSession): Promise<void> {
    const run = this.#run;
    const { offer, actions } = this.#entrances;
    const google = this.#offer('google');
    if (!google) {
      if (!actions.length) void this.#fail({ code: 'misconfigured' }, () => this.check());
      return;
    }
    let place = this.querySelector<HTMLElement>(':scope > [slot=provider]');
    if (!place) {
      place = document.createElement('div');
      place.slot = 'provider';
      this.append(place);
    }
    const { href, origin } = new URL(this.page.href);
    // Google requires it on iOS, whose browsers cut its window off; and its page shows itself in no frame.
    const byItself = google.redirectOnIos && this.page.isIos && !this.page.ancestors.length;
    const redirect = (this.getAttribute('ux-mode') ?? (byItself && 'redirect')) === 'redirect' &&
      !this.#client.isForeign && {
        loginUri: origin + sessionPath,
        state: this.#refused || !this.#returning ? href.slice(origin.length) : formTarget(href),
      };
    const look = {
      locale: this.getAttribute('locale'),
      redirect,
      oneTap: this.hasAttribute('one-tap'),
      auto: this.hasAttribute('auto-sign-in'),
      left: this.#left,
    };
    const fault = await this.#button.show(google, nonce, place, look, {
      onPress: () => {
        remember(() => this.page.lasting, providerKey, google.kind);
        if (redirect) remember(() => this.page.storage, redirectKey, 'left');
        else this.show(views.invitation(words.popup, { offer, actions }));
      },
      onIdToken: (idToken) => void this.#signIn(idToken),
      isWanted: () => run === this.#run && this.isConnected,
    });
    if (fault && run === this.#run) void this.#fail({ code: fault }, () => this.check(), actions);
  }

  /** Leads the window to the user pool's sign-in. */
  async #enter(pool: UserPoolOffer): Promise<void> {
    const { page } = this;
    // It comes back to a page of the site, and shows itself in no frame.
    if (this.#client.isForeign || page.ancestors.length) return page.visit(this.#loginUrl);
    this.#begin();
    this.show(views.checking);
    remember(() => page.lasting, providerKey, pool.kind);
    await this.#visit(pool, { another: this.#another });
  }

  /** The user pool's part is twice as large as the element. Resolves to `undefined` when the page is left, or a newer run goes on. */
  async #visit(pool: UserPoolOffer, why: PoolVisit): Promise<PoolReturn | undefined> {
    const run = this.#run;
    const script = await this.#load(import('./user-pool.ts'));
    const result = await script?.visit(pool, this.#offered?.nonce ?? '', this.page, why);
    return run === this.#run ? result : undefined;
  }

  /** A script that few need. Resolves to `undefined` when a newer run goes on, or when it cannot be loaded, which is shown. */
  async #load<Script>(loading: Promise<Script>): Promise<Script | undefined> {
    const run = this.#run;
    const script = await loading.catch(() => undefined);
    if (run !== this.#run) return undefined;
    if (!script) void this.#fail({ code: 'unreachable' }, () => this.check());
    return script;
  }

  #deny(view: View, reason: 'account' | 'path', account: string | undefined): void {
    this.show(view);
    this.dispatchEvent(new SecureLoginDeniedEvent(reason, account));
    const url = checkReturnUrl(this.getAttribute('denied-url') ?? '', this.#origin);
    if (url) this.page.leave(url);
  }

  /** Says why the page stays closed. `cause`: where it is known at once. */
  async #loop(session: Pick<SignedInSession, 'hosts' | 'now'>, cause?: LoopCause): Promise<void> {
    this.#begin();
    const script = await this.#load(import('./login-loop.ts'));
    // On another origin it may be the browser's rule for such pages, and not for the site itself.
    const login = this.#client.isForeign ? this.#loginUrl : undefined;
    if (script)
      this.show(script.looping({ page: this.page, cause, session, login, signInAgain: () => this.signOut() }));
  }

  async #fail(
    failure: Omit<SessionFailure, 'status' | 'code'> & { readonly code: FailureCode },
    retry: () => unknown,
    others?: readonly Action[],
  ): Promise<void> {
    const { code, requestId, waitSeconds = 0 } = failure;
    const run = this.#run;
    const text =
      (words.failures as Partial<Record<FailureCode, string>>)[code] ??
      (await import('./login-loop.ts').catch(() => {}))?.failed(code) ??
      words.broken;
    if (run !== this.#run) return;
    const view = views.failed(text, requestId, code === 'foreign' ? this.#loginUrl : undefined, retry, others);
    this.show(waitSeconds > 0 ? views.waiting(view, waitSeconds) : view);
    if (waitSeconds > 0) this.#timer = setTimeout(() => this.show(views.waiting(view, 0)), waitSeconds * 1000);
    this.dispatchEvent(new SecureLoginFailedEvent(code, requestId));
  }

  /** Starts a new run and returns its number. */
  #begin(): number {
    clearTimeout(this.#timer);
    return ++this.#run;
  }

  get #api(): string {
    return this.getAttribute('api') || defaultApi.origin || this.#origin;
  }

  get #origin(): string {
    return new URL(this.page.href).origin;
  }

  get #client(): SessionClient {
    return new SessionClient(new URL(this.#api).origin, this.#origin);
  }

  /** From there back here, if the site lists this origin. */
  get #loginUrl(): string {
    return `${this.#client.origin}${loginPagePath}?${returnParameter}=${encodeURIComponent(this.page.href)}`;
  }

  /**
   * true: this is the 403 page, in the place of the page that was asked for. Another origin's API opens no page of this
   * one.
   */
  get #refused(): boolean {
    return this.#returning && !this.#client.isForeign && isRefusedPage(this.page);
  }

  get #returning(): boolean {
    return this.getAttribute('after-sign-in') === 'return';
  }

  #key(what: string): string {
    const { pathname, search } = new URL(this.page.href);
    return `${what} ${pathname}${search}`;
  }

  #seen(what: string): number {
    return this.#breaker.seen(this.#key(what), Date.now(), roundMs);
  }

  /** The cookies have ended, or do not open this page; and it is not the ones that a renewal brought or a reload tried a moment ago. */
  #isRenewable(answer: SessionAnswer | SessionFailure): answer is SignedInSession | LapsedSession {
    return answer.status === 'lapsed'
      ? !this.#seen(`renewal ${answer.expiresAt}`)
      : answer.status === 'signed-in' && this.#refused && !this.#seen(`reload ${answer.expiresAt}`);
  }

  #count(what: string, withinMs: number): number {
    return this.#breaker.count(this.#key(what), Date.now(), withinMs);
  }

  // A page that comes back from the back-forward cache shows what was true when it was left.
  readonly #onPageShow = (event: PageTransitionEvent): void => {
    if (event.persisted) void this.check();
  };
}
