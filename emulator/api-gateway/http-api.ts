/**
 * The HTTP API in front of the Lambda: limits, throttle, routes, and API Gateway's own answers.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html
 */
import { randomBytes } from 'node:crypto';
import { headerOf, type Request, type Response, textResponse } from '../message/http-message.ts';
import type { ApiModel, Throttle } from '../model/stack-model.ts';
import { decodedPath, eventOf, type HeaderEncoding } from './http-api-event.ts';
import { responseOf } from './http-api-response.ts';
import type { Invocation } from './lambda-instance.ts';

/** Longest request line with all headers, in bytes. */
const maximumHeaderBytes = 10_240;
/** Longest event, in bytes: the limit of a synchronous Lambda call. */
const maximumEventBytes = 6 * 1024 * 1024;
/** CloudFront's address as the API sees it. */
const edgeAddress = '198.51.100.1';
/** Longest body, in bytes. */
export const maximumBodyBytes = 10 * 1024 * 1024;

export interface HttpApiOptions {
  readonly api: ApiModel;
  readonly invoke: (event: unknown) => Promise<Invocation>;
  /** Epoch milliseconds, for the event's time. */
  readonly clock: () => number;
  /** Clock that refills the throttles, in milliseconds. Default: `performance.now`. */
  readonly throttleClock?: () => number;
  /** Renames `WWW-Authenticate` in responses, as API Gateway may do. */
  readonly renameWwwAuthenticate: boolean;
  readonly headerEncoding: HeaderEncoding;
}

const message = (status: number, text: string): Response =>
  textResponse(status, 'application/json', JSON.stringify({ message: text }));

interface Route {
  readonly key: string;
  readonly parameters: Readonly<Record<string, string>>;
}

function matchPath(pattern: string, path: string): Readonly<Record<string, string>> | undefined {
  const wanted = pattern.split('/');
  const given = path.split('/');
  const parameters: Record<string, string> = {};
  for (const [index, part] of wanted.entries()) {
    const name = /^\{(\w+)(\+?)\}$/.exec(part);
    const rest = given.slice(index).join('/');
    if (name?.[2] === '+') return rest === '' ? undefined : { ...parameters, [name[1] ?? '']: rest };
    const value = given[index];
    if (value === undefined || (name === null ? value !== part : value === '')) return undefined;
    if (name !== null) parameters[name[1] ?? ''] = value;
  }
  return wanted.length === given.length ? parameters : undefined;
}

/**
 * Full matches first, then variables, then greedy variables, longest first, then `$default`; a method before `ANY`.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html
 */
function routeFor(routes: readonly string[], method: string, path: string): Route | undefined {
  const rank = (key: string): readonly number[] => [
    key.includes('+}') ? 2 : key.includes('{') ? 1 : 0,
    -key.split('/').length,
    key.startsWith('ANY ') ? 1 : 0,
  ];
  const compare = (left: string, right: string): number => {
    const others = rank(right);
    return (
      rank(left)
        .map((value, index) => value - (others[index] ?? 0))
        .find((difference) => difference !== 0) ?? 0
    );
  };
  const ranked = routes.filter((key) => key !== '$default').toSorted(compare);
  for (const key of ranked) {
    const [verb = '', pattern = ''] = key.split(' ');
    const parameters = verb === 'ANY' || verb === method ? matchPath(pattern, path) : undefined;
    if (parameters !== undefined) return { key, parameters };
  }
  return routes.includes('$default') ? { key: '$default', parameters: {} } : undefined;
}

/**
 * Token bucket: `burst` requests at once, then `rate` per second. `clock`: in milliseconds. Setting it back refills
 * nothing.
 */
function createThrottle({ rate, burst }: Throttle, clock: () => number): () => boolean {
  let tokens = burst;
  let last = clock();
  return () => {
    const now = clock();
    tokens = Math.min(burst, tokens + (Math.max(0, now - last) / 1000) * rate);
    last = now;
    if (tokens < 1) return false;
    tokens -= 1;
    return true;
  };
}

const timedOut = Symbol('timed out');

async function withTimeout<T>(work: Promise<T>, milliseconds: number): Promise<T | typeof timedOut> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<typeof timedOut>((resolve) => {
    timer = setTimeout(resolve, milliseconds, timedOut);
  });
  return Promise.race([work, limit]).finally(() => clearTimeout(timer));
}

/** Returns the API as a function from request to response. */
export function createHttpApi(options: HttpApiOptions): (request: Request) => Promise<Response> {
  const { api, throttleClock = () => performance.now() } = options;
  const admitOthers = createThrottle(api.throttle, throttleClock);
  const admitByRoute = new Map(
    [...api.routeThrottles].map(([key, throttle]) => [key, createThrottle(throttle, throttleClock)] as const),
  );

  async function answer(request: Request, requestId: string): Promise<Response> {
    const target = `${request.path}${request.query === undefined ? '' : `?${request.query}`}`;
    const lines = request.headers.map(([name, value]) => name.length + value.length + 4);
    const headerBytes = lines.reduce((total, length) => total + length, request.method.length + target.length + 12);
    if (headerBytes > maximumHeaderBytes) return message(431, 'Request Header Fields Too Large');
    if (request.body.length > maximumBodyBytes) return message(413, 'Request Entity Too Large');
    const route = routeFor(api.routes, request.method, decodedPath(request.path));
    const admit = (route && admitByRoute.get(route.key)) ?? admitOthers;
    if (!admit()) return message(429, 'Too Many Requests');
    if (route === undefined) return message(404, 'Not Found');
    const event = eventOf(withGatewayHeaders(request, api.host, options.clock()), {
      apiId: api.id,
      host: api.host,
      sourceIp: edgeAddress,
      routeKey: route.key,
      pathParameters: route.parameters,
      requestId,
      now: options.clock(),
      headerEncoding: options.headerEncoding,
    });
    if (Buffer.byteLength(JSON.stringify(event)) > maximumEventBytes) return message(413, 'Request Entity Too Large');
    const invocation = await withTimeout(options.invoke(event), api.integrationTimeoutMs);
    if (invocation === timedOut) return message(503, 'Service Unavailable');
    const response = invocation.kind === 'returned' ? responseOf(invocation.value) : undefined;
    return response ?? message(500, 'Internal Server Error');
  }

  return async (request) => {
    const requestId = randomBytes(11).toString('base64');
    const response = await answer(request, requestId);
    const headers = response.headers.map(([name, value]): readonly [string, string] =>
      options.renameWwwAuthenticate && name.toLowerCase() === 'www-authenticate'
        ? ['x-amzn-Remapped-www-authenticate', value]
        : [name, value],
    );
    return { ...response, headers: [...headers, ['apigw-requestid', requestId]] };
  };
}

/** API Gateway is another proxy: it appends CloudFront's address and says where the request came from. */
function withGatewayHeaders(request: Request, host: string, now: number): Request {
  const forwardedFor = headerOf(request.headers, 'x-forwarded-for');
  const kept = request.headers.filter(([name]) => !/^x-(forwarded-.*|amzn-trace-id)$/i.test(name));
  return {
    ...request,
    headers: [
      ...kept,
      ['Forwarded', `by=127.0.0.1;for=${edgeAddress};host=${host};proto=https`],
      ['X-Amzn-Trace-Id', `Root=1-${Math.floor(now / 1000).toString(16)}-${randomBytes(12).toString('hex')}`],
      ['X-Forwarded-For', forwardedFor === undefined ? edgeAddress : `${forwardedFor}, ${edgeAddress}`],
      ['X-Forwarded-Port', '443'],
      ['X-Forwarded-Proto', 'https'],
    ],
  };
}
