/** Builds the API handler: middy around the routes. Every fault inside becomes one of the API's answers. */
import middy from '@middy/core';
import normalizeHeaders from '@middy/http-header-normalizer';
import httpRouter from '@middy/http-router';
import securityHeaders from '@middy/http-security-headers';
import { apiRoutes, type RouteKey, routeKeyOf } from '../contract/session-api.ts';
import { createAccessRequestRoute } from './access-request-route.ts';
import { crossOriginHeaders, preflightAnswer } from './answer/cross-origin.ts';
import { refusalAnswer } from './answer/problem.ts';
import { formOriginsOf } from './answer/provider-offers.ts';
import type { GatewayAnswer } from './receive/gateway.ts';
import { type ApiRequest, readRequest } from './receive/request.ts';
import { guardRequest } from './receive/request-guard.ts';
import type { Exchange, HeardEvent, Route } from './receive/route-input.ts';
import { apiPaths, pathOnSite } from './receive/routes.ts';
import { type ApiHandler, createSessionRoutes, type RouteOptions } from './session-routes.ts';
import { errorFields, type LogLevel } from './shared/log.ts';
import { type Refusal, RefusedRequest, wireOf } from './shared/refusal.ts';

/** How long before Lambda's timeout the API gives up, in milliseconds, so that it can still answer. */
const giveUpEarlyMs = 250;

// Only a few headers: no answer is a page, and pages of other origins may load only what CORS lets them read.
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

/** The refusal for anything thrown: our own error, a body parser's, or a fault. */
function refusalOf(error: unknown): Refusal {
  if (error instanceof RefusedRequest) return error.refusal;
  const status = (error as { statusCode?: unknown } | null | undefined)?.statusCode;
  if (status === 422) return { reason: 'body-malformed', evidence: {} };
  return { reason: 'unexpected', evidence: errorFields(error) };
}

export function createHandler(options: RouteOptions): ApiHandler {
  const { session, log, now, providers, paths } = options;
  const allowedOrigins: ReadonlySet<string> = new Set(options.allowedOrigins);
  const guard = {
    ownOrigins: new Set([...session.hosts.map((host) => `https://${host}`), ...allowedOrigins]),
    providerOrigins: new Set(providers.flatMap(formOriginsOf)),
  };

  function answerRefusal(request: ApiRequest, refusal: Refusal): GatewayAnswer {
    const { reason, evidence } = refusal;
    const { status, code } = wireOf(reason);
    // The audit line of the decision records the denial.
    if (reason !== 'not-admitted' && reason !== 'session-signed-out')
      log(levelOf(status), 'refused', {
        time: new Date(now()).toISOString(),
        requestId: request.id,
        status,
        code,
        reason,
        ...evidence,
      });
    return refusalAnswer(request, refusal, paths);
  }

  const handled: Readonly<Record<RouteKey, Route>> = {
    ...createSessionRoutes(options, answerRefusal),
    ...createAccessRequestRoute(options, answerRefusal),
  };

  const refuseMethod = (method: string): never => {
    throw new RefusedRequest({ reason: 'method-not-allowed', evidence: { method } });
  };

  const preflight = ({ request }: HeardEvent): GatewayAnswer =>
    preflightAnswer(request, allowedOrigins) ?? refuseMethod('OPTIONS');

  const router = httpRouter<HeardEvent, GatewayAnswer>({
    routes: [
      ...apiRoutes.map((route) => ({
        method: route.method,
        path: pathOnSite(route.path, paths),
        handler: handled[routeKeyOf(route)].handler,
      })),
      ...[...apiPaths].map((route) => ({
        method: 'OPTIONS' as const,
        path: pathOnSite(route, paths),
        handler: preflight,
      })),
    ],
    notFoundResponse: ({ method }) => refuseMethod(method),
  });

  /** Also works for a request that failed before its head was read. */
  const requestOf = ({ event, context }: Exchange): ApiRequest => event?.request ?? readRequest(event, context, paths);

  const addCrossOriginHeaders = (exchange: Exchange): void => {
    const { origin } = requestOf(exchange);
    const answer = exchange.response as GatewayAnswer;
    exchange.response = { ...answer, headers: { ...answer.headers, ...crossOriginHeaders(origin, allowedOrigins) } };
  };

  // middy runs `after` and `onError` in reverse order of `use`: first the error's answer, then its headers.
  const application = middy<HeardEvent, GatewayAnswer>({
    timeoutEarlyInMillis: giveUpEarlyMs,
    timeoutEarlyResponse: () => {
      throw new RefusedRequest({ reason: 'out-of-time', evidence: {} });
    },
  })
    .use(securityHeaders(securityOptions))
    .use({ after: addCrossOriginHeaders, onError: addCrossOriginHeaders })
    .use({
      onError: (exchange: Exchange): void => {
        exchange.response = answerRefusal(requestOf(exchange), refusalOf(exchange.error));
      },
    })
    .use(normalizeHeaders())
    .before((exchange: Exchange): void => {
      const request = readRequest(exchange.event, exchange.context, paths);
      exchange.event = { ...exchange.event, request };
      const guarded = guardRequest(request, exchange.event, guard);
      if (!guarded.ok) throw new RefusedRequest(guarded.refusal);
    })
    .before((exchange: Exchange): void => {
      const { method, route } = exchange.event.request;
      const handling: Route | undefined = handled[`${method} ${route}` as RouteKey];
      handling?.before(exchange);
    })
    .handler(router);

  return async (event, context) => {
    try {
      return await application(event as HeardEvent, context);
    } catch {
      // Only a fault in building the answer or in logging gets here. Say little, but in the API's format.
      return refusalAnswer(readRequest(event, context, paths), { reason: 'unexpected', evidence: {} }, paths);
    }
  };
}
