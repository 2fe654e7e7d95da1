/** Stand-ins for the tests: an API behind `fetch`, Google's script, and a page that only notes where it was sent. */
import { beforeEach, vi } from 'vitest';
import {
  type GoogleOffer,
  type LapsedSession,
  renewalPath,
  type SignedInSession,
  type SignedOutSession,
  type UserPoolOffer,
} from '../../contract/session-api.ts';
import type { SecureLogin } from '../login/secure-login.ts';
import type { Page } from '../shared/page.ts';

export const origin = 'https://docs.example.com';
let nonces = 0;

export const pool: UserPoolOffer = {
  kind: 'cognitoUserPool',
  label: 'Sign in with Example',
  userPoolId: 'eu-west-1_ABCDEFGHI',
  clientId: 'pool-client',
  hostedSignIn: 'example-docs.auth.eu-west-1.amazoncognito.com',
  scopes: ['openid', 'email'],
  callbackPath: '/public/login.html',
  logout: false,
};

export const googleOffer: GoogleOffer = {
  kind: 'google',
  clientId: 'client',
  scriptUrl: 'http://127.0.0.1:1/gsi/client',
  redirectOnIos: true,
};

export const signedOut = (more: Partial<SignedOutSession> = {}): SignedOutSession => ({
  status: 'signed-out',
  providers: [googleOffer],
  // Google's configuration outlives a test: another nonce makes the element configure it anew.
  nonce: `nonce-${++nonces}`,
  hosts: ['docs.example.com', 'd111.cloudfront.net'],
  now: new Date().toISOString(),
  ...more,
});

export const signedIn = (more: Partial<SignedInSession> = {}): SignedInSession => ({
  status: 'signed-in',
  user: { email: 'alice@example.com', hostedDomain: 'example.com' },
  path: '/*',
  expiresAt: '2030-01-01T01:00:00Z',
  renewableUntil: '2030-01-02T00:00:00Z',
  cookieSeconds: 3600,
  returnOrigins: ['https://app.example.com'],
  hosts: ['docs.example.com', 'd111.cloudfront.net'],
  now: new Date().toISOString(),
  ...more,
});

/** The cookies have ended, the session has not. */
export const lapsed = (): LapsedSession => ({ ...signedIn({ expiresAt: '2026-01-01T00:00:00Z' }), status: 'lapsed' });

export const json = (body: unknown, status = 200, headers: Record<string, string> = {}): Response =>
  new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json', ...headers } });

export const problem = (
  status: number,
  code: string,
  more: object = {},
  headers: Record<string, string> = {},
): Response =>
  json({ type: 'about:blank', title: code, status, code, requestId: 'request-1', ...more }, status, {
    'content-type': 'application/problem+json',
    ...headers,
  });

type Answer = () => Response | Promise<Response>;

export interface StandInApi {
  get: Answer;
  post: Answer;
  delete: Answer;
  renew: Answer;
  /** From now on a sign-in succeeds. */
  admit(): void;
  /** `METHOD url` of every request. */
  readonly requests: string[];
  readonly init: RequestInit[];
}

/** An API where nobody is signed in until the POST succeeded. */
export function standInApi(): StandInApi {
  const api: StandInApi = {
    get: () => json(signedOut()),
    post: () => {
      api.get = () => json(signedIn());
      return json(signedIn(), 201);
    },
    admit() {
      api.post = admission;
    },
    delete: () => {
      api.get = () => json(signedOut());
      return new Response(null, { status: 204 });
    },
    renew: () => api.get(),
    requests: [],
    init: [],
  };
  const admission = api.post;
  vi.stubGlobal('fetch', async (url: string, init: RequestInit = {}) => {
    const method = init.method ?? 'GET';
    api.requests.push(`${method} ${url}`);
    api.init.push(init);
    if (url.endsWith(renewalPath)) return api.renew();
    return method === 'POST' ? api.post() : method === 'DELETE' ? api.delete() : api.get();
  });
  return api;
}

export interface StandInGoogle {
  readonly initialized: {
    client_id: string;
    nonce: string;
    auto_select: boolean;
    ux_mode?: 'redirect';
    login_uri?: string;
  }[];
  readonly buttons: { state: string; width: number; locale?: string; click_listener: () => void }[];
  readonly forgotten: () => number;
  /** How often One Tap was asked for. */
  readonly prompts: () => number;
  /** How often its card was taken away. */
  readonly cancelled: () => number;
  /** The viewer finishes in Google's window, opened by the button of that `state`; null: Google does not tell which. */
  choose(idToken: string, state?: string | null): void;
}

/** Puts a `google` global on the page. `renders`: what the button consists of. */
function standInGoogle(renders = true): StandInGoogle {
  const initialized: (StandInGoogle['initialized'][number] & { callback: (response: object) => void })[] = [];
  const buttons: StandInGoogle['buttons'] = [];
  let forgotten = 0;
  let prompts = 0;
  let cancelled = 0;
  window.google = {
    accounts: {
      id: {
        initialize: (options) => void initialized.push(options as (typeof initialized)[number]),
        renderButton(place, options) {
          buttons.push(options);
          if (!renders) return;
          const button = document.createElement('button');
          button.textContent = 'Sign in with Google';
          button.onclick = options.click_listener;
          place.append(button);
        },
        prompt: () => void prompts++,
        cancel: () => void cancelled++,
        disableAutoSelect: () => void forgotten++,
      },
    },
  };
  return {
    initialized,
    buttons,
    forgotten: () => forgotten,
    prompts: () => prompts,
    cancelled: () => cancelled,
    choose: (credential, state = buttons.at(-1)?.state) =>
      initialized.at(-1)?.callback({ credential, ...(state && { state }) }),
  };
}

