/** The routes of /auth/session and of its renewal. */

import type { SitePaths } from '../contract/layout.ts';
import { traitsOf } from '../contract/provider-traits.ts';
import type { ProviderOffer, RouteKey, SignedOutSession } from '../contract/session-api.ts';
import { json } from './answer/json-answer.ts';
import { noStore } from './answer/problem.ts';
import { renew } from './flow/renewal.ts';
import { type SignInOptions, signIn } from './flow/sign-in.ts';
import { describeSession, isLive, readSession } from './issue/session.ts';
import type { GatewayAnswer, GatewayContext, GatewayEvent } from './receive/gateway.ts';
import type { ApiRequest } from './receive/request.ts';
import { createRoute, noInput, type Route } from './receive/route-input.ts';
import { expireCookiesAt } from './receive/set-cookies.ts';
import { leadingTo, type SignIn, signInInput } from './receive/sign-in-request.ts';
import type { Pseudonyms } from './record/pseudonyms.ts';
import type { Log } from './shared/log.ts';
import type { Refusal, RefusalReason } from './shared/refusal.ts';
import { rfc3339 } from './shared/rfc3339.ts';
import { endsWithin } from './shared/wait.ts';
import { browserNonce } from './verify/login-nonce.ts';

/**
 * How long a signed-out GET waits while the code for the next sign-in loads, in milliseconds. It must wait a little:
 * Lambda freezes the instance after the answer, and everything that is still loading.
 */
const warmUpMs = 400;

export interface RouteOptions extends SignInOptions {
  /** Other origins whose pages may call the API and be returned to. */
  readonly allowedOrigins: readonly string[];
  /** Where the site has its API and its open pages. */
  readonly paths: SitePaths;
  readonly providers: readonly ProviderOffer[];
  readonly log: Log;
  /** null: the log names people as they are. */
  readonly pseudonyms: Pseudonyms | null;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

export type ApiHandler = (event: GatewayEvent, context: GatewayContext) => Promise<GatewayAnswer>;

/**
 * Refusals of a renewal that end the session. Otherwise CloudFront would accept its cookies for a while, and a GET
 * would report the session as renewable.
 */
const ends: ReadonlySet<RefusalReason> = new Set([
  'not-admitted',
  'session-of-no-provider',
  'session-over',
  'session-signed-out',
]);

/** `answerRefusal`: logs a refusal and turns it into its answer. */
export function createSessionRoutes(
  options: RouteOptions,
  answerRefusal: (request: ApiRequest, refusal: Refusal) => GatewayAnswer,
) {
  const { session, audit, now, providers } = options;
  const nowSeconds = (): number => Math.floor(now() / 1000);

  const warmUpRenewal = (): unknown[] => [
    options.signingKey(),
    options.accessDocuments.current(),
    options.pseudonyms?.warm(),
  ];
  // Does not include the key sets of machines' issuers: an outage there does not affect pages.
  const browserKeySets = new Set(
    [...options.issuers.values()].filter((issuer) => traitsOf(issuer).signsInOnPages).map(({ keySet }) => keySet),
  );
  const warmUpSignIn = (): unknown[] => [
    ...warmUpRenewal(),
    ...[...browserKeySets].map((keySet) => keySet.warm()),
    options.identityPool?.warm(),
  ];

  async function getSession({ cookies }: ApiRequest): Promise<GatewayAnswer> {
    const seconds = nowSeconds();
    const statement = readSession(cookies, session);
    if (statement !== undefined && isLive(statement, session, seconds)) {
      const known = describeSession(statement, options, seconds);
      if (known.status === 'lapsed') await endsWithin(Promise.allSettled(warmUpRenewal()), warmUpMs);
      return json(200, known);
    }
    await endsWithin(Promise.allSettled(warmUpSignIn()), warmUpMs);
    const { nonce, cookie } = browserNonce(cookies, options.randomBytes);
    const signedOut: SignedOutSession = {
      status: 'signed-out',
      providers,
      nonce,
      hosts: session.hosts,
      now: rfc3339(seconds),
    };
    return json(200, signedOut, cookie === undefined ? [] : [cookie]);
  }

  async function postSession(request: ApiRequest, { idToken, returnPath }: SignIn): Promise<GatewayAnswer> {
    const seconds = nowSeconds();
    const signedIn = leadingTo(returnPath, await signIn(request, idToken, options, seconds));
    if (!signedIn.ok) return answerRefusal(request, signedIn.refusal);
    const { statement } = signedIn.value;
    const cookies = [...signedIn.value.cookies, ...expireCookiesAt('signed-in')];
    if (!request.isForm) return json(201, describeSession(statement, options, seconds), cookies);
    return { statusCode: 303, headers: { ...noStore, Location: returnPath }, cookies };
  }

  async function deleteSession(request: ApiRequest): Promise<GatewayAnswer> {
    const statement = readSession(request.cookies, session);
    if (statement !== undefined) await audit({ event: 'signed-out', request, session: statement });
    const headers = { ...noStore, 'Clear-Site-Data': '"cache"' };
    return {
      statusCode: 204,
      headers,
      cookies: [...expireCookiesAt('session-ended'), ...expireCookiesAt('signed-out')],
    };
  }

  async function renewSession(request: ApiRequest): Promise<GatewayAnswer> {
    const seconds = nowSeconds();
    const renewed = await renew(request, options, seconds);
    if (renewed.ok) return json(200, describeSession(renewed.value.statement, options, seconds), renewed.value.cookies);
    const answer = answerRefusal(request, renewed.refusal);
    return ends.has(renewed.refusal.reason) ? { ...answer, cookies: expireCookiesAt('session-ended') } : answer;
  }

  return {
    'GET /auth/session': createRoute(noInput, getSession),
    'POST /auth/session': createRoute(signInInput, postSession),
    'DELETE /auth/session': createRoute(noInput, deleteSession),
    'POST /auth/session/renewal': createRoute(noInput, renewSession),
  } satisfies Partial<Record<RouteKey, Route>>;
}
