/** Google's sign-in script: loads it, calls its page-wide `initialize`, and shows its button. */
import type { GoogleOffer } from '../../contract/session-api.ts';
import { isGoogleScript } from './google-script.ts';

/** What can go wrong before Google's button is there; `misconfigured`: the API names a script that is not Google's. */
export type ProviderFault = 'provider_blocked' | 'provider_slow' | 'provider_empty' | 'misconfigured';

/** Longest wait for Google's script, in milliseconds. */
const scriptTimeoutMs = 10_000;
/** How long Google may take to put something into the button's place, in milliseconds. */
const buttonTimeoutMs = 2_000;

interface CredentialResponse {
  readonly credential: string;
  /** The `state` of the button that was pressed. */
  readonly state?: string;
}

/** The part of Google's API that is used. @see https://developers.google.com/identity/gsi/web/reference/js-reference */
interface GoogleIdentity {
  initialize(options: {
    client_id: string;
    nonce: string;
    auto_select: boolean;
    ux_mode?: 'redirect';
    login_uri?: string;
    callback: (response: CredentialResponse) => void;
  }): void;
  prompt(): void;
  renderButton(
    parent: HTMLElement,
    options: {
      text: 'signin_with';
      logo_alignment: 'center';
      /** From 200 to 400 pixels. */
      width: number;
      locale?: string;
      state: string;
      click_listener: () => void;
    },
  ): void;
  cancel(): void;
  disableAutoSelect(): void;
}

interface ScriptUrlPolicy {
  createScriptURL(url: string): string;
}

declare global {
  interface Window {
    google?: { accounts?: { id?: GoogleIdentity } };
    trustedTypes?: { createPolicy(name: string, rules: ScriptUrlPolicy): ScriptUrlPolicy };
  }
}

function identity(): GoogleIdentity | undefined {
  const id = window.google?.accounts?.id;
  // Markup can put an element of that name into the script's place: `<form id="google">`.
  return typeof id?.initialize === 'function' ? id : undefined;
}
const wait = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

let policy: ScriptUrlPolicy | undefined;
/** One request for all elements of the page. */
let loading: Promise<Event | string> | undefined;

/**
 * Resolves to the event when the script ran or was refused, and rejects if the page's Trusted Types admit no policy of
 * that name.
 */
function loadScript(url: string): Promise<Event | string> {
  return new Promise((resolve) => {
    const script = document.createElement('script');
    // Google's script copies this nonce to the style element that it inserts. Without it, the page's style-src would
    // refuse the style.
    script.nonce = document.querySelector<HTMLElement>('[nonce]')?.nonce ?? '';
    script.onload = script.onerror = resolve;
    policy ??= window.trustedTypes?.createPolicy('s3nator', {
      createScriptURL(address) {
        if (isGoogleScript(address, location.hostname)) return address;
        throw new TypeError('s3nator loads no other script than Google’s');
      },
    });
    script.src = policy?.createScriptURL(url) ?? url;
    document.head.append(script);
  });
}

// Google keeps one configuration and one callback a page, whatever the number of buttons.
let configured = '';
let pressed = '';
let count = 0;
const receivers = new Map<string, (idToken: string) => void>();

function receive({ credential, state = pressed }: CredentialResponse): void {
  receivers.get(state)?.(credential);
  // Where it was the button, One Tap's card may stand there still.
  identity()?.cancel();
}

/** How Google shows itself. */
export interface GoogleLook {
  readonly locale: string | null;
  /** Google's page takes the place of this one and posts the token to `loginUri`, with `state`. false: a popup. */
  readonly redirect: false | { readonly loginUri: string; readonly state: string };
  /** true: One Tap. */
  readonly oneTap: boolean;
  /** true: without a click, where Google finds it clear who that would be. */
  readonly auto: boolean;
  /** true: someone has just left, and must not be brought back without a click. */
  readonly left: boolean;
}

/** What one element does with Google's button. */
export interface ButtonUse {
  /** The viewer pressed the button; whether they finish, Google does not tell. */
  onPress(): void;
  onIdToken(idToken: string): void;
  /** Asked after waiting for the script: false when the element has moved on. */
  isWanted(): boolean;
}

/** One element's share in the page-wide Google sign-in. */
export class GoogleButton {
  readonly #name = `secure-login-${++count}`;
  #resizing: ResizeObserver | undefined;

  /**
   * Shows the button in `place`, an element of the page: Google's styles do not reach a shadow root. Resolves when it
   * is there, or to the reason why not. ID tokens are passed on until `withdraw`.
   */
  async show(
    offer: GoogleOffer,
    nonce: string,
    place: HTMLElement,
    { locale, redirect, oneTap, auto, left }: GoogleLook,
    use: ButtonUse,
  ): Promise<ProviderFault | undefined> {
    let isSlow = false;
    // It would run with all that the page may do, and by the page's own nonce: whoever answers in the API's place must
    // not choose it.
    if (!isGoogleScript(offer.scriptUrl, location.hostname)) return 'misconfigured';
    if (!identity()) {
      loading ??= loadScript(offer.scriptUrl).catch(() => 'refused');
      isSlow = !(await Promise.race([loading, wait(scriptTimeoutMs)]));
      loading = undefined;
      if (!use.isWanted()) return undefined;
    }
    const google = identity();
    // Refused; or a content blocker or a captive portal put something else in its place. The next try asks anew.
    if (!google) return isSlow ? 'provider_slow' : 'provider_blocked';
    receivers.set(this.#name, use.onIdToken);
    const configuration = `${offer.clientId} ${nonce} ${!redirect}${auto}`;
    if (configured !== configuration) {
      google.initialize({
        client_id: offer.clientId,
        nonce,
        auto_select: auto,
        ...(redirect && { ux_mode: 'redirect', login_uri: redirect.loginUri }),
        callback: receive,
      });
      configured = configuration;
    }
    let drawn = 0;
    const draw = () => {
      const width = Math.max(200, Math.min(400, place.clientWidth));
      // A hidden place says nothing of the width it will have.
      if (width === drawn || (drawn && !place.clientWidth)) return;
      drawn = width;
      place.replaceChildren();
      google.renderButton(place, {
        text: 'signin_with',
        logo_alignment: 'center',
        width,
        ...(locale && { locale }),
        state: redirect ? redirect.state : this.#name,
        click_listener: () => {
          pressed = this.#name;
          use.onPress();
        },
      });
    };
    draw();
    // The button's width is one of pixels: a page that is zoomed or turned needs another button.
    this.#resizing?.disconnect();
    this.#resizing = new ResizeObserver(draw);
    this.#resizing.observe(place);
    // Keeps Google from choosing the same account by itself.
    if (left) google.disableAutoSelect();
    else if (oneTap || auto) {
      // What One Tap brings names no button.
      pressed = this.#name;
      google.prompt();
    }
    // With a wrong origin or client ID Google renders nothing and throws nothing.
    if (!place.firstChild) await wait(buttonTimeoutMs);
    return place.firstChild ? undefined : 'provider_empty';
  }

  /** Stops listening: a token that arrives later is dropped. */
  withdraw(): void {
    this.#resizing?.disconnect();
    receivers.delete(this.#name);
    if (!receivers.size) identity()?.cancel();
  }
}
