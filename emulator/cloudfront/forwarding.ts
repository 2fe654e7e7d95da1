/**
 * Which of the viewer's headers, cookies and query parameters reach the origin: everything in the cache key, and what
 * an origin request policy adds.
 * @see https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/understanding-how-origin-request-policies-and-cache-policies-work-together.html
 */

import { headerOf, parseCookies, type Request } from '../message/http-message.ts';
import type { CachePolicy, Forwarding, Selection } from '../model/policies.ts';
import { withoutReservedNames } from '../signature/signature-check.ts';
import type { Fields } from '../terraform/terraform-json.ts';
import { edgeName } from './error-responses.ts';
import { everything, none, readSelection, selects } from './selection.ts';

const nothing: Forwarding = { headers: none, cookies: none, query: none };
const optimized = { minimum: 1, default: 86_400, maximum: 31_536_000 };
const noHost: Selection = { kind: 'except', names: ['host'] };

/** @see https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-cache-policies.html */
export const managedCachePolicies: Readonly<Record<string, CachePolicy>> = {
  // CachingOptimized
  '658327ea-f89d-4fab-a63d-7e88639e58f6': { ...nothing, ttl: optimized, encodings: ['br', 'gzip'] },
  // CachingDisabled
  '4135ea2d-6df8-44a3-9df3-4b5a84be39ad': {
    ...nothing,
    ttl: { minimum: 0, default: 0, maximum: 0 },
    encodings: [],
  },
  // CachingOptimizedForUncompressedObjects
  'b2884449-e4de-46a7-ac36-70bc7f1ddd6d': { ...nothing, ttl: optimized, encodings: [] },
};

/**
 * @see https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-origin-request-policies.html
 */
export const managedOriginRequestPolicies: Readonly<Record<string, Forwarding>> = {
  // AllViewerExceptHostHeader
  'b689b0a8-53d0-40ab-baf2-68738e2966ac': { headers: noHost, cookies: everything, query: everything },
  // AllViewer
  '216adef6-5c7f-47e4-b989-5493eafa07d3': { headers: everything, cookies: everything, query: everything },
  // CORS-S3Origin
  '88a5eaf4-2fd4-4709-b370-b4c650ea3fcf': {
    ...nothing,
    headers: {
      kind: 'only',
      names: ['origin', 'access-control-request-headers', 'access-control-request-method'],
    },
  },
  // CORS-CustomOrigin
  '59781a5b-3903-41f3-afcb-af62929ccde1': { ...nothing, headers: { kind: 'only', names: ['origin'] } },
};

/** Reads an `aws_cloudfront_cache_policy`. */
export function readCachePolicy(fields: Fields): CachePolicy {
  const key = fields.nested('parameters_in_cache_key_and_forwarded_to_origin');
  const minimum = fields.number('min_ttl', 0);
  const standard = fields.number('default_ttl', Math.max(optimized.default, minimum));
  return {
    ttl: { minimum, default: standard, maximum: fields.number('max_ttl', Math.max(optimized.maximum, standard)) },
    encodings: [
      ...(key?.flag('enable_accept_encoding_brotli', false) ? (['br'] as const) : []),
      ...(key?.flag('enable_accept_encoding_gzip', false) ? (['gzip'] as const) : []),
    ],
    headers: readSelection(key?.nested('headers_config'), 'header_behavior', 'headers'),
    cookies: readSelection(key?.nested('cookies_config'), 'cookie_behavior', 'cookies'),
    query: readSelection(key?.nested('query_strings_config'), 'query_string_behavior', 'query_strings'),
  };
}

/** Reads an `aws_cloudfront_origin_request_policy`. */
export function readOriginRequestPolicy(fields: Fields): Forwarding {
  return {
    headers: readSelection(fields.nested('headers_config'), 'header_behavior', 'headers'),
    cookies: readSelection(fields.nested('cookies_config'), 'cookie_behavior', 'cookies'),
    query: readSelection(fields.nested('query_strings_config'), 'query_string_behavior', 'query_strings'),
  };
}

