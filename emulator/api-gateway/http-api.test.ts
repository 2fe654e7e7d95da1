import { describe, expect, it } from 'vitest';
import { emptyBody, type Request } from '../message/http-message.ts';
import { createHttpApi } from './http-api.ts';
import type { Invocation } from './lambda-instance.ts';

const request: Request = {
  method: 'GET',
  path: '/auth/session',
  query: undefined,
  headers: [['Host', 'api.example']],
  body: emptyBody,
  ip: '127.0.0.1',
  httpVersion: '1.1',
};
const apiWith = (
  routes: readonly string[],
  invoke: (event: unknown) => Promise<Invocation>,
  integrationTimeoutMs = 1000,
) =>
  createHttpApi({
    api: {
      id: 'a',
      host: 'api.example',
      routes,
      integrationTimeoutMs,
      throttle: { rate: 1000, burst: 1000 },
      routeThrottles: new Map(),
    },
    invoke,
    clock: () => 1_800_000_000_000,
    renameWwwAuthenticate: false,
    headerEncoding: 'latin1',
  });
const echo = async (event: unknown): Promise<Invocation> => ({
  kind: 'returned',
  value: { statusCode: 200, body: JSON.stringify(event) },
});
const returning = (value: unknown) => apiWith(['$default'], async () => ({ kind: 'returned', value }));

describe('routes', () => {
  const routes = ['$default', 'ANY /auth/{proxy+}', 'GET /auth/session', 'GET /auth/{name}', 'POST /auth/session'];
  it.each([
    ['GET', '/auth/session', 'GET /auth/session'],
    ['POST', '/auth/session', 'POST /auth/session'],
    ['DELETE', '/auth/session', 'ANY /auth/{proxy+}'],
    ['GET', '/auth/other', 'GET /auth/{name}'],
    ['GET', '/auth/a/b', 'ANY /auth/{proxy+}'],
    ['GET', '/other', '$default'],
  ])('sends %s %s to %s', async (method, path, routeKey) => {
    const { body } = await apiWith(routes, echo)({ ...request, method, path });
    expect(JSON.parse(body.toString()).routeKey).toBe(routeKey);
  });

  it('answers 404 itself if no route matches', async () => {
    const answer = await apiWith(['GET /auth/session'], echo)({ ...request, path: '/auth' });
    expect(answer).toMatchObject({ status: 404, body: Buffer.from('{"message":"Not Found"}') });
  });
});

// @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html
describe("the documentation's example of routes", () => {
  const routes = ['$default', 'ANY /{proxy+}', 'GET /pets/{proxy+}', 'GET /pets/dog/{id}', 'GET /pets/dog/1'];
  it.each([
    ['GET', '/pets/dog/1', 'GET /pets/dog/1'],
    ['GET', '/pets/dog/2', 'GET /pets/dog/{id}'],
    ['GET', '/pets/cat/1', 'GET /pets/{proxy+}'],
    ['POST', '/test/5', 'ANY /{proxy+}'],
    ['GET', '/', '$default'],
  ])('sends %s %s to %s', async (method, path, routeKey) => {
    const { body } = await apiWith(routes, echo)({ ...request, method, path });
    expect(JSON.parse(body.toString()).routeKey).toBe(routeKey);
  });

  it('prefers the longer path to the exact method', async () => {
    const { body } = await apiWith(['GET /{proxy+}', 'ANY /pets/{proxy+}'], echo)({ ...request, path: '/pets/1' });
    expect(JSON.parse(body.toString())).toMatchObject({
      routeKey: 'ANY /pets/{proxy+}',
      pathParameters: { proxy: '1' },
    });
  });
});

describe('what the gateway adds to a request', () => {
  const seen = async (headers: Request['headers']) => {
    const { body } = await apiWith(['$default'], echo)({ ...request, headers });
    return JSON.parse(body.toString()).headers;
  };

  it('adds the forwarding headers itself, and ignores those of the request', async () => {
    expect(
      await seen([
        ['X-Forwarded-For', '203.0.113.9,127.0.0.1'],
        ['X-Forwarded-Host', 'evil.example'],
      ]),
    ).toEqual({
      'content-length': '0',
      forwarded: 'by=127.0.0.1;for=198.51.100.1;host=api.example;proto=https',
      'x-amzn-trace-id': expect.stringMatching(/^Root=1-6b49d200-[0-9a-f]{24}$/),
      'x-forwarded-for': '203.0.113.9,127.0.0.1, 198.51.100.1',
      'x-forwarded-port': '443',
      'x-forwarded-proto': 'https',
    });
    expect((await seen([]))['x-forwarded-for']).toBe('198.51.100.1');
  });

  it('gives every response an ID', async () => {
    const { headers } = await returning({ statusCode: 204 })(request);
    expect(headers).toEqual([['apigw-requestid', expect.stringMatching(/^[A-Za-z0-9+/]{15}=$/)]]);
  });
});

