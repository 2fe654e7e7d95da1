/** Owns what is checked before any route runs: path, size, and where the request comes from. Reads no token. */
import { maximumBodyBytes } from '../../contract/session-api.ts';
import { accept, type Result, refuse } from '../shared/refusal.ts';
import type { GatewayEvent } from './gateway.ts';
import type { ApiRequest } from './request.ts';
import { methodsAt } from './routes.ts';

const readingMethods: ReadonlySet<string> = new Set(['GET', 'HEAD']);

/**
 * What a browser says of requests that no page of another origin made. `none`: the person, by the address bar or a
 * bookmark.
 */
const ownSites: ReadonlySet<string> = new Set(['same-origin', 'none']);

export interface GuardOptions {
  /** Origins whose pages may send requests. */
  readonly ownOrigins: ReadonlySet<string>;
  /** Origins that the provider's form post comes from. */
  readonly providerOrigins: ReadonlySet<string>;
}

const bodyBytes = ({ body, isBase64Encoded }: Partial<GatewayEvent>): number =>
  Buffer.byteLength(body ?? '', isBase64Encoded === true ? 'base64' : 'utf8');

/**
 * The provider's form post, as a navigation. A browser always sends an origin with it; `null` after a redirect or under
 * a strict referrer policy.
 */
function isOfProvider({ origin, fetch }: ApiRequest, providerOrigins: ReadonlySet<string>): boolean {
  // A script can send a form, too, and wherever it hides its origin this is what tells it apart.
  const isNavigation = fetch.mode === undefined || fetch.mode === 'navigate';
  return isNavigation && (origin === 'null' || (origin !== undefined && providerOrigins.has(origin)));
}

/**
 * Whether the request may be heard, as far as its browser says where it comes from: by `Origin`, which comes with
 * everything that changes something and with what CORS is about, and else by `Sec-Fetch-Site`. A sibling host is
 * another origin, although cookies go there.
 */
function checkOrigin(request: ApiRequest, { ownOrigins, providerOrigins }: GuardOptions): boolean {
  const { method, origin, fetch } = request;
  // The preflight's own answer names who may go on.
  if (method === 'OPTIONS') return true;
  if (request.isForm) return isOfProvider(request, providerOrigins);
  // A link that leads here shows what the address bar would, and no page reads it. What loads or frames an answer is
  // another thing.
  if (readingMethods.has(method) && fetch.mode === 'navigate' && fetch.dest === 'document') return true;
  return origin === undefined ? fetch.site === undefined || ownSites.has(fetch.site) : ownOrigins.has(origin);
}

export function guardRequest(
  request: ApiRequest,
  event: Partial<GatewayEvent>,
  options: GuardOptions,
): Result<undefined> {
  if (methodsAt(request.path) === undefined) return refuse('unknown-path', { path: request.path });
  // The router takes a request without a method for a fault of ours.
  if (request.method === '') return refuse('method-not-allowed', { method: '' });
  if (!checkOrigin(request, options)) {
    return refuse('foreign-origin', { origin: request.origin ?? null, site: request.fetch.site ?? null });
  }
  const bytes = bodyBytes(event);
  return bytes > maximumBodyBytes ? refuse('body-too-large', { bytes }) : accept(undefined);
}
