/**
 * The visit to a user pool's hosted sign-in and back, with Amplify: authorization code with PKCE (RFC 7636), and the
 * API's nonce. A script of its own, loaded when it is needed. It deletes the tokens as soon as it has read one.
 */
import { signInWithRedirect } from '@aws-amplify/auth';
import { cognitoUserPoolsTokenProvider } from '@aws-amplify/auth/cognito';
import '@aws-amplify/auth/enable-oauth-listener';
import { Amplify, defaultStorage, fetchAuthSession, Hub } from '@aws-amplify/core';
import { checkReturnUrl, returnParameter } from '../../contract/return-url.ts';
import type { UserPoolOffer } from '../../contract/session-api.ts';
import { loginPagePath, type Page } from '../shared/page.ts';
import { anotherKey, hasLeft, pendingStepKey, providerKey, recall, remember } from '../shared/page-memory.ts';
import * as words from '../words/en/user-pool.ts';

/** Longest wait for the tokens, in milliseconds. */
const timeoutMs = 20_000;

/** What a visit brought: an ID token, or words for what happened; or nothing. */
export interface PoolReturn {
  readonly idToken?: string;
  readonly notice?: string;
}

/**
 * Why the window was sent there:
 * - `sign-in`: for a code
 * - `another`: to end its session, so that another account can be chosen; a sign-in follows
 * - `sign-out`: to end its session
 */
type Step = 'sign-in' | 'another' | 'sign-out';

interface PendingStep {
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

function parse(pendingStep: string): PendingStep | undefined {
  try {
    return JSON.parse(pendingStep) as PendingStep;
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
function leaveTo(pool: UserPoolOffer, page: Page, pendingStep: PendingStep): void {
  page.storage.setItem(pendingStepKey, JSON.stringify(pendingStep));
  const query = new URLSearchParams({ client_id: pool.clientId, logout_uri: pageUrl(page) });
  page.visit(`https://${pool.hostedSignIn}/logout?${query}`);
}

async function authorize(pool: UserPoolOffer, nonce: string, page: Page, to: string, again: boolean): Promise<void> {
  page.storage.setItem(pendingStepKey, JSON.stringify({ step: 'sign-in', to } satisfies PendingStep));
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
    const timer = setTimeout(() => end({ notice: words.unreachable }), timeoutMs);
    const stop = Hub.listen('auth', ({ payload: { event, data } }: { payload: { event: string; data?: unknown } }) => {
      if (event === 'signInWithRedirect') {
        fetchAuthSession().then(
          ({ tokens }) => end(tokens?.idToken ? { idToken: tokens.idToken.toString() } : { notice: words.onceMore }),
          () => end({ notice: words.onceMore }),
        );
      } else if (event === 'signInWithRedirect_failure') {
        const { error } = data as { error?: unknown };
        // No answer, or not one of a token endpoint.
        end({
          notice: error instanceof TypeError || error instanceof SyntaxError ? words.unreachable : words.onceMore,
        });
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
      readonly pendingStep: string;
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
    if ('pendingStep' in why) return await goOn(pool, nonce, page, why.pendingStep);
    clear();
    if (why.another) leaveTo(pool, page, { step: 'another', to: page.href });
    else await authorize(pool, nonce, page, page.href, false);
    return undefined;
  } catch {
    // Storage is refused, or Amplify is.
    return { notice: words.onceMore };
  } finally {
    visiting = false;
  }
}

async function goOn(pool: UserPoolOffer, nonce: string, page: Page, kept: string): Promise<PoolReturn | undefined> {
  const pendingStep = parse(kept);
  const { origin, pathname, searchParams } = new URL(page.href);
  const to = pendingStep && checkReturnUrl(pendingStep.to, origin);
  // The login page itself says in its query where it leads on to.
  const settled = to && new URL(to).pathname !== loginPagePath ? `?${returnParameter}=${encodeURIComponent(to)}` : '';
  const settle = (): void => page.rewrite(to && !settled ? to : pageUrl(page) + settled);
  if (isAnswer(page.href)) {
    const error = searchParams.get('error');
    let result: PoolReturn = { notice: words.elsewhere };
    if (pendingStep?.step === 'sign-in') {
      if (!error) result = await exchange(pool, page);
      else result = { notice: error === 'access_denied' ? words.canceled : words.refused };
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
  if (pendingStep.step === 'another') {
    settle();
    // Its session is over, so it asks by itself.
    remember(() => page.lasting, anotherKey, '');
    await authorize(pool, nonce, page, to, true);
    return undefined;
  }
  if (pendingStep.step === 'sign-out' && to !== page.href) {
    page.leave(to);
    return undefined;
  }
  return {};
}