export interface StandInPage extends Page {
  href: string;
  ancestors: readonly string[];
  servedStatus: number | undefined;
  visibleCookies: string;
  isIos: boolean;
  serviceWorker: boolean;
  isRevisited: boolean;
  storage: Storage;
  lasting: Storage;
  /** `reload`, or where it was sent to. */
  readonly went: string[];
}

export function memoryStorage(): Storage {
  const values = new Map<string, string>();
  return {
    getItem: (key) => values.get(key) ?? null,
    setItem: (key, value) => void values.set(key, value),
    removeItem: (key) => void values.delete(key),
    clear: () => values.clear(),
    key: () => null,
    length: 0,
  };
}

/** A page of the site; by default a refused one. */
export function standInPage(href = `${origin}/docs/guide.html?x=1#part`, servedStatus = 403): StandInPage {
  const went: string[] = [];
  return {
    href,
    ancestors: [],
    rewrite(url) {
      this.href = new URL(url, this.href).href;
    },
    servedStatus,
    visibleCookies: '',
    // As a browser that keeps cookies and knows of no public suffix but the last label.
    keptCookies: (...attributes) => attributes.filter((one) => !/^Domain=[^.]*$/.test(one)).length,
    isIos: false,
    serviceWorker: false,
    isRevisited: false,
    storage: memoryStorage(),
    lasting: memoryStorage(),
    went,
    reload: () => void went.push('reload'),
    leave: (url) => void went.push(url),
    visit: (url) => void went.push(`on to ${url}`),
  };
}

/** Attaches an element with these attributes to the document. */
export function attach(page: Page, attributes: Record<string, string> = {}): SecureLogin {
  const element = document.createElement('secure-login');
  element.page = page;
  for (const [name, value] of Object.entries({ api: origin, ...attributes })) element.setAttribute(name, value);
  document.body.append(element);
  return element;
}

/** Waits until the element is in that state and has drawn its button, if it offers one. */
export async function reaches(element: SecureLogin, status: SecureLogin['status']): Promise<void> {
  await vi.waitFor(() => {
    if (element.status !== status) throw new Error(`is ${element.status}, not ${status}: ${words(element)}`);
    if (status === 'signed-out' && !element.querySelector('[slot=provider] *')) throw new Error('has no button yet');
  });
}

const realTimeout = setTimeout;

/** Lets everything happen that waits for no timer of its own, under fake timers too. */
export const settle = (ms = 20): Promise<void> => new Promise((resolve) => realTimeout(resolve, ms));

/** The message that is shown and announced. */
export const words = (element: SecureLogin): string =>
  element.shadowRoot?.querySelector('[role=status]')?.textContent?.trim() ?? '';

export const heading = (element: SecureLogin): string =>
  element.shadowRoot?.querySelector('h2')?.textContent?.trim() ?? '';

/** The buttons and links by their labels. */
export function actions(element: SecureLogin): Record<string, HTMLButtonElement | HTMLAnchorElement> {
  const all = element.shadowRoot?.querySelectorAll<HTMLButtonElement | HTMLAnchorElement>('button, a') ?? [];
  return Object.fromEntries([...all].map((action) => [action.textContent?.trim() ?? '', action]));
}

export function press(element: SecureLogin, label: string): void {
  const action = actions(element)[label];
  if (!action) throw new Error(`no action ${label}, only: ${Object.keys(actions(element)).join(', ')}`);
  action.click();
}

/** Attributes of an element that stands on a login page. */
export const returning = { 'after-sign-in': 'return' };

/** Leaves nothing of a test to the next one. */
export function cleanUp(): void {
  document.body.replaceChildren();
  vi.useRealTimers();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
}

/** What `<secure-login>` talks to in the current test of a file that calls `useStandIns`. */
export let api: StandInApi;
export let google: StandInGoogle;
export let page: StandInPage;

/** From now on, `page` is at this address. */
export function openPage(...at: Parameters<typeof standInPage>): void {
  page = standInPage(...at);
}

/** From now on, `google` is a script that has just been loaded. */
export function loadGoogle(renders = true): void {
  google = standInGoogle(renders);
}

/** Makes the three anew before each test of a file, and cleans up after it. */
export function useStandIns(): void {
  beforeEach(() => {
    api = standInApi();
    loadGoogle();
    openPage();
    return cleanUp;
  });
}

/** Attaches an element and signs in at Google as soon as the element offers that. */
export async function enter(attributes: Record<string, string> = returning): Promise<SecureLogin> {
  const element = attach(page, attributes);
  await reaches(element, 'signed-out');
  google.choose('a.b.c');
  return element;
}
