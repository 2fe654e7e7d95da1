/** Owns the composition: middy around the routes, and that whatever happens inside becomes one of the API's answers. */
import middy from '@middy/core';
import normalizeHeaders from '@middy/http-header-normalizer';
import httpRouter from '@middy/http-router';
import securityHeaders from '@middy/http-security-headers';
import { accessRequestsPath, renewalPath, sessionPath } from '../contract/session-api.ts';
import { createAccessRequestRoute } from './access-request-route.ts';
import { crossOriginHeaders, preflightAnswer } from './answer/cross-origin.ts';
import { refusalAnswer } from './answer/problem.ts';
import type { GatewayAnswer, GatewayContext, GatewayEvent } from './receive/gateway.ts';
import { type ApiRequest, readRequest } from './receive/request.ts';
import { guardRequest } from './receive/request-guard.ts';
import { type ApiHandler, createSessionRoutes, type RouteOptions } from './session-routes.ts';
import { errorFields, type LogLevel } from './shared/log.ts';
import { type Refusal, RefusedRequest, wireOf } from './shared/refusal.ts';

/** How long before Lambda's own time-out the API gives up, in milliseconds, so that there is an answer at all. */
const giveUpEarlyMs = 250;

// Few on purpose: no answer of the API is a page, and none is for a page of another origin to load, but for what CORS
// lets it read.
const securityOptions = {
  contentTypeOptions: { action: 'nosniff' },
  strictTransportSecurity: { maxAge: 31_536_000, includeSubDomains: false, preload: false },
  referrerPolicy: { policy: 'no-referrer' },
  contentSecurityPolicy: false,
  crossOriginEmbedderPolicy: false,
  crossOriginOpenerPolicy: { policy: 'same-origin-allow-popups' },
  crossOriginResourcePolicy: { policy: 'same-origin' },
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

export function createHandler(options: RouteOptions): ApiHandler {
  const { session, log, now, providers } = options;
  const allowedOrigins: ReadonlySet<string> = new Set(options.allowedOrigins);
  const guard = {
    ownOrigins: new Set([...session.hosts.map((host) => `https://${host}`), ...allowedOrigins]),
    providerOrigins: new Set(
      providers.flatMap((offer) => (offer.kind === 'google' ? [new URL(offer.scriptUrl).origin] : [])),
    ),
  };

  function answerRefusal(request: ApiRequest, refusal: Refusal): GatewayAnswer {
    const { reason, evidence } = refusal;
    const { status, code } = wireOf(reason);
    // Who is denied stands in the audit, in the line of that decision.
    if (reason !== 'not-admitted' && reason !== 'session-signed-out')
      log(levelOf(status), 'refused', {
        time: new Date(now()).toISOString(),
        requestId: request.id,
        status,
        code,
        reason,
        ...evidence,
      });
    return refusalAnswer(request, refusal);
  }

  const routes = createSessionRoutes(options, answerRefusal);

  const postAccessRequest = createAccessRequestRoute(options, answerRefusal);

  const refuseMethod = (method: string): never => {
    throw new RefusedRequest('method-not-allowed', { method });
  };

  const preflight = (event: GatewayEvent, context: GatewayContext): GatewayAnswer =>
    preflightAnswer(readRequest(event, context), allowedOrigins) ?? refuseMethod('OPTIONS');

  const router = httpRouter<GatewayEvent, GatewayAnswer>({
    routes: [
      { method: 'GET', path: sessionPath, handler: routes.get },
      { method: 'POST', path: sessionPath, handler: routes.post },
      { method: 'DELETE', path: sessionPath, handler: routes.delete },
      { method: 'OPTIONS', path: sessionPath, handler: preflight },
      { method: 'POST', path: renewalPath, handler: routes.renew },
      { method: 'OPTIONS', path: renewalPath, handler: preflight },
      { method: 'POST', path: accessRequestsPath, handler: postAccessRequest },
      { method: 'OPTIONS', path: accessRequestsPath, handler: preflight },
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
