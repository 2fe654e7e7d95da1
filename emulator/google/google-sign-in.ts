/**
 * Sign-ins at the stand-in Google: which page follows which, whose credential is passed on, and who is remembered.
 * Answers local pages only.
 */
import { chooserPage, handOverPage, type Page, type SignInRequest } from './account-chooser.ts';
import { createGoogleSessions, type GoogleAccount, returningAccount } from './google-session.ts';
import type { Claims, TokenIssuer } from './google-token.ts';
import { cardPage, credentialPage, nobodyPage, type SelectBy } from './one-tap.ts';

/** A page, and the cookie to set. */
export interface SignInPage {
  readonly page: Page;
  /** A `Set-Cookie`. */
  readonly cookie?: string;
}

/**
 * Each method returns `undefined` for a request that would pass a credential to a page that is not local. `cookies`:
 * the request's header.
 */
export interface GoogleSignIn {
  /** Shows the chooser, for a button. */
  ask(query: URLSearchParams): SignInPage | undefined;
  /** Handles the account chosen there. */
  choose(form: URLSearchParams, cookies: string | undefined): SignInPage | undefined;
  /**
   * The first page in One Tap's frame: the card, nothing, or with `auto_select` the credential of a returning account.
   */
  oneTap(query: URLSearchParams, cookies: string | undefined): SignInPage | undefined;
  /** Handles the account pressed on the card. */
  tap(form: URLSearchParams, cookies: string | undefined): SignInPage | undefined;
}

const localOrigin = /^https?:\/\/(localhost|127\.0\.0\.1)(:\d+)?$/;

const originOf = (url: string): string | undefined => (URL.canParse(url) ? new URL(url).origin : undefined);

/** The request from a page's script; undefined if it would pass a credential to a page that is not local. */
function signInRequestOf(parameters: URLSearchParams): SignInRequest | undefined {
  const value = (name: string): string | undefined => parameters.get(name) ?? undefined;
  const clientId = value('client_id');
  const origin = value('origin') ?? '';
  const loginUri = value('login_uri');
  if (clientId === undefined || !localOrigin.test(origin)) return undefined;
  if (loginUri !== undefined && !localOrigin.test(originOf(loginUri) ?? '')) return undefined;
  return {
    clientId,
    origin,
    nonce: value('nonce'),
    state: value('state'),
    redirect: loginUri === undefined ? undefined : { loginUri, csrfToken: value('g_csrf_token') ?? '' },
  };
}

/** The choices for another address in the chooser. */
const choicesOf = (form: URLSearchParams): Claims => ({
  email_verified: form.get('verified') === 'yes',
  ...(form.get('workspace') !== 'yes' && { hd: undefined }),
});

/** `cookieName`: the cookie that remembers a browser. */
export function createGoogleSignIn(issuer: Pick<TokenIssuer, 'issue'>, cookieName: () => string): GoogleSignIn {
  const sessions = createGoogleSessions(cookieName);

  function grant(
    { clientId, nonce }: SignInRequest,
    { email, claims }: Pick<GoogleAccount, 'email' | 'claims'>,
    cookies: string | undefined,
  ): { readonly credential: string; readonly cookie: string } {
    return {
      credential: issuer.issue({ aud: clientId, email, ...(nonce !== undefined && { nonce }), ...claims }),
      cookie: sessions.signIn(cookies, clientId, email, claims),
    };
  }

  function tapped(
    request: SignInRequest,
    account: GoogleAccount,
    selectBy: SelectBy,
    cookies: string | undefined,
  ): SignInPage {
    const { credential, cookie } = grant(request, account, cookies);
    return { page: credentialPage(request, credential, selectBy), cookie };
  }

  return {
    ask(query) {
      const request = signInRequestOf(query);
      return request && { page: chooserPage(request) };
    },
    choose(form, cookies) {
      const request = signInRequestOf(form);
      const email = form.get('email')?.trim().toLowerCase();
      if (request === undefined || !email) return undefined;
      const claims = form.get('another') === 'yes' ? choicesOf(form) : {};
      const { credential, cookie } = grant(request, { email, claims }, cookies);
      return { page: handOverPage(request, credential), cookie };
    },
    oneTap(query, cookies) {
      const request = signInRequestOf(query);
      if (request === undefined) return undefined;
      const accounts = sessions.accounts(cookies);
      const returning = query.get('auto_select') === 'true' ? returningAccount(accounts, request.clientId) : undefined;
      if (returning !== undefined) return tapped(request, returning, 'auto', cookies);
      return { page: accounts.length > 0 ? cardPage(request, accounts) : nobodyPage(request) };
    },
    tap(form, cookies) {
      const request = signInRequestOf(form);
      const account = sessions.accounts(cookies).find(({ email }) => email === form.get('email'));
      if (request === undefined || account === undefined) return undefined;
      return tapped(request, account, account.clients.has(request.clientId) ? 'user' : 'user_1tap', cookies);
    },
  };
}
