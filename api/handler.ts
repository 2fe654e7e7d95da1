/** Owns the composition: middy around the three routes of /auth/session, and that whatever happens inside becomes one of the API's answers. */
import middy from '@middy/core';
import normalizeHeaders from '@middy/http-header-normalizer';
import parseJson from '@middy/http-json-body-parser';
import httpRouter from '@middy/http-router';
import securityHeaders from '@middy/http-security-headers';
import parseForm from '@middy/http-urlencode-body-parser';
import { type ProviderOffer, type SignedOutSession, sessionPath } from '../contract/session-api.ts';
import { crossOriginHeaders, preflightAnswer } from './cross-origin.ts';
import type { GatewayAnswer, GatewayContext, GatewayEvent } from './gateway.ts';
import { errorFields, type LogLevel } from './log.ts';
import { browserNonce } from './login-nonce.ts';
import { noStore, refusalAnswer } from './problem.ts';
import { type Refusal, RefusedRequest, wireOf } from './refusal.ts';
import { type ApiRequest, readRequest } from './request.ts';
import { guardRequest } from './request-guard.ts';
import { isInForce, readSession, signedInSession } from './session.ts';
import { type SignInOptions, signIn } from './sign-in.ts';
import { readSignIn } from './sign-in-request.ts';
import { signOutCookies } from './signed-cookies.ts';

/** How long before Lambda's own time-out the API gives up, in milliseconds, so that there is an answer at all. */
const giveUpEarlyMs = 250;

/**
 * How long a signed-out GET waits for what the sign-in after it will need, in milliseconds. It must wait a little: Lambda freezes the instance as
 * soon as there is an answer, and with it whatever is still being loaded.
 */
const warmUpMs = 400;

