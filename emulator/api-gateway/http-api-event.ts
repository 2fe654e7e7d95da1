/**
 * The event of payload format 2.0 that an HTTP API creates from a request.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */
import { type HeaderLines, headerOf, parseCookies, type Request, trimmed } from '../message/http-message.ts';
import { accountId } from '../terraform/account.ts';

export interface EventContext {
  readonly apiId: string;
  readonly host: string;
  /** Source address of the request: CloudFront's, not the viewer's. */
  readonly sourceIp: string;
  readonly routeKey: string;
  readonly pathParameters: Readonly<Record<string, string>>;
  readonly requestId: string;
  /** Epoch milliseconds. */
  readonly now: number;
  readonly headerEncoding: HeaderEncoding;
}

/** How the bytes of a header become text in the event. The documentation does not specify it. */
export type HeaderEncoding = 'latin1' | 'utf8';

/**
 * The path as HTTP APIs route it and pass it on: decoded, and cut at a `?` that decoding reveals. REST APIs do not
 * decode.
 * @see https://github.com/fastify/aws-lambda-fastify/issues/169
 * @see https://github.com/middleapi/standard-server/pull/93
 */
export function decodedPath(path: string): string {
  try {
    return decodeURIComponent(path).split('?', 1)[0] ?? '';
  } catch {
    return path;
  }
}

// Observed on the live service: these arrive as text, everything else, including forms, as base64.
// @see https://github.com/ministackorg/ministack/pull/766
const isText = (contentType: string | undefined): boolean =>
  contentType !== undefined &&
  /^(?:text\/.*|application\/(?:json|xml|javascript)[ \t]*(?:;.*)?)$/i.test(trimmed(contentType));

function joinedHeaders(headers: HeaderLines): Record<string, string> {
  const joined: Record<string, string> = Object.create(null);
  for (const [name, value] of headers) {
    const lower = name.toLowerCase();
    if (lower === 'cookie') continue;
    joined[lower] = joined[lower] === undefined ? value : `${joined[lower]},${value}`;
  }
  return joined;
}

function queryParameters(query: string): Record<string, string> | undefined {
  const joined: Record<string, string> = Object.create(null);
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

/** Node reads headers as latin1. Bytes that are not UTF-8 become U+FFFD. */
const decoded = (text: string, encoding: HeaderEncoding): string => Buffer.from(text, 'latin1').toString(encoding);

/** The event that the Lambda gets. Absent parts are omitted, as in API Gateway. */
export function eventOf(request: Request, context: EventContext): Readonly<Record<string, unknown>> {
  const lines = request.headers.map(([name, value]) => [name, decoded(value, context.headerEncoding)] as const);
  const headers = joinedHeaders(lines);
  // "API Gateway adds the Content-type header to your request if there is no payload and the Content-Length is 0."
  if (headers['content-length'] === '0') headers['content-type'] ??= 'application/x-www-form-urlencoded';
  const path = decodedPath(request.path);
  const cookies = parseCookies(headerOf(lines, 'cookie')).map(([name, value]) => `${name}=${value}`);
  const text = isText(headers['content-type']);
  const query = request.query ?? '';
  const parameters = queryParameters(query);
  return {
    version: '2.0',
    routeKey: context.routeKey,
    rawPath: path,
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
        path,
        protocol: 'HTTP/1.1',
        sourceIp: context.sourceIp,
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