describe("the gateway's own answers", () => {
  const problem = (status: number, message: string) => ({ status, body: Buffer.from(JSON.stringify({ message })) });
  const never = () => Promise.reject(new Error('must not be called'));

  it('are 500 for a return value that is not a response', async () => {
    expect(await returning({ statusCode: 42 })(request)).toMatchObject(problem(500, 'Internal Server Error'));
    const failing = apiWith(['$default'], async () => ({ kind: 'failed' }));
    expect(await failing(request)).toMatchObject(problem(500, 'Internal Server Error'));
  });

  it('is 503 after the integration timeout', async () => {
    const answer = await apiWith(['$default'], () => new Promise(() => {}), 20)(request);
    expect(answer).toMatchObject(problem(503, 'Service Unavailable'));
  });

  it('is 431 for more than 10,240 bytes of request line and headers', async () => {
    const lengthOf = 'GET /auth/session HTTP/1.1\r\nHost: api.example\r\nX: \r\n'.length;
    const sized = (bytes: number): Request => ({
      ...request,
      headers: [...request.headers, ['X', 'x'.repeat(bytes - lengthOf)]],
    });
    expect((await returning({ statusCode: 200 })(sized(10_240))).status).toBe(200);
    expect(await apiWith(['$default'], never)(sized(10_241))).toMatchObject(
      problem(431, 'Request Header Fields Too Large'),
    );
  });

  it('is 413 over 10 MB, and over the 6 MB that a Lambda accepts', async () => {
    const sized = (bytes: number): Request => ({ ...request, method: 'POST', body: Buffer.alloc(bytes) });
    expect((await returning({ statusCode: 200 })(sized(4_000_000))).status).toBe(200);
    for (const bytes of [5_000_000, 10 * 1024 * 1024 + 1]) {
      expect(await apiWith(['$default'], never)(sized(bytes))).toMatchObject(problem(413, 'Request Entity Too Large'));
    }
  });

  describe('is 429', () => {
    let seconds = 0;
    const throttled = (routeThrottles: Record<string, { rate: number; burst: number }>, ...routes: string[]) =>
      createHttpApi({
        api: {
          id: 'a',
          host: 'api.example',
          routes: ['$default', ...routes],
          integrationTimeoutMs: 1000,
          throttle: { rate: 1, burst: 2 },
          routeThrottles: new Map(Object.entries(routeThrottles)),
        },
        invoke: echo,
        clock: () => 0,
        throttleClock: () => seconds * 1000,
        renameWwwAuthenticate: false,
        headerEncoding: 'latin1',
      });
    const statuses = async (api: ReturnType<typeof throttled>, count: number, more: Partial<Request> = {}) => {
      const answers: number[] = [];
      for (let sent = 0; sent < count; sent++) answers.push((await api({ ...request, ...more })).status);
      return answers;
    };

    it("is 429 beyond the stage's burst", async () => {
      const api = throttled({});
      expect(await statuses(api, 2)).toEqual([200, 200]);
      expect(await api(request)).toMatchObject(problem(429, 'Too Many Requests'));
      seconds += 1;
      expect(await statuses(api, 2)).toEqual([200, 429]);
      seconds -= 100;
      expect(await statuses(api, 1)).toEqual([429]);
    });

    it('is counted separately for each route with its own throttle, and jointly for all others', async () => {
      const renewal = { method: 'POST', path: '/auth/session/renewal' };
      const api = throttled({ 'POST /auth/session/renewal': { rate: 0, burst: 3 } }, 'POST /auth/session/renewal');
      expect(await statuses(api, 3)).toEqual([200, 200, 429]);
      // Another method at that path is a different route.
      expect(await statuses(api, 1, { ...renewal, method: 'OPTIONS' })).toEqual([429]);
      expect(await statuses(api, 4, renewal)).toEqual([200, 200, 200, 429]);
      seconds += 1;
      expect(await statuses(api, 1)).toEqual([200]);
    });
  });
});
