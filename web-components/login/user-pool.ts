/**
 * Owns the visit to a user pool's hosted sign-in and back, with Amplify: authorization code with PKCE (RFC 7636), and the API's nonce. A script of its
 * own, loaded by who goes there. Keeps tokens for no longer than it takes to read one.
 */
import { signInWithRedirect } from '@aws-amplify/auth';
import { cognitoUserPoolsTokenProvider } from '@aws-amplify/auth/cognito';
import '@aws-amplify/auth/enable-oauth-listener';
import { Amplify, defaultStorage, fetchAuthSession, Hub } from '@aws-amplify/core';
import { checkReturnUrl, returnParameter } from '../../contract/return-url.ts';
import type { UserPoolOffer } from '../../contract/session-api.ts';
import { loginPagePath, type Page } from '../shared/page.ts';
import { anotherKey, errandKey, hasLeft, providerKey, recall, remember } from '../shared/page-memory.ts';

/** Longest wait for the tokens, in milliseconds. */
const timeoutMs = 20_000;

const cancelled = 'Sign-in was cancelled. You can sign in whenever you like.';
const elsewhere = 'That sign-in was begun in another window, or is already over. Please sign in here.';
const refused = 'The account’s own sign-in refused it. Try again, or ask the people who run it.';
const onceMore = 'That sign-in is no longer valid. Please sign in once more.';
const unreachable = 'The account’s own sign-in did not answer. Check your connection, then try again.';

/** What a visit brought: an ID token, or words for what happened; or nothing. */
export interface PoolReturn {
  readonly idToken?: string;
  readonly notice?: string;
}

/**
 * Why the window was sent there. `sign-in`: for a code · `another`: to end its session, so that another account can be chosen; a sign-in follows ·
 * `sign-out`: to end its session.
 */
type Step = 'sign-in' | 'another' | 'sign-out';

interface Errand {
  readonly step: Step;
  /** The page that was left. */
  readonly to: string;
}

const pageUrl = (page: Page): string => new URL(loginPagePath, page.href).href;

/** true: the login page was called by the hosted sign-in, with a code or an error. */
function isAnswer(href: string): boolean {
  const { pathname, searchParams } = new URL(href);
  return pathname === loginPagePath && (searchParams.has('code') || searchParams.has('error'));
}

function parse(errand: string): Errand | undefined {
  try {
    return JSON.parse(errand) as Errand;
  } catch {
    return undefined;
  }
}

/** Leaves nothing of Amplify in this tab: neither tokens nor what belongs to a sign-in that has ended. */
function clear(): void {
  for (const key of Object.keys(sessionStorage)) {
    if (/^(CognitoIdentityServiceProvider|com\.amplify|amplify)/.test(key)) sessionStorage.removeItem(key);
  }
}

/** Amplify goes on with a sign-in that is under way as soon as it is configured. */
function configure({ userPoolId, clientId, hostedSignIn, scopes }: UserPoolOffer, page: Page): void {
  const callback = [pageUrl(page)];
  // For tokens and for the sign-in's own secrets, which Amplify would keep for all tabs and beyond their end.
  defaultStorage.storage = sessionStorage;
  const Auth = {
    Cognito: {
      userPoolId,
      userPoolClientId: clientId,
      loginWith: {
        oauth: {
          domain: hostedSignIn,
          redirectSignIn: callback,
          redirectSignOut: callback,
          responseType: 'code' as const,
          scopes: [...scopes],
        },
      },
    },
  };
  cognitoUserPoolsTokenProvider.setAuthConfig(Auth);
  Amplify.configure({ Auth }, { Auth: { tokenProvider: cognitoUserPoolsTokenProvider } });
}

/** @see https://docs.aws.amazon.com/cognito/latest/developerguide/logout-endpoint.html */
function leaveTo(pool: UserPoolOffer, page: Page, errand: Errand): void {
  page.storage.setItem(errandKey, JSON.stringify(errand));
  const query = new URLSearchParams({ client_id: pool.clientId, logout_uri: pageUrl(page) });
  page.visit(`https://${pool.hostedSignIn}/logout?${query}`);
}

