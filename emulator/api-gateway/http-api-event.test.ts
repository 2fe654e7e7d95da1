import { describe, expect, it } from 'vitest';
import { emptyBody, type Request } from '../message/http-message.ts';
import { decodedPath, eventOf } from './http-api-event.ts';

const request: Request = {
  method: 'POST',
  path: '/capture/space%20value',
  query: 'repeat=one&repeat=two&redirect=https%3A%2F%2Fexample.com%2Fa%2Fb&literalPlus=a+b&encodedPlus=a%2Bb&empty=',
  headers: [
    ['Host', 'id.execute-api.eu-west-1.amazonaws.com'],
    ['User-Agent', 'curl/8.7.1'],
    ['Content-Type', 'application/json'],
    ['Content-Length', '9'],
    ['X-Probe', 'first'],
    ['x-probe', 'second'],
    ['Cookie', 'session=abc123; theme=dark'],
  ],
  body: Buffer.from('{"a":"λ"}'),
  ip: '127.0.0.1',
  httpVersion: '1.1',
};
const context = {
  apiId: 'id',
  host: 'id.execute-api.eu-west-1.amazonaws.com',
  sourceIp: '198.51.100.1',
  routeKey: '$default',
  pathParameters: {},
  requestId: 'r',
  now: Date.parse('2026-07-10T19:19:05.766Z'),
  headerEncoding: 'latin1',
} as const;
const event = (change: Partial<Request> = {}) => eventOf({ ...request, ...change }, context);
const typed = (contentType: string | undefined, body = 'a=1') => {
  const headers = contentType === undefined ? [] : ([['Content-Type', contentType]] as const);
  const { body: sent, isBase64Encoded } = event({ headers, body: Buffer.from(body) });
  return { sent, isBase64Encoded };
};

describe('eventOf', () => {
  // The values are from an event that the live service created for the same request.
  // @see https://github.com/hotsock/voker/blob/main/vokerhttp/testdata/apigwv2-request.json
  it("matches the live service's event for such a request", () => {
    expect(event()).toEqual({
      version: '2.0',
      routeKey: '$default',
      rawPath: '/capture/space value',
      rawQueryString: request.query,
      cookies: ['session=abc123', 'theme=dark'],
      headers: {
        host: 'id.execute-api.eu-west-1.amazonaws.com',
        'user-agent': 'curl/8.7.1',
        'content-type': 'application/json',
        'content-length': '10',
        'x-probe': 'first,second',
      },
      queryStringParameters: {
        repeat: 'one,two',
        redirect: 'https://example.com/a/b',
        literalPlus: 'a b',
        encodedPlus: 'a+b',
        empty: '',
      },
      requestContext: {
        accountId: '111122223333',
        apiId: 'id',
        domainName: 'id.execute-api.eu-west-1.amazonaws.com',
        domainPrefix: 'id',
        http: {
          method: 'POST',
          path: '/capture/space value',
          protocol: 'HTTP/1.1',
          sourceIp: '198.51.100.1',
          userAgent: 'curl/8.7.1',
        },
        requestId: 'r',
        routeKey: '$default',
        stage: '$default',
        time: '10/Jul/2026:19:19:05 +0000',
        timeEpoch: context.now,
      },
      body: '{"a":"λ"}',
      isBase64Encoded: false,
    });
  });

  it('decodes the bytes of headers and cookies either way, because the documentation does not specify it', () => {
    const headers = [
      ['X-Probe', 'Ã©'],
      ['Cookie', 'Â\u00a0a=1; \u00a0b=2'],
    ] as const;
    const read = (headerEncoding: 'latin1' | 'utf8') =>
      eventOf({ ...request, headers }, { ...context, headerEncoding });
    expect(read('latin1')).toMatchObject({ headers: { 'x-probe': 'Ã©' }, cookies: ['Â\u00a0a=1', '\u00a0b=2'] });
    expect(read('utf8')).toMatchObject({ headers: { 'x-probe': 'é' }, cookies: ['\u00a0a=1', '\ufffdb=2'] });
  });

  it('omits absent parts', () => {
    const bare = event({ query: undefined, headers: [], body: emptyBody });
    for (const name of ['cookies', 'body', 'queryStringParameters', 'pathParameters']) {
      expect(bare).not.toHaveProperty(name);
    }
    expect(bare).toMatchObject({ rawQueryString: '', headers: { 'content-length': '0' }, isBase64Encoded: false });
  });

  it('adds a content type to a request that declares an empty body', () => {
    const empty = (headers: [string, string][]) => event({ headers, body: emptyBody })['headers'];
    expect(empty([['Content-Length', '0']])).toMatchObject({ 'content-type': 'application/x-www-form-urlencoded' });
    expect(
      empty([
        ['Content-Length', '0'],
        ['Content-Type', 'text/plain'],
      ]),
    ).toMatchObject({ 'content-type': 'text/plain' });
    expect(empty([])).not.toHaveProperty('content-type');
  });

  it.each([
    ['text/plain', false],
    ['text/html; charset=utf-8', false],
    ['application/json', false],
    ['Application/JSON; charset=utf-8', false],
    ['application/xml', false],
    ['application/javascript', false],
    ['application/x-www-form-urlencoded', true],
    ['application/problem+json', true],
    ['multipart/form-data; boundary=x', true],
    ['application/octet-stream', true],
    [undefined, true],
  ])('uses base64 for %s: %s', (contentType, encoded) => {
    const sent = encoded ? Buffer.from('a=1').toString('base64') : 'a=1';
    expect(typed(contentType)).toEqual({ sent, isBase64Encoded: encoded });
  });

  it('treats names such as __proto__ as plain names', () => {
    const { queryStringParameters, headers } = event({
      query: 'constructor=1&__proto__=2',
      headers: [
        ['constructor', 'x'],
        ['__proto__', 'y'],
      ],
    }) as { queryStringParameters: object; headers: object };
    expect(Object.entries(queryStringParameters)).toEqual([
      ['constructor', '1'],
      ['__proto__', '2'],
    ]);
    expect(Object.entries(headers)).toContainEqual(['constructor', 'x']);
    expect(Object.entries(headers)).toContainEqual(['__proto__', 'y']);
  });
});

describe('decodedPath', () => {
  it.each([
    ['/auth/session', '/auth/session'],
    ['/auth/%73ession', '/auth/session'],
    ['/auth%2Fsession', '/auth/session'],
    ['/auth/a%3Fadmin=1', '/auth/a'],
    ['/auth/a+b', '/auth/a+b'],
    ['/auth/%25%32%35', '/auth/%25'],
    ['/auth/%c3%a9', '/auth/é'],
    ['/auth/%ff', '/auth/%ff'],
    ['/auth/%', '/auth/%'],
    ['/auth/..%2f..', '/auth/../..'],
  ])('decodes %s to %s', (path, expected) => {
    expect(decodedPath(path)).toBe(expected);
  });
});
