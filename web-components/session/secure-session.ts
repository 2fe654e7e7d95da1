/** `<secure-session>`: shows the session on a protected page. `secure-session-define.ts` registers it. */
import { html, LitElement, nothing, type PropertyValues, type TemplateResult, unsafeCSS } from 'lit';
import { returnParameter } from '../../contract/return-url.ts';
import { apiOrigin } from '../shared/default-api.ts';
import { clearRounds, LoopBreaker } from '../shared/loop-breaker.ts';
import { browserPage, loginPagePath, type Page } from '../shared/page.ts';
import { hasLeft, pendingStepKey, remember } from '../shared/page-memory.ts';
import { type KnownSession, SessionClient } from '../shared/session-client.ts';
import { language } from '../words/en/language.ts';
import * as words from '../words/en/session.ts';
import {
  SecureSessionExpiredEvent,
  SecureSessionExpiringEvent,
  SecureSessionSignedOutEvent,
  type SessionStatus,
} from './secure-session-events.ts';
import { styles } from './session-styles.ts';
import { expiredText, expiringText } from './session-texts.ts';
import { SessionWatch, type WatchEvent } from './session-watch.ts';

/** A button (what it does; nothing: it is being done) or a link (where it leads). */
type Action = readonly [label: string, act?: (() => unknown) | string];

interface View {
  readonly user?: string | undefined;
  readonly text?: string;
  readonly actions?: readonly Action[];
}

/**
 * Hidden tabs load their page again within this time after a sign-out, in milliseconds: a hundred of them must not all
 * ask the API at once.
 */
const followMs = 5_000;
/** Within this time, a page of another origin follows one sign-out that nobody asked for here, in milliseconds. */
const roundMs = 120_000;

/**
 * Shows who is signed in, renews the session before it ends, and tells the page in time when it cannot.
 *
 * @summary Who is signed in, sign-out, and quiet renewal, for pages behind `<secure-login>`.
 * Attributes are reactive: a change takes effect at once. Each one is also a property.
 *
 * @attr api - Origin of the site that the API belongs to. Default: where the script came from, or the page's origin.
 * @attr status - The state of the element; written by the element, for style sheets.
 * @csspart region - The whole; further parts: user, message, action, main.
 * @cssproperty --secure-session-accent - Color of the main button and focus ring. Default: `--secure-login-accent`.
 * @cssproperty --secure-session-on-accent - Text on the accent. Default: `--secure-login-on-accent`.
 * @cssproperty --secure-session-radius - Corner radius of the buttons. Default: `--secure-login-radius`.
 * @event {SecureSessionSignedInEvent} secure-session-signed-in
 * @event {SecureSessionRenewedEvent} secure-session-renewed
 * @event {SecureSessionExpiringEvent} secure-session-expiring
 * @event {SecureSessionExpiredEvent} secure-session-expired
 * @event {SecureSessionSignedOutEvent} secure-session-signed-out
 */
export class SecureSession extends LitElement {
  static override readonly styles = unsafeCSS(styles);
  static override readonly properties = { api: {} };
  declare api: string | null | undefined;

  /** The page around the element. Tests replace it before they attach the element. @internal */
  page: Page = browserPage;

  #status: SessionStatus = 'checking';
  #view: View = {};
  #api = '';
  #watch: SessionWatch | undefined;
  #timer = 0;
  #isStarted = false;
  /** true: the sign-out was asked for here. */
  #isLeaving = false;

  override connectedCallback(): void {
    super.connectedCallback();
    // The first update takes over properties that were set before the element was defined.
    this.performUpdate();
    this.#isStarted = true;
    this.#start();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#isStarted = false;
    this.#stop();
  }

  /** The state of the element. */
  get status(): SessionStatus {
    return this.#status;
  }

  /** Who is signed in, to which path, and until when; `undefined` while that is not known, and when it is nobody. */
  get session(): KnownSession | undefined {
    return this.#watch?.session;
  }

