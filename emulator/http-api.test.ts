import { describe, expect, it } from 'vitest';
import { createHttpApi } from './http-api.ts';
import type { Request } from './http-message.ts';
import type { Invocation } from './lambda-instance.ts';

const request: Request = {
  method: 'GET',
  path: '/auth/session',
  query: undefined,
  headers: [['Host', 'api.example']],
  body: Buffer.alloc(0),
  ip: '127.0.0.1',
  httpVersion: '1.1',
};
const apiWith = (
  routes: readonly string[],
  invoke: (event: unknown) => Promise<Invocation>,
  integrationTimeoutMs = 1000,
) =>
  createHttpApi({
    api: { id: 'a', host: 'api.example', routes, integrationTimeoutMs, throttle: { rate: 1000, burst: 1000 } },
    invoke,
    clock: () => 1_800_000_000_000,
    renameWwwAuthenticate: false,
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
  ])('%s %s goes to %s', async (method, path, routeKey) => {
    const { body } = await apiWith(routes, echo)({ ...request, method, path });
    expect(JSON.parse(body.toString()).routeKey).toBe(routeKey);
  });

  it('answers 404 itself when none fits', async () => {
    const answer = await apiWith(['GET /auth/session'], echo)({ ...request, path: '/auth' });
    expect(answer).toMatchObject({ status: 404, body: Buffer.from('{"message":"Not Found"}') });
  });
});

describe('the event', () => {
  it('leaves out what is absent and joins what is repeated', async () => {
    const headers = [
      ['Host', 'api.example'],
      ['X-A', '1'],
      ['x-a', '2'],
    ] as const;
    const event = JSON.parse((await apiWith(['$default'], echo)({ ...request, headers })).body.toString());
    expect(event.headers['x-a']).toBe('1,2');
    expect(event).not.toHaveProperty('cookies');
    expect(event).not.toHaveProperty('body');
    expect(event).not.toHaveProperty('queryStringParameters');
    expect(event.requestContext.time).toBe('15/Jan/2027:08:00:00 +0000');
  });
});

describe('the response', () => {
  it.each([
    ['a status out of range', { statusCode: 42 }],
    ['headers that are no map', { statusCode: 200, headers: ['a'] }],
    ['a body that is no text', { statusCode: 200, body: { a: 1 } }],
    ['a header that is no scalar', { statusCode: 200, headers: { a: ['b'] } }],
  ])('is 500 for %s', async (_, value) => {
    expect(await returning(value)(request)).toMatchObject({
      status: 500,
      body: Buffer.from('{"message":"Internal Server Error"}'),
    });
  });

  it('decodes base64 and sends several cookies', async () => {
    const value = { statusCode: '201', cookies: ['a=1', 'b=2'], body: 'aGk=', isBase64Encoded: true };
    const answer = await returning(value)(request);
    expect(answer.status).toBe(201);
    expect(answer.body.toString()).toBe('hi');
    expect(answer.headers.filter(([name]) => name === 'set-cookie')).toEqual([
      ['set-cookie', 'a=1'],
      ['set-cookie', 'b=2'],
    ]);
  });

  it('is 503 after the integration time-out', async () => {
    const answer = await apiWith(['$default'], () => new Promise(() => {}), 20)(request);
    expect(answer).toMatchObject({ status: 503, body: Buffer.from('{"message":"Service Unavailable"}') });
  });
});
