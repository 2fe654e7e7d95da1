import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, send } from '../support/http.ts';
import { type RunningSite, startSite, unthrottled } from '../support/site.ts';
import { idToken } from '../support/tokens.ts';
import { cookiesSet, fromEdgeBase64, names } from './forge.ts';
import { type LambdaAlone, type Returned, startLambdaAlone } from './lambda-alone.ts';

let site: RunningSite;
let lambda: LambdaAlone;
let token: string;
beforeAll(async () => {
  site = await startSite({ config: unthrottled });
  lambda = await startLambdaAlone(site);
  token = await idToken(site, 'alice@example.com');
});
afterAll(async () => {
  await lambda.close();
  await site.close();
});

interface Asking {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

/** The event of a request that went to execute-api without CloudFront; `more` comes over it. */
const eventOf = ({ method = 'GET', path = '/auth/session', headers = {}, body }: Asking, more = {}): object => {
  const { Cookie, ...others } = headers;
  const host = 'a1b2c3.execute-api.eu-west-1.amazonaws.com';
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath: path,
    rawQueryString: '',
    ...(Cookie !== undefined && { cookies: Cookie.split('; ') }),
    headers: {
      host,
      ...Object.fromEntries(Object.entries(others).map(([name, value]) => [name.toLowerCase(), value])),
    },
    requestContext: {
      apiId: 'a1b2c3',
      domainName: host,
      http: { method, path, protocol: 'HTTP/1.1', sourceIp: '203.0.113.9', userAgent: '' },
      requestId: 'direct',
      routeKey: '$default',
      stage: '$default',
    },
    ...(body !== undefined && { body }),
    isBase64Encoded: false,
    ...more,
  };
};

const codeOf = (text: string | undefined): unknown => {
  try {
    return (JSON.parse(text ?? '') as { code?: unknown; status?: unknown }).code;
  } catch {
    return undefined;
  }
};
const cookieNames = (lines: readonly string[] = []): string[] =>
  lines.map((line) => line.split('=', 1)[0] ?? '').sort();

const bearer = (): Record<string, string> => ({ Authorization: `Bearer ${token}` });

describe('the API without CloudFront', () => {
  it('gives nothing that it does not give over the site', async () => {
    const asked: Asking[] = [
      {},
      { path: '/' },
      { path: '/docs/guide.html' },
      { path: '/auth/nothing' },
      { path: '/auth/session/' },
      { path: '/auth/session/renewal', method: 'POST' },
      { method: 'POST', headers: { 'Content-Type': 'text/plain' }, body: 'x' },
      { method: 'POST', headers: bearer() },
      { method: 'POST', headers: { ...bearer(), Origin: site.origin } },
      { method: 'POST', headers: { ...bearer(), Origin: 'https://evil.example' } },
      { method: 'POST', headers: { ...bearer(), Origin: 'https://a1b2c3.execute-api.eu-west-1.amazonaws.com' } },
      { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{' },
      { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ idToken: token }) },
      { method: 'DELETE' },
      { method: 'DELETE', headers: { Origin: 'https://evil.example' } },
      { method: 'OPTIONS', headers: { Origin: 'https://evil.example', 'Access-Control-Request-Method': 'POST' } },
      { method: 'PUT' },
      { method: 'HEAD' },
    ];
    for (const one of asked) {
      const direct = await lambda.invoke(eventOf(one));
      if (one.path !== undefined && !one.path.startsWith('/auth/')) {
        expect([one, direct.statusCode, codeOf(direct.body), direct.cookies]).toEqual([
          one,
          400,
          'invalid_request',
          undefined,
        ]);
        continue;
      }
      const { path = '/auth/session', method = 'GET', headers = {}, body } = one;
      const over: Answer = await send(`${site.origin}${path}`, {
        method,
        headers,
        ...(body !== undefined && { body }),
      });
      expect([one, direct.statusCode, cookieNames(direct.cookies)]).toEqual([
        one,
        over.status,
        cookieNames(over.setCookie),
      ]);
      if (method !== 'HEAD') expect([one, codeOf(direct.body)]).toEqual([one, codeOf(over.text)]);
    }
  });

  it('signs for the host of the config, and sets host-only cookies, whatever the host of the request', async () => {
    const headers = { ...bearer(), 'X-Forwarded-Host': 'evil.example', Forwarded: 'host=evil.example' };
    const { statusCode, cookies = [] } = await lambda.invoke(eventOf({ method: 'POST', headers }));
    expect(statusCode).toBe(201);
    expect(fromEdgeBase64(cookiesSet(cookies)[names.policy] ?? '').toString()).toContain(
      `"Resource":"https://${new URL(site.origin).host}/*"`,
    );
    for (const line of cookies) expect(line).not.toMatch(/domain=/i);
  });
});