// Headers that reach every origin without a policy, and headers that never do. @see
// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/RequestAndResponseBehaviorCustomOrigin.html#request-custom-headers-behavior
const alwaysForwarded = new Set(
  (
    'cache-control content-length content-md5 content-type date from if-match if-modified-since if-none-match ' +
    'if-range if-unmodified-since max-forwards pragma range request-range warning'
  ).split(' '),
);
// `host`, `via`, `x-amz-cf-id` and `x-forwarded-for` are here because CloudFront writes its own.
const neverForwarded = new Set(
  (
    'connection cookie expect host keep-alive proxy-authenticate proxy-authorization proxy-connection te trailer ' +
    'transfer-encoding upgrade via x-amz-cf-id x-forwarded-for x-forwarded-proto x-real-ip'
  ).split(' '),
);
const conditional = new Set(['if-modified-since', 'if-none-match']);
const keepsAuthorization = new Set(['DELETE', 'PATCH', 'POST', 'PUT']);

export interface ForwardingRules {
  readonly cache: Forwarding;
  readonly originRequest: Forwarding | undefined;
  /** The behavior checks signatures, so CloudFront removes its own query parameters. */
  readonly signed: boolean;
  /** The behavior caches answers to OPTIONS. */
  readonly cachesOptions: boolean;
  /** The origin's Host header unless the viewer's is forwarded. */
  readonly originHost: string;
  /** Names of cookies that never arrive, although they are forwarded. */
  readonly dropsCookie: (name: string) => boolean;
}

/** Whether any cookie is forwarded. */
export const forwardsCookies = (rules: ForwardingRules): boolean =>
  rules.cache.cookies.kind !== 'none' || (rules.originRequest?.cookies ?? none).kind !== 'none';

const chooses = (rules: ForwardingRules, part: keyof Forwarding, name: string): boolean =>
  [rules.cache, rules.originRequest ?? nothing].some((policy) => selects(policy[part], name, part !== 'headers'));

/** Whether a policy of the behavior asks for this header. */
export const forwardsHeader = (rules: ForwardingRules, name: string): boolean => chooses(rules, 'headers', name);

function forwardedHeaders(request: Request, rules: ForwardingRules, requestId: string): [string, string][] {
  const authorization =
    keepsAuthorization.has(request.method) || (request.method === 'OPTIONS' && !rules.cachesOptions);
  const headers: [string, string][] = request.headers.flatMap(([name, value]): [string, string][] => {
    const lower = name.toLowerCase();
    if (neverForwarded.has(lower) || lower.startsWith('x-edge-')) return [];
    // "If-Modified-Since and If-None-Match conditional requests are not supported when CloudFront is configured to
    // forward cookies."
    if (conditional.has(lower) && forwardsCookies(rules)) return [];
    const unasked = alwaysForwarded.has(lower) || (lower === 'authorization' && authorization);
    return unasked || forwardsHeader(rules, lower) ? [[name, value]] : [];
  });
  const lineOf = (name: string): string | undefined => headerOf(request.headers, name);
  const appended = (name: string, separator: string, value: string): string =>
    [lineOf(name), value].filter((part) => part !== undefined).join(separator);
  headers.push(['Host', (forwardsHeader(rules, 'host') ? lineOf('host') : undefined) ?? rules.originHost]);
  if (!forwardsHeader(rules, 'user-agent')) headers.push(['User-Agent', 'Amazon CloudFront']);
  headers.push(['Via', appended('via', ', ', `${request.httpVersion} ${edgeName}`)]);
  headers.push(['X-Amz-Cf-Id', requestId]);
  headers.push(['X-Forwarded-For', appended('x-forwarded-for', ',', request.ip)]);
  return headers;
}

/** The request as the origin gets it. */
export function forwardedRequest(request: Request, rules: ForwardingRules, requestId: string): Request {
  const headers = forwardedHeaders(request, rules, requestId);

  // "Forwarded cookies are sorted by name"; names that start with `$` are dropped.
  // @see https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/Cookies.html
  const cookies = parseCookies(headerOf(request.headers, 'cookie'))
    .filter(([name]) => !name.startsWith('$') && chooses(rules, 'cookies', name) && !rules.dropsCookie(name))
    .toSorted(([left], [right]) => (left < right ? -1 : left > right ? 1 : 0));
  if (cookies.length > 0) headers.push(['Cookie', cookies.map(([name, value]) => `${name}=${value}`).join('; ')]);

  const own = rules.signed ? withoutReservedNames(request.query) : request.query;
  const query = own?.split('&').filter((part) => chooses(rules, 'query', part.split('=', 1)[0] ?? ''));
  return {
    ...request,
    headers,
    query: query === undefined || query.length === 0 ? undefined : query.join('&'),
  };
}