async function authorize(pool: UserPoolOffer, nonce: string, page: Page, to: string, again: boolean): Promise<void> {
  page.storage.setItem(errandKey, JSON.stringify({ step: 'sign-in', to } satisfies Errand));
  configure(pool, page);
  await signInWithRedirect({
    options: {
      nonce,
      // Handed on to the provider behind the pool, which may know the same person, too.
      ...(again && { prompt: 'SELECT_ACCOUNT' }),
      authSessionOpener: async (address) => {
        const url = new URL(address);
        // Amplify's default leads past the choice of providers.
        url.searchParams.delete('identity_provider');
        page.visit(url.href);
      },
    },
  });
}

/** Waits for Amplify to exchange the code. */
function exchange(pool: UserPoolOffer, page: Page): Promise<PoolReturn> {
  return new Promise((resolve) => {
    const end = (result: PoolReturn): void => {
      clearTimeout(timer);
      stop();
      resolve(result);
    };
    const timer = setTimeout(() => end({ notice: unreachable }), timeoutMs);
    const stop = Hub.listen('auth', ({ payload: { event, data } }: { payload: { event: string; data?: unknown } }) => {
      if (event === 'signInWithRedirect') {
        fetchAuthSession().then(
          ({ tokens }) => end(tokens?.idToken ? { idToken: tokens.idToken.toString() } : { notice: onceMore }),
          () => end({ notice: onceMore }),
        );
      } else if (event === 'signInWithRedirect_failure') {
        const { error } = data as { error?: unknown };
        // No answer, or not one of a token endpoint.
        end({ notice: error instanceof TypeError || error instanceof SyntaxError ? unreachable : onceMore });
      }
    });
    configure(pool, page);
  });
}

let visiting = false;

/** To leave for the hosted sign-in; or to go on where the window comes back. */
export type PoolVisit =
  | {
      /** true: its own session is ended first, since it signs in whom it knows without asking. */
      readonly another: boolean;
    }
  | {
      /** As it was kept. Empty: none. */
      readonly errand: string;
    };

/** Resolves to `undefined` when the page is left. @internal */
export async function visit(
  pool: UserPoolOffer,
  nonce: string,
  page: Page,
  why: PoolVisit,
): Promise<PoolReturn | undefined> {
  // Of several elements one goes on.
  if (visiting) return {};
  visiting = true;
  try {
    if ('errand' in why) return await goOn(pool, nonce, page, why.errand);
    clear();
    if (why.another) leaveTo(pool, page, { step: 'another', to: page.href });
    else await authorize(pool, nonce, page, page.href, false);
    return undefined;
  } catch {
    // Storage is refused, or Amplify is.
    return { notice: onceMore };
  } finally {
    visiting = false;
  }
}

async function goOn(pool: UserPoolOffer, nonce: string, page: Page, kept: string): Promise<PoolReturn | undefined> {
  const errand = parse(kept);
  const { origin, pathname, searchParams } = new URL(page.href);
  const to = errand && checkReturnUrl(errand.to, origin);
  // The login page itself says in its query where it leads on to.
  const settled = to && new URL(to).pathname !== loginPagePath ? `?${returnParameter}=${encodeURIComponent(to)}` : '';
  const settle = (): void => page.rewrite(to && !settled ? to : pageUrl(page) + settled);
  if (isAnswer(page.href)) {
    const error = searchParams.get('error');
    let result: PoolReturn = { notice: elsewhere };
    if (errand?.step === 'sign-in') {
      if (!error) result = await exchange(pool, page);
      else result = { notice: error === 'access_denied' ? cancelled : refused };
    }
    clear();
    // Out of the address and the history: the code is used up, and loading the page again starts anew.
    settle();
    return result;
  }
  if (kept === hasLeft && pool.logout && recall(() => page.lasting, providerKey) === pool.kind) {
    leaveTo(pool, page, { step: 'sign-out', to: page.href });
    return undefined;
  }
  if (pathname !== loginPagePath || !to) return {};
  if (errand.step === 'another') {
    settle();
    // Its session is over, so it asks by itself.
    remember(() => page.lasting, anotherKey, '');
    await authorize(pool, nonce, page, to, true);
    return undefined;
  }
  if (errand.step === 'sign-out' && to !== page.href) {
    page.leave(to);
    return undefined;
  }
  return {};
}