export interface HandlerOptions extends SignInOptions {
  /** Origins beside the site's own whose pages may call the API and be returned to. */
  readonly allowedOrigins: readonly string[];
  readonly providers: readonly ProviderOffer[];
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

export type ApiHandler = (event: GatewayEvent, context: GatewayContext) => Promise<GatewayAnswer>;

const json = (statusCode: number, value: unknown, cookies: readonly string[] = []): GatewayAnswer => ({
  statusCode,
  headers: { ...noStore, 'Content-Type': 'application/json' },
  ...(cookies.length > 0 && { cookies }),
  body: JSON.stringify(value),
});

// Few on purpose: no answer of the API is a page.
const securityOptions = {
  contentTypeOptions: { action: 'nosniff' },
  strictTransportSecurity: { maxAge: 31_536_000, includeSubDomains: false, preload: false },
  referrerPolicy: { policy: 'no-referrer' },
  contentSecurityPolicy: false,
  crossOriginEmbedderPolicy: false,
  crossOriginOpenerPolicy: false,
  crossOriginResourcePolicy: false,
  dnsPrefetchControl: false,
  downloadOptions: false,
  frameOptions: false,
  originAgentCluster: false,
  permissionsPolicy: false,
  permittedCrossDomainPolicies: false,
  poweredBy: false,
  reportingEndpoints: false,
  reportTo: false,
  xssProtection: false,
} as const;

const levelOf = (status: number): LogLevel => (status >= 500 ? 'error' : 'info');

/** A refusal for whatever was thrown: our own, a body parser's, or a fault. */
function refusalOf(error: unknown): Refusal {
  if (error instanceof RefusedRequest) return error.refusal;
  const status = (error as { statusCode?: unknown } | null | undefined)?.statusCode;
  if (status === 422) return { reason: 'body-malformed', evidence: {} };
  return { reason: 'unexpected', evidence: errorFields(error) };
}

/** Waits for `work`, but not longer than `ms`. */
async function waitFor(work: Promise<unknown>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([work, timeout]);
  clearTimeout(timer);
}

export function createHandler(options: HandlerOptions): ApiHandler {
  const { session, log, now, providers } = options;
  const allowedOrigins: ReadonlySet<string> = new Set(options.allowedOrigins);
  const guard = {
    ownOrigins: new Set([...session.hosts.map((host) => `https://${host}`), ...allowedOrigins]),
    providerOrigins: new Set(providers.map(({ scriptUrl }) => new URL(scriptUrl).origin)),
  };
  const nowSeconds = (): number => Math.floor(now() / 1000);

  function answerRefusal(request: ApiRequest, refusal: Refusal): GatewayAnswer {
    const { status, code } = wireOf(refusal.reason);
    const event = refusal.reason === 'not-admitted' ? 'denied' : 'refused';
    const { reason, evidence } = refusal;
    log(levelOf(status), event, { requestId: request.id, status, code, reason, ...evidence });
    return refusalAnswer(request, refusal);
  }

  const warmUp = (): Promise<unknown> =>
    Promise.allSettled([
      options.signingKey(),
      options.accessDocuments.current(),
      options.keySet.warm(),
      options.identityPool?.warm(),
    ]);

  async function getSession(event: GatewayEvent, context: GatewayContext): Promise<GatewayAnswer> {
    const { cookies } = readRequest(event, context);
    const seconds = nowSeconds();
    const statement = readSession(cookies, session);
    if (statement !== undefined && isInForce(statement, session, seconds)) {
      return json(200, signedInSession(statement, session, seconds));
    }
    await waitFor(warmUp(), warmUpMs);
    const { nonce, cookie } = browserNonce(cookies, options.randomBytes);
    const signedOut: SignedOutSession = {
      status: 'signed-out',
      providers,
      nonce,
      returnOrigins: options.allowedOrigins,
      hosts: session.hosts,
      now: new Date(seconds * 1000).toISOString(),
    };
    return json(200, signedOut, cookie === undefined ? [] : [cookie]);
  }

  async function postSession(event: GatewayEvent, context: GatewayContext): Promise<GatewayAnswer> {
    const request = readRequest(event, context);
    const attempt = readSignIn(request, event.body);
    if (!attempt.ok) return answerRefusal(request, attempt.refusal);
    const seconds = nowSeconds();
    const signedIn = await signIn(request, attempt.value.idToken, options, seconds);
    if (!signedIn.ok) return answerRefusal(request, signedIn.refusal);
    const { statement, cookies } = signedIn.value;
    if (!request.isForm) return json(201, signedInSession(statement, session, seconds), cookies);
    return { statusCode: 303, headers: { ...noStore, Location: attempt.value.returnPath }, cookies };
  }

  // Each parser leaves what is not of its content type; what no parser took is refused by `readSignIn`.
  const postParsed = middy({ timeoutEarlyInMillis: 0 })
    .use(parseJson({ disableContentTypeError: true }))
    .use(parseForm({ disableContentTypeError: true }))
    .handler(postSession);

  async function post(event: GatewayEvent, context: GatewayContext): Promise<GatewayAnswer> {
    const empty = event.body === undefined || event.body === '';
    return empty ? postSession(event, context) : postParsed(event, context);
  }

  async function deleteSession(event: GatewayEvent, context: GatewayContext): Promise<GatewayAnswer> {
    const { id: requestId, cookies } = readRequest(event, context);
    const statement = readSession(cookies, session);
    const who = statement && { iss: statement.iss, sub: statement.sub, email: statement.email, hd: statement.hd };
    log('info', 'signed-out', { requestId, who, sid: statement?.sid });
    return { statusCode: 204, headers: { ...noStore, 'Clear-Site-Data': '"cache"' }, cookies: signOutCookies };
  }

  const refuseMethod = (method: string): never => {
    throw new RefusedRequest('method-not-allowed', { method });
  };

  const router = httpRouter<GatewayEvent, GatewayAnswer>({
    routes: [
      { method: 'GET', path: sessionPath, handler: getSession },
      { method: 'POST', path: sessionPath, handler: post },
      { method: 'DELETE', path: sessionPath, handler: deleteSession },
      {
        method: 'OPTIONS',
        path: sessionPath,
        handler: (event: GatewayEvent, context: GatewayContext) =>
          preflightAnswer(readRequest(event, context), allowedOrigins) ?? refuseMethod('OPTIONS'),
      },
    ],
    notFoundResponse: ({ method }) => refuseMethod(method),
  });

  type Exchange = middy.Request<GatewayEvent, GatewayAnswer>;

  const addCrossOriginHeaders = (exchange: Exchange): void => {
    const { origin } = readRequest(exchange.event, exchange.context);
    const answer = exchange.response as GatewayAnswer;
    exchange.response = { ...answer, headers: { ...answer.headers, ...crossOriginHeaders(origin, allowedOrigins) } };
  };

  // middy runs `after` and `onError` in reverse order of `use`: the answer to an error comes first, its headers after it.
  const application = middy<GatewayEvent, GatewayAnswer>({
    timeoutEarlyInMillis: giveUpEarlyMs,
    timeoutEarlyResponse: () => {
      throw new RefusedRequest('out-of-time');
    },
  })
    .use(securityHeaders(securityOptions))
    .use({ after: addCrossOriginHeaders, onError: addCrossOriginHeaders })
    .use({
      onError: (exchange: Exchange): void => {
        const request = readRequest(exchange.event, exchange.context);
        exchange.response = answerRefusal(request, refusalOf(exchange.error));
      },
    })
    .use(normalizeHeaders())
    .before((exchange: Exchange): void => {
      const guarded = guardRequest(readRequest(exchange.event, exchange.context), exchange.event, guard);
      if (!guarded.ok) throw new RefusedRequest(guarded.refusal.reason, guarded.refusal.evidence);
    })
    .handler(router);

  return async (event, context) => {
    try {
      return await application(event, context);
    } catch {
      // Only a fault in the answer's own making comes here, the log included: say as little as possible, but in the API's form.
      return refusalAnswer(readRequest(event, context), { reason: 'unexpected', evidence: {} });
    }
  };
}
