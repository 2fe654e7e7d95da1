/**
 * Owns payload format 2.0 of HTTP APIs, both ways.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */
import { type HeaderLines, headerOf, parseCookies, type Request, type Response, textResponse } from './http-message.ts';
import { accountId } from './references.ts';
import { isBlock } from './terraform-json.ts';

export interface EventContext {
  readonly apiId: string;
  readonly host: string;
  readonly routeKey: string;
  readonly pathParameters: Readonly<Record<string, string>>;
  readonly requestId: string;
  /** Epoch milliseconds. */
  readonly now: number;
}

// Seen on the live service: these arrive as text, everything else, forms included, as base64.
// @see https://github.com/ministackorg/ministack/pull/766
const isText = (contentType: string | undefined): boolean =>
  contentType !== undefined && /^(text\/.*|application\/(json|xml|javascript))\s*(;.*)?$/i.test(contentType.trim());

function joinedHeaders(headers: HeaderLines): Record<string, string> {
  const joined: Record<string, string> = {};
  for (const [name, value] of headers) {
    const lower = name.toLowerCase();
    if (lower === 'cookie') continue;
    joined[lower] = joined[lower] === undefined ? value : `${joined[lower]},${value}`;
  }
  return joined;
}

function queryParameters(query: string): Record<string, string> | undefined {
  const joined: Record<string, string> = {};
  for (const [name, value] of new URLSearchParams(query)) {
    joined[name] = joined[name] === undefined ? value : `${joined[name]},${value}`;
  }
  return query === '' ? undefined : joined;
}

/** `12/Mar/2020:19:03:58 +0000`. */
function logTime(now: number): string {
  const [, day = '', month = '', year = '', time = ''] =
    /^\w+, (\d+) (\w+) (\d+) ([\d:]+)/.exec(new Date(now).toUTCString()) ?? [];
  return `${day}/${month}/${year}:${time} +0000`;
}

/** The event that the Lambda gets; absent parts are left out as API Gateway leaves them out. */
export function eventOf(request: Request, context: EventContext): Readonly<Record<string, unknown>> {
  const headers = joinedHeaders(request.headers);
  const cookies = parseCookies(headerOf(request.headers, 'cookie')).map(([name, value]) => `${name}=${value}`);
  const text = isText(headers['content-type']);
  const query = request.query ?? '';
  const parameters = queryParameters(query);
  return {
    version: '2.0',
    routeKey: context.routeKey,
    rawPath: request.path,
    rawQueryString: query,
    ...(cookies.length > 0 && { cookies }),
    headers: { ...headers, 'content-length': String(request.body.length) },
    ...(parameters !== undefined && { queryStringParameters: parameters }),
    requestContext: {
      accountId,
      apiId: context.apiId,
      domainName: context.host,
      domainPrefix: context.apiId,
      http: {
        method: request.method,
        path: request.path,
        protocol: 'HTTP/1.1',
        // What the API sees is CloudFront, not the viewer.
        sourceIp: '198.51.100.1',
        userAgent: headers['user-agent'] ?? '',
      },
      requestId: context.requestId,
      routeKey: context.routeKey,
      stage: '$default',
      time: logTime(context.now),
      timeEpoch: context.now,
    },
    ...(Object.keys(context.pathParameters).length > 0 && { pathParameters: context.pathParameters }),
    ...(request.body.length > 0 && { body: request.body.toString(text ? 'utf8' : 'base64') }),
    isBase64Encoded: request.body.length > 0 && !text,
  };
}

const isScalar = (value: unknown): value is string | number | boolean =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';

/** What the viewer gets for what the Lambda returned; undefined: API Gateway cannot make a response of it. */
export function responseOf(returned: unknown): Response | undefined {
  if (!isBlock(returned) || returned['statusCode'] === undefined) {
    const body = typeof returned === 'string' ? returned : (JSON.stringify(returned) ?? '');
    return textResponse(200, 'application/json', body);
  }
  const status = Number(returned['statusCode']);
  if (!Number.isInteger(status) || status < 100 || status > 599) return undefined;
  const { headers = {}, cookies = [], body = '', isBase64Encoded = false } = returned;
  if (!isBlock(headers ?? {}) || !Array.isArray(cookies ?? [])) return undefined;
  const lines = Object.entries(isBlock(headers) ? headers : {});
  if (!lines.every(([, value]) => isScalar(value)) || (body !== null && typeof body !== 'string')) return undefined;
  const bytes = Buffer.from(body ?? '', isBase64Encoded === true ? 'base64' : 'utf8');
  const typed = lines.some(([name]) => name.toLowerCase() === 'content-type') || bytes.length === 0;
  return {
    status,
    headers: [
      ...(typed ? [] : [['content-type', 'text/plain;charset=UTF-8'] as const]),
      ...lines.map(([name, value]) => [name.toLowerCase(), String(value)] as const),
      ...(Array.isArray(cookies) ? cookies : []).map((cookie) => ['set-cookie', String(cookie)] as const),
    ],
    body: bytes,
  };
}
