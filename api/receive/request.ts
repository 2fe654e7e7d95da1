/** Reads the head of a request. Never throws. */
import type { SitePaths } from '../../contract/layout.ts';
import { sessionPath } from '../../contract/session-api.ts';
import { type CookieJar, readCookies } from './cookie-jar.ts';
import type { GatewayContext, GatewayEvent } from './gateway.ts';
import { withoutBlanks } from './header-text.ts';
import { routeAt } from './routes.ts';

const formContentType = /^application\/x-www-form-urlencoded(;.*)?$/i;
const bearerScheme = /^bearer(?:[ \t]|$)/i;

export interface ApiRequest {
  /** Appears in the problem document and in every log line. */
  readonly id: string;
  readonly method: string;
  /** As it was sent. */
  readonly path: string;
  /** The path of the route, the same on every site; empty: the API has no such path. */
  readonly route: string;
  readonly origin: string | undefined;
  /**
   * What the browser says about the source and purpose of the request. `undefined`: not a browser, or one from before
   * 2023.
   */
  readonly fetch: {
    readonly site: string | undefined;
    readonly mode: string | undefined;
    readonly dest: string | undefined;
  };
  /** The token of the Authorization header, if its scheme is Bearer. Other schemes are ignored. */
  readonly bearer: string | undefined;
  /** A browser sent the request: it has `Origin` or `Sec-Fetch-Site`, which pages can neither set nor remove. */
  readonly fromBrowser: boolean;
  /**
   * The request is the provider's form post, which gets redirects as answers. A page cannot add an Authorization header
   * to a form.
   */
  readonly isForm: boolean;
  readonly cookies: CookieJar;
}

/** `paths`: those of the site. */
export function readRequest(
  event: Partial<GatewayEvent> | null | undefined,
  context: GatewayContext,
  paths: SitePaths,
): ApiRequest {
  const header = (name: string): string | undefined => {
    // API Gateway sends no lists. A list becomes a text that matches nothing, so it neither throws nor counts as
    // missing.
    const value: unknown = event?.headers?.[name];
    return value === undefined || value === null ? undefined : String(value);
  };
  const http = event?.requestContext?.http;
  const method = http?.method ?? '';
  const path = http?.path ?? '';
  const route = routeAt(String(path), paths);
  const authorization = withoutBlanks(header('authorization') ?? '');
  const bearer = bearerScheme.test(authorization) ? authorization : undefined;
  const origin = header('origin');
  const fetch = { site: header('sec-fetch-site'), mode: header('sec-fetch-mode'), dest: header('sec-fetch-dest') };
  return {
    id: event?.requestContext?.requestId ?? context.awsRequestId ?? 'unknown',
    method,
    path,
    route,
    origin,
    bearer,
    fetch,
    fromBrowser: origin !== undefined || fetch.site !== undefined,
    isForm:
      method === 'POST' &&
      route === sessionPath &&
      bearer === undefined &&
      formContentType.test(header('content-type') ?? '') &&
      // API Gateway marks every empty POST as a form.
      (event?.body ?? '') !== '',
    cookies: readCookies(event?.cookies),
  };
}
