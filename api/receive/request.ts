/** Owns what the API reads of a request's head. Judges nothing, looks into no body, never throws. */
import { sessionPath } from '../../contract/session-api.ts';
import { type CookieJar, readCookies } from './cookie-jar.ts';
import type { GatewayContext, GatewayEvent } from './gateway.ts';
import { withoutBlanks } from './header-text.ts';

const formContentType = /^application\/x-www-form-urlencoded(;.*)?$/i;
const bearerScheme = /^bearer(?:[ \t]|$)/i;

export interface ApiRequest {
  /** Stands in the answer's problem document and in every log line. */
  readonly id: string;
  readonly method: string;
  readonly path: string;
  readonly origin: string | undefined;
  /** Where a browser says that the request comes from, and what for; `undefined`: no browser, or one of before 2023. */
  readonly fetch: {
    readonly site: string | undefined;
    readonly mode: string | undefined;
    readonly dest: string | undefined;
  };
  /** The Authorization header if its scheme is Bearer; other schemes are not ours. */
  readonly bearer: string | undefined;
  /** A browser made it: it carries `Origin` or `Sec-Fetch-Site`, which pages can neither set nor leave out. */
  readonly fromBrowser: boolean;
  /** The provider's form post, whose answers are redirects. A page cannot add an Authorization header to a form. */
  readonly isForm: boolean;
  readonly cookies: CookieJar;
}

export function readRequest(event: Partial<GatewayEvent> | null | undefined, context: GatewayContext): ApiRequest {
  const header = (name: string): string | undefined => {
    // A list (API Gateway sends none) becomes a text that fits nothing, rather than a fault, or no header at all.
    const value: unknown = event?.headers?.[name];
    return value === undefined || value === null ? undefined : String(value);
  };
  const http = event?.requestContext?.http;
  const method = http?.method ?? '';
  const path = http?.path ?? '';
  const authorization = withoutBlanks(header('authorization') ?? '');
  const bearer = bearerScheme.test(authorization) ? authorization : undefined;
  const origin = header('origin');
  const fetch = { site: header('sec-fetch-site'), mode: header('sec-fetch-mode'), dest: header('sec-fetch-dest') };
  return {
    id: event?.requestContext?.requestId ?? context.awsRequestId ?? 'unknown',
    method,
    path,
    origin,
    bearer,
    fetch,
    fromBrowser: origin !== undefined || fetch.site !== undefined,
    isForm:
      method === 'POST' &&
      path === sessionPath &&
      bearer === undefined &&
      formContentType.test(header('content-type') ?? '') &&
      // API Gateway calls every empty POST a form.
      (event?.body ?? '') !== '',
    cookies: readCookies(event?.cookies),
  };
}