describe('events that API Gateway would not send', () => {
  const claims = { email: 'alice@example.com', email_verified: 'true', hd: 'example.com', aud: 'local' };

  it.each<[string, Record<string, unknown>]>([
    [
      'claims of an authorizer',
      {
        requestContext: {
          authorizer: { jwt: { claims, scopes: null } },
          http: { method: 'POST', path: '/auth/session' },
          requestId: 'x',
        },
      },
    ],
    [
      'claims of a Lambda authorizer',
      {
        requestContext: {
          authorizer: { lambda: claims },
          http: { method: 'POST', path: '/auth/session' },
          requestId: 'x',
        },
      },
    ],
    [
      'version 1.0',
      { version: '1.0', httpMethod: 'POST', path: '/auth/session', requestContext: { authorizer: claims } },
    ],
    ['a load balancer', { version: undefined, httpMethod: 'POST', path: '/auth/session', requestContext: { elb: {} } }],
    [
      'a path in rawPath alone',
      { rawPath: '/auth/session', requestContext: { http: { method: 'POST', path: '/' }, requestId: 'x' } },
    ],
    ['a body that is no text', { body: { idToken: 'x' }, headers: { 'content-type': 'application/json' } }],
    ['a body that is a list', { body: ['x'], headers: { 'content-type': 'application/json' } }],
    [
      'a body said to be base64',
      { body: '{"idToken":"x"}', isBase64Encoded: true, headers: { 'content-type': 'application/json' } },
    ],
    ['cookies that are no list', { cookies: 'x' }],
    ['cookies that are no texts', { cookies: [1, null, {}, ['a=b']] }],
    ['headers that are lists', { headers: { authorization: ['Bearer x'], origin: ['null'] } }],
    ['headers that are null', { headers: null }],
    ['headers of an object', { headers: { __proto__: { authorization: 'Bearer x' }, constructor: 'x' } }],
    [
      'headers in capitals',
      { headers: { ORIGIN: 'https://evil.example', 'CONTENT-TYPE': 'application/json' }, body: '{}' },
    ],
    ['a warming call', { source: 'serverless-plugin-warmup' }],
    ['a scheduled event', { 'detail-type': 'Scheduled Event', requestContext: undefined }],
    ['an S3 event', { Records: [{ s3: {} }], requestContext: undefined }],
  ])('%s: an answer, and no cookie', async (_name, more) => {
    const answer: Returned = await lambda.invoke(eventOf({ method: 'POST' }, more));
    expect(answer.cookies).toBeUndefined();
    expect([400, 401, 405, 413, 415, 422, 500]).toContain(answer.statusCode);
    expect(codeOf(answer.body)).toMatch(/^(invalid_request|invalid_token|server_error)$/);
    expect(`${answer.body}${JSON.stringify(answer.headers)}`).not.toMatch(/\bat .*:\d+|node_modules|TypeError|alice/);
  });

  it.each([null, undefined, '', 'text', 0, [], {}])('%j: an answer, and no cookie', async (event) => {
    const answer = await lambda.invoke(event);
    expect(answer.cookies).toBeUndefined();
    expect(codeOf(answer.body)).toMatch(/^(invalid_request|server_error)$/);
  });
});
