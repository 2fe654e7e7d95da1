/** Owns what is checked before any route runs: path, size, and where the request comes from. Reads no token. */
import { maximumBodyBytes } from '../contract/session-api.ts';
import type { GatewayEvent } from './gateway.ts';
import { accept, type Result, refuse } from './refusal.ts';
import type { ApiRequest } from './request.ts';
import { methodsAt } from './resources.ts';

const safeMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

export interface GuardOptions {
  /** Origins whose pages may send unsafe requests. */
  readonly ownOrigins: ReadonlySet<string>;
  /** Origins that the provider's form post comes from. */
  readonly providerOrigins: ReadonlySet<string>;
}

const bodyBytes = ({ body, isBase64Encoded }: Partial<GatewayEvent>): number =>
  Buffer.byteLength(body ?? '', isBase64Encoded === true ? 'base64' : 'utf8');

function checkOrigin(request: ApiRequest, { ownOrigins, providerOrigins }: GuardOptions): boolean {
  if (safeMethods.has(request.method)) return true;
  if (request.isForm) {
    // A browser always sends it with a cross-site form; `null` after a redirect or under a strict referrer policy.
    return request.origin === 'null' || (request.origin !== undefined && providerOrigins.has(request.origin));
  }
  return request.origin === undefined || ownOrigins.has(request.origin);
}

export function guardRequest(
  request: ApiRequest,
  event: Partial<GatewayEvent>,
  options: GuardOptions,
): Result<undefined> {
  if (methodsAt(request.path) === undefined) return refuse('unknown-path', { path: request.path });
  // The router takes a request without a method for a fault of ours.
  if (request.method === '') return refuse('method-not-allowed', { method: '' });
  if (!checkOrigin(request, options)) return refuse('foreign-origin', { origin: request.origin ?? null });
  const bytes = bodyBytes(event);
  return bytes > maximumBodyBytes ? refuse('body-too-large', { bytes }) : accept(undefined);
}
