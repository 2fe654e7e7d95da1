/** Checks every request before its route runs: path, size, method and origin. */
import { maximumBodyBytes } from '../../contract/session-api.ts';
import { accept, type Result, refuse } from '../shared/refusal.ts';
import type { GatewayEvent } from './gateway.ts';
import type { ApiRequest } from './request.ts';
import { methodsAt } from './routes.ts';

const readingMethods: ReadonlySet<string> = new Set(['GET', 'HEAD']);

/**
 * Values of `Sec-Fetch-Site` for requests that no page of another origin made. `none`: the person used the address bar
 * or a bookmark.
 */
const ownSites: ReadonlySet<string> = new Set(['same-origin', 'none']);

export interface GuardOptions {
  /** Origins whose pages may send requests. */
  readonly ownOrigins: ReadonlySet<string>;
  /** Origins that may send the provider's form post. */
  readonly providerOrigins: ReadonlySet<string>;
}

const bodyBytes = ({ body, isBase64Encoded }: Partial<GatewayEvent>): number =>
  Buffer.byteLength(body ?? '', isBase64Encoded === true ? 'base64' : 'utf8');

/**
 * Whether the request is the provider's form post, sent as a navigation. A browser always sends an origin with it; the
 * origin is `null` after a redirect or under a strict referrer policy.
 */
function isOfProvider({ origin, fetch }: ApiRequest, providerOrigins: ReadonlySet<string>): boolean {
  // A script can send a form, too. If it hides its origin, only this check catches it.
  const isNavigation = fetch.mode === undefined || fetch.mode === 'navigate';
  return isNavigation && (origin === 'null' || (origin !== undefined && providerOrigins.has(origin)));
}

/**
 * Whether the browser reports an allowed source. Checks `Origin`, which browsers send with every request that changes
 * something or uses CORS; otherwise checks `Sec-Fetch-Site`. A sibling host is another origin, although it receives the
 * same cookies.
 */
function checkOrigin(request: ApiRequest, { ownOrigins, providerOrigins }: GuardOptions): boolean {
  const { method, origin, fetch } = request;
  // The answer to the preflight says who may continue.
  if (method === 'OPTIONS') return true;
  if (request.isForm) return isOfProvider(request, providerOrigins);
  // A link to this path shows what the address bar would show, and no page can read it. A page that loads or frames the
  // answer is different.
  if (readingMethods.has(method) && fetch.mode === 'navigate' && fetch.dest === 'document') return true;
  return origin === undefined ? fetch.site === undefined || ownSites.has(fetch.site) : ownOrigins.has(origin);
}

export function guardRequest(
  request: ApiRequest,
  event: Partial<GatewayEvent>,
  options: GuardOptions,
): Result<undefined> {
  if (methodsAt(request.route) === undefined) return refuse('unknown-path', { path: request.path });
  // The router treats a request without a method as our fault.
  if (request.method === '') return refuse('method-not-allowed', { method: '' });
  if (!checkOrigin(request, options)) {
    return refuse('foreign-origin', { origin: request.origin ?? null, site: request.fetch.site ?? null });
  }
  const bytes = bodyBytes(event);
  return bytes > maximumBodyBytes ? refuse('body-too-large', { bytes }) : accept(undefined);
}