  /**
   * Renews now, for example after a request failed, and at any time: while the element does not know yet who is signed
   * in, too. Resolves to whether requests work again; false also means that nobody could say, or that the element is in
   * no document.
   */
  async renew(): Promise<boolean> {
    return (await this.#watch?.renew()) ?? false;
  }

  /** Signs out, in every tab. */
  async signOut(): Promise<void> {
    const { session } = this;
    const watch = this.#watch;
    this.#show(this.#status, { user: session?.user.email, actions: [[words.signOut]] });
    this.#isLeaving = true;
    // For the login page that comes next: nobody who has just signed out is signed in again without a click.
    remember(() => this.page.storage, pendingStepKey, hasLeft);
    const failure = await watch?.signOut();
    // Meanwhile the element may have got another API.
    if (watch !== this.#watch) return;
    this.#isLeaving = false;
    if (failure) {
      remember(() => this.page.storage, pendingStepKey, '');
      const actions: Action[] = [[words.retry, () => this.signOut()]];
      this.#show(this.#status, { user: session?.user.email, text: words.notSignedOut, actions });
    }
  }

  protected override updated(changed: PropertyValues<this>): void {
    const { origin } = new URL(this.page.href);
    if (!this.#isStarted || !changed.has('api') || apiOrigin(this.api, origin) === this.#api) return;
    this.#stop();
    this.#start();
  }

  #start(): void {
    const { origin } = new URL(this.page.href);
    this.#api = apiOrigin(this.api, origin);
    this.#show('checking');
    if (!this.#api) {
      reportError(new TypeError('<secure-session>: “api” is no http(s) address'));
      return;
    }
    const watch = new SessionWatch(new SessionClient(this.#api, origin), this.#api, (event) => {
      if (watch === this.#watch) this.#pass(event);
    });
    this.#watch = watch;
    watch.start();
  }

  #stop(): void {
    clearTimeout(this.#timer);
    this.#watch?.stop();
    this.#watch = undefined;
    this.#isLeaving = false;
  }

  #pass(event: WatchEvent | undefined): void {
    const { page } = this;
    const user = this.session?.user.email ?? words.noAddress;
    const signOut: Action = [words.signOut, () => this.signOut()];
    if (!event) {
      // A stored copy of a page that may be closed by now. Loaded again, it is revisited no more.
      if (page.isRevisited) page.reload();
      this.#invite();
      return;
    }
    let mayFollow = true;
    if (event instanceof SecureSessionSignedOutEvent) {
      mayFollow = this.#mayFollow();
      if (mayFollow) this.#show('signed-out');
      else this.#invite();
    } else if (event instanceof SecureSessionExpiringEvent) {
      const end = new Date(Date.now() + event.secondsLeft * 1000);
      const text = expiringText(event.reason, end.toLocaleTimeString(language, { timeStyle: 'short' }));
      this.#show('expiring', { user, text, actions: [signOut] });
    } else if (event instanceof SecureSessionExpiredEvent) {
      const text = expiredText(event.reason, event.account);
      this.#show('expired', { text, actions: [[words.signInAgain, () => page.reload()]] });
    } else {
      this.#show('signed-in', { user, actions: [signOut] });
    }
    if (this.dispatchEvent(event) && event instanceof SecureSessionSignedOutEvent && mayFollow) {
      if (document.hidden) this.#timer = setTimeout(() => page.reload(), Math.random() * followMs);
      else page.reload();
    }
  }

  #invite(): void {
    const login = new URL(loginPagePath, this.#api);
    login.searchParams.set(returnParameter, this.page.href);
    this.#show('signed-out', { text: words.notSignedIn, actions: [[words.signIn, login.href]] });
  }

  /**
   * Whether a sign-out loads the page again. Markup that somebody injected can name an API of theirs, which would sign
   * out and in for ever, and nobody could use the page any more.
   */
  #mayFollow(): boolean {
    const storage = () => this.page.storage;
    const breaker = new LoopBreaker(storage);
    const key = `left ${this.#api}`;
    const isRound = breaker.seen(key, Date.now(), roundMs) > 0;
    clearRounds(storage);
    if (this.#isLeaving || this.#api === new URL(this.page.href).origin) return true;
    return Number.isFinite(breaker.count(key, Date.now(), roundMs)) && !isRound;
  }

  #show(status: SessionStatus, view: View = {}): void {
    this.#status = status;
    this.#view = view;
    this.setAttribute('status', status);
    this.requestUpdate();
    // Whoever hears of the new state finds it drawn.
    this.performUpdate();
  }

  /** User and message are separate nodes: who is signed in is not news, and is not announced. */
  protected override render(): TemplateResult {
    const { user, text, actions = [] } = this.#view;
    const main = this.#status === 'expired' || this.#status === 'signed-out' ? 'action main' : 'action';
    return html`<section part="region" lang=${language} aria-label=${words.label}>
      ${user ? html`<span part="user">${user}</span>` : nothing}
      <p part="message" role="status">${text ?? ''}</p>
      ${actions.map(([label, act]) =>
        typeof act === 'string'
          ? html`<a part=${main} href=${act} target="_top">${label}</a>`
          : html`<button type="button" part=${main} ?disabled=${!act} @click=${act}>${label}</button>`,
      )}
    </section>`;
  }
}
