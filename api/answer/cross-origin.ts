/** Writes the CORS headers, for exact origins only. Browsers hide the answer from pages of all other origins. */

import type { GatewayAnswer } from '../receive/gateway.ts';
import type { ApiRequest } from '../receive/request.ts';
import { methodsAt } from '../receive/routes.ts';
import { noStore } from './problem.ts';

/** How long a browser may remember a preflight, in seconds. */
const preflightSeconds = 600;

/** Headers that let the page of an allowed origin read the answer and send cookies. */
export function crossOriginHeaders(
  origin: string | undefined,
  allowedOrigins: ReadonlySet<string>,
): Readonly<Record<string, string>> {
  if (origin === undefined || !allowedOrigins.has(origin)) return {};
  return { 'Access-Control-Allow-Origin': origin, 'Access-Control-Allow-Credentials': 'true', Vary: 'Origin' };
}

/** Answer to a preflight from an allowed origin; `undefined` for any other OPTIONS. */
export function preflightAnswer(request: ApiRequest, allowedOrigins: ReadonlySet<string>): GatewayAnswer | undefined {
  if (request.origin === undefined || !allowedOrigins.has(request.origin)) return undefined;
  return {
    statusCode: 204,
    headers: {
      ...noStore,
      'Access-Control-Allow-Methods': methodsAt(request.route) ?? '',
      'Access-Control-Allow-Headers': 'authorization, content-type',
      'Access-Control-Max-Age': String(preflightSeconds),
    },
  };
}
