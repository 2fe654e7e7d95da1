/** `<secure-login>`: draws the sign-in flow's views and runs its effects. See `secure-login-define.ts`. */
import { LitElement, type PropertyValues, type TemplateResult, unsafeCSS } from 'lit';
import { sessionPath } from '../../contract/session-api.ts';
import { apiOrigin } from '../shared/default-api.ts';
import { clearRounds, LoopBreaker } from '../shared/loop-breaker.ts';
import { browserPage, type Page, refusesSecureCookies } from '../shared/page.ts';
import { recall, remember } from '../shared/page-memory.ts';
import { SessionClient } from '../shared/session-client.ts';
import { broken } from '../words/en/login.ts';
import {
  type Context,
  type Effects,
  type Ending,
  type FlowEvent,
  initialState,
  roundMs,
  type State,
  step,
} from './flow.ts';
import { GoogleButton } from './google-provider.ts';
import { styles } from './login-styles.ts';
import { isOtherSite } from './other-site.ts';
import { SecureLoginStatusEvent, type Status } from './secure-login-events.ts';
import { type Command, draw } from './view.ts';

/** All elements on the page. They stay in sync. */
const elements = new Set<SecureLogin>();

/**
 * Signs the viewer in to a private site.
 *
 * @summary Sign-in for a site behind CloudFront signed cookies.
 * Attributes are reactive: a change takes effect at once. Each one is also a property.
 *
 * @attr api - Origin of the site that the API belongs to. Default: where the module came from, or the page's origin.
 * @attr {'stay' | 'return'} after-sign-in - `stay`: show who is signed in. `return`: go to the checked `?return-to`,
 *   else to `/`, or load a refused page again. Default: `stay`.
 * @attr denied-url - Page on this origin to show to a refused account. Default: the refusal is shown in place.
 * @attr {'google' | 'cognitoUserPool'} provider - Offers this one only. Default: all providers of the site for people.
 * @attr {'popup' | 'redirect'} ux-mode - `redirect`: Google's page takes the place of this one, which must be on the
 *   site's own origin. Default: `popup`, and `redirect` on iPhone and iPad unless the site's config says otherwise.
 * @attr {boolean} one-tap - Shows Google's One Tap. Default: off.
 * @attr {boolean} auto-sign-in - Lets Google sign in people who have done so before, without a click; not after a
 *   sign-out. Default: off.
 * @attr locale - Language of the provider's button, such as `de`. Default: the provider chooses.
 * @attr status - The state of the element; written by the element, for style sheets.
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
export class SecureLogin extends LitElement {
  static override readonly styles = unsafeCSS(styles);
  static override readonly properties = {
    api: {},
    afterSignIn: { attribute: 'after-sign-in' },
    deniedUrl: { attribute: 'denied-url' },
    provider: {},
    uxMode: { attribute: 'ux-mode' },
    oneTap: { attribute: 'one-tap', type: Boolean },
    autoSignIn: { attribute: 'auto-sign-in', type: Boolean },
    locale: {},
  };
  declare api: string | null | undefined;
  declare afterSignIn: string | null | undefined;
  declare deniedUrl: string | null | undefined;
  declare provider: string | null | undefined;
  declare uxMode: string | null | undefined;
  declare oneTap: boolean | undefined;
  declare autoSignIn: boolean | undefined;
  declare locale: string | null | undefined;

  /** The page around the element. Tests replace it before they attach the element. @internal */
  page: Page = browserPage;

  #state = initialState;
  #started = false;
  #timer = 0;
  /** true: the attributes have just been read. */
  #isStarting = false;
  readonly #button = new GoogleButton();
  readonly #breaker = new LoopBreaker(() => this.page.storage);

  /** The state of the element. */
  get status(): Status {
    return this.#state.view.status;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    // The first update takes over properties that were set before the element was defined.
    this.performUpdate();
    elements.add(this);
    addEventListener('pageshow', this.#onPageShow);
    if (!this.#started) void this.check();
    // A frame that was moved loads again and has forgotten what it was.
    else void this.#send(['change', true]);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    removeEventListener('pageshow', this.#onPageShow);
    // A move disconnects and connects at once. Only after a removal, the element is still disconnected in the next
    // microtask.
    queueMicrotask(() => {
      if (this.isConnected) return;
      void this.#send(['begin']);
      this.#started = false;
      this.#button.withdraw();
      elements.delete(this);
    });
  }

  /** Asks the API who is signed in, and shows it. `notice` is shown above the button in place of the usual text. */
  check(notice?: string): Promise<void> {
    this.#started = true;
    return this.#send(['start', notice]);
  }

  /** Signs out and offers sign-in again. */
  signOut(): Promise<void> {
    return this.#send(['signOut']);
  }

  protected override render(): TemplateResult {
    return draw(this.#state.view, (command: Command) => this.#send(command));
  }

  /** Lit calls this once after any number of changed attributes, so they lead to one new start. */
  protected override updated(changed: PropertyValues<this>): void {
    if (!this.#started || this.#isStarting || !changed.size) return;
    const isFlow = changed.has('api') || changed.has('provider') || changed.has('afterSignIn');
    void this.#send(['change', !isFlow]);
  }

  /** Resolves when everything is done that the event leads to. */
  async #send(event: FlowEvent): Promise<void> {
    const before = this.#state;
    const isStart = event[0] === 'start';
    const context = this.#context;
    const { state, effects } = step(
      before,
      event,
      isStart || event[0] === 'change' ? { ...context, obstacle: this.#obstacle(context.api) } : context,
    );
    this.#state = state;
    if (state.run !== before.run) clearTimeout(this.#timer);
    // A token that still comes for the API of before must not reach the new one.
    if (before.api && state.api !== before.api) this.#button.withdraw();
    if (state.view !== before.view) this.#draw(before.view.status, isStart);
    const run = this.#effects(state);
    await Promise.all(
      effects.map(([name, ...rest]) => (run[name] as (...rest: readonly unknown[]) => unknown)(...rest)),
    );
  }

  #draw(previous: Status, isStarting: boolean): void {
    const { status } = this;
    const focused = this.matches(':focus-within');
    this.setAttribute('status', status);
    this.#isStarting = isStarting;
    this.requestUpdate();
    // Whoever hears of the new state finds it drawn.
    this.performUpdate();
    this.#isStarting = false;
    if (previous === status) return;
    // The control that had the focus is gone. The focus must not return to the top of the page.
    if (focused) this.renderRoot.querySelector('h2')?.focus();
    this.dispatchEvent(new SecureLoginStatusEvent(status, previous));
  }

  /** The effects of one step. What they bring counts for the run of that step only. */
  #effects(state: State): Effects {
    const { page } = this;
    const { run, api } = state;
    // Answers of an earlier run are dropped.
    const send = async (event: FlowEvent) => {
      if (run === this.#state.run) await this.#send(event);
    };
    const end = ([name, ...rest]: Ending, result: unknown) => send([name, result, ...rest] as unknown as FlowEvent);
    return {
      ask: async (how, ending, idToken) =>
        end(ending, await new SessionClient(api, this.#origin)[how as 'signIn'](idToken as string)),
      count: (what, withinMs, ending) => {
        const result = this.#breaker.count(this.#key(what), Date.now(), withinMs);
        return ending && end(ending, result);
      },
      google: async (offer, nonce, left, to) => {
        // Google requires a redirect on iOS, whose browsers cut its window off. Its page cannot be framed.
        const byItself = offer.redirectOnIos && page.isIos && !page.ancestors.length;
        const redirects = this.uxMode ? this.uxMode === 'redirect' : byItself;
        const redirect = to !== undefined && redirects && { loginUri: this.#origin + sessionPath, state: to };
        const look = { locale: text(this.locale), redirect, oneTap: !!this.oneTap, auto: !!this.autoSignIn, left };
        const code = await this.#button.show(offer, nonce, this.#place, look, {
          onPress: () => void this.#send(['pressed', !!redirect]),
          onIdToken: (idToken) => void this.#send(['signIn', idToken]),
          isWanted: () => run === this.#state.run && this.isConnected,
        });
        if (code) await send(['fail', { code }]);
      },
      // This script is twice as large as the element.
      userPool: async (pool, nonce, why) => {
        const script = await this.#load(import('./user-pool.ts'), run);
        if (script) await end(['returned'], await script.visit(pool, nonce, page, why));
      },
      explain: async (code, ending) =>
        end(ending, (await import('./login-loop.ts').catch(() => {}))?.failed(code) ?? broken),
      explainLoop: async (session, cause, login) => {
        const script = await this.#load(import('./login-loop.ts'), run);
        if (script) await send(['show', script.looping({ page, session, cause, login })]);
      },
      wait: (seconds, view) => {
        this.#timer = setTimeout(() => void send(['show', view]), seconds * 1000);
      },
      // If it cannot be loaded, such as in a page that allows no second script, the viewer sees the refusal alone.
      offerAccessRequest: (idToken) =>
        void import('./access-request.ts').then(
          ({ offer }) => run === this.#state.run && offer(this, api, idToken),
          () => {},
        ),
      page: (how, url) => page[how](url as string),
      remember: (where, key, value) => remember(() => page[where], key, value),
      clearRounds: () => clearRounds(() => page.storage),
      announce: (event) => this.dispatchEvent(event),
      tellOthers: () => {
        for (const other of elements)
          if (other !== this && other.#state.api === api) void other.#send(['start', undefined, state.left]);
      },
      send,
    };
  }

  /** A script that few viewers need. */
  async #load<Script>(loading: Promise<Script>, run: number): Promise<Script | undefined> {
    const script = await loading.catch(() => undefined);
    if (run !== this.#state.run) return undefined;
    if (!script) await this.#send(['fail', { code: 'unreachable' }]);
    return script;
  }

  /** Where Google's button stands: in the page, because Google's styles do not reach a shadow root. */
  get #place(): HTMLElement {
    let place = this.querySelector<HTMLElement>(':scope > [slot=provider]');
    if (!place) {
      place = document.createElement('div');
      place.slot = 'provider';
      this.append(place);
    }
    return place;
  }

  get #origin(): string {
    return new URL(this.page.href).origin;
  }

  get #context(): Context {
    const { page } = this;
    return {
      page,
      api: apiOrigin(this.api, this.#origin),
      provider: text(this.provider),
      returning: this.afterSignIn === 'return',
      deniedUrl: text(this.deniedUrl),
      recall: (where, key) => recall(() => page[where], key),
      seen: (what) => this.#breaker.seen(this.#key(what), Date.now(), roundMs),
    };
  }

  /** Finding out sets cookies for a moment, so it is done once per start. */
  #obstacle(api: string): Context['obstacle'] {
    const { page } = this;
    if (api && [api, ...page.ancestors].some((origin) => isOtherSite(origin, page))) return 'other_site';
    return refusesSecureCookies(page) ? 'secure_cookies_refused' : undefined;
  }

  #key(what: string): string {
    const { pathname, search } = new URL(this.page.href);
    return `${what} ${pathname}${search}`;
  }

  // A page that returns from the back-forward cache shows what was true when it was left.
  readonly #onPageShow = (event: PageTransitionEvent): void => {
    if (event.persisted) void this.check();
  };
}

/** A page can set a property to anything. */
const text = (value: unknown): string => String(value ?? '');
