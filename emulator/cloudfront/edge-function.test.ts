import { describe, expect, it } from 'vitest';
import { emptyBody, type Request } from '../message/http-message.ts';
import { useEmulator } from '../testing/harness.ts';
import { behaviorIn, distributionIn, type Json, sampleStack } from '../testing/sample-stack.ts';
import { runViewerRequest } from './edge-function.ts';
import { InvalidFunctionResult } from './edge-function-event.ts';

const request: Request = {
  method: 'GET',
  path: '/media/index.mpd',
  query: 'ID=42&NoValue=&querymv=val1&querymv=val2,val3',
  headers: [
    ['Host', 'video.example.com'],
    ['Accept', 'application/json'],
    ['accept', 'text/html'],
    ['Connection', 'keep-alive'],
    ['X-Edge-Anything', '1'],
    ['X-Forwarded-Proto', 'http'],
    ['Cookie', 'Cookie1=value1; cookiemv=value3; cookiemv=value4'],
  ],
  body: emptyBody,
  ip: '198.51.100.11',
  httpVersion: '1.1',
};
const viewer = { distributionId: 'EDFDVBD6EXAMPLE', host: 'd111111abcdef8.cloudfront.net', requestId: 'id' };
const run = (code: string) => runViewerRequest(code, request, viewer);
/** A function that changes the request and returns it. */
const changing = (statements: string) => {
  const result = run(`function handler(event) { var request = event.request; ${statements}; return request; }`);
  if (!('request' in result)) throw new Error('no request came back');
  return result.request;
};
const returning = (value: unknown) => run(`function handler() { return ${JSON.stringify(value)}; }`);
const responding = (value: object) => {
  const result = returning({ statusCode: 200, ...value });
  if (!('response' in result)) throw new Error('no response came back');
  return result.response;
};

describe('the event of a CloudFront Function', () => {
  it('has the documented form, without the headers that functions may not see', () => {
    const { response } = run(
      'function handler(event) { return { statusCode: 200, body: JSON.stringify(event) }; }',
    ) as {
      response: { body: Buffer };
    };
    expect(JSON.parse(response.body.toString())).toEqual({
      version: '1.0',
      context: {
        distributionDomainName: 'd111111abcdef8.cloudfront.net',
        distributionId: 'EDFDVBD6EXAMPLE',
        eventType: 'viewer-request',
        requestId: 'id',
      },
      viewer: { ip: '198.51.100.11' },
      request: {
        method: 'GET',
        uri: '/media/index.mpd',
        querystring: {
          ID: { value: '42' },
          NoValue: { value: '' },
          querymv: { value: 'val1', multiValue: [{ value: 'val1' }, { value: 'val2,val3' }] },
        },
        headers: {
          host: { value: 'video.example.com' },
          accept: { value: 'application/json', multiValue: [{ value: 'application/json' }, { value: 'text/html' }] },
        },
        cookies: {
          Cookie1: { value: 'value1' },
          cookiemv: { value: 'value3', multiValue: [{ value: 'value3' }, { value: 'value4' }] },
        },
      },
    });
  });
});

describe('a request that a function returns', () => {
  it('is passed on unchanged if nothing was changed', () => {
    expect(changing('')).toEqual(request);
    expect(changing('request.uri = "/x"')).toEqual({ ...request, path: '/x' });
  });

  it('has the query that the function wrote, as a string or as values', () => {
    expect(changing('request.querystring = "b=2&a=1&NoValue="').query).toBe('b=2&a=1&NoValue=');
    expect(changing('request.querystring.ID.value = "7"').query).toBe('ID=7&NoValue=&querymv=val1&querymv=val2,val3');
    expect(changing('request.querystring = {}').query).toBeUndefined();
    expect(changing('delete request.querystring').query).toBeUndefined();
  });

  it('can be read by the function as it arrived', () => {
    const read = (query: string | undefined): unknown => {
      const code =
        'function handler(event) { return { statusCode: 200, body: typeof event.request.rawQueryString() + ' +
        '" " + event.request.rawQueryString() }; }';
      const result = runViewerRequest(code, { ...request, query }, viewer);
      return 'response' in result ? result.response.body.toString() : undefined;
    };
    expect(read('b=2&a=1&a=%2F&NoValue')).toBe('string b=2&a=1&a=%2F&NoValue');
    expect(read('")+x')).toBe('string ")+x');
    expect(read('')).toBe('string ');
    expect(read(undefined)).toBe('undefined undefined');
  });

  it('applies a change of several values, or otherwise of the first one', () => {
    const set = (statements: string) => changing(`var v = request.querystring.querymv; ${statements}`).query;
    expect(set('v.value = "x"')).toContain('querymv=x&querymv=val2,val3');
    expect(set('v.multiValue[1].value = "y"')).toContain('querymv=val1&querymv=y');
    expect(set('v.value = "x"; v.multiValue = [{ value: "z" }]')).toMatch(/querymv=z$/);
  });

  it('capitalizes its headers, and puts its cookies on one line', () => {
    const { headers } = changing(
      'request.headers["x-custom-header"] = { value: "1" }; request.cookies.Cookie1.value = "v"; ' +
        'delete request.cookies.cookiemv',
    );
    expect(headers).toEqual([
      ['Host', 'video.example.com'],
      ['Accept', 'application/json'],
      ['Accept', 'text/html'],
      ['X-Custom-Header', '1'],
      ['Cookie', 'Cookie1=v'],
    ]);
    expect(changing('request.cookies = {}').headers.map(([name]) => name)).not.toContain('Cookie');
  });

  it.each([
    ['another method', 'request.method = "POST"'],
    ['a URI without its slash', 'request.uri = "x"'],
    ['no URI', 'delete request.uri'],
    ['a URI that is too long', 'request.uri = "/" + "x".repeat(8192)'],
    ['a space in the query', 'request.querystring = "a=1 2"'],
    ['a fragment in the query', 'request.querystring = { a: { value: "1#2" } }'],
    ['a control character in the query', 'request.querystring = "a=\\u0001"'],
    ['a read-only header', 'request.headers.host = { value: "evil.example" }'],
    ['no host', 'delete request.headers.host'],
    ['a Via header', 'request.headers.via = { value: "x" }'],
    ['a header that functions may not set', 'request.headers["x-amz-cf-id"] = { value: "x" }'],
    ['a header in capital letters', 'request.headers["X-A"] = { value: "x" }'],
    ['a header that is not an object', 'request.headers.a = "x"'],
    ['cookies that are not an object', 'request.cookies = "a=1"'],
  ])('is not accepted with %s', (_, statements) => {
    expect(() => changing(statements)).toThrow(InvalidFunctionResult);
  });
});

describe('a response that a function creates', () => {
  it('can redirect, set cookies with attributes, and have a body', () => {
    const answer = responding({
      statusCode: 302,
      statusDescription: 'Found',
      headers: { location: { value: '/a' }, vary: { value: 'x', multiValue: [{ value: 'x' }, { value: 'y' }] } },
      cookies: { a: { value: '1', attributes: 'Path=/; Secure' }, b: { value: '2' } },
      body: { encoding: 'base64', data: 'aGk=' },
    });
    expect(answer).toEqual({
      status: 302,
      headers: [
        ['Location', '/a'],
        ['Vary', 'x'],
        ['Vary', 'y'],
        ['Set-Cookie', 'a=1; Path=/; Secure'],
        ['Set-Cookie', 'b=2'],
      ],
      body: Buffer.from('hi'),
    });
    expect(responding({ body: 'text' }).body.toString()).toBe('text');
    expect(responding({ body: { data: 'text' } }).body.toString()).toBe('text');
    expect(responding({}).body).toHaveLength(0);
  });

  it.each([
    ['a status as a string', { statusCode: '200' }],
    ['a status out of range', { statusCode: 99 }],
    ['a header that functions may not set', { headers: { connection: { value: 'close' } } }],
    ['a body that is not base64', { body: { encoding: 'base64', data: '!' } }],
    ['an unknown encoding', { body: { encoding: 'gzip', data: 'aGk=' } }],
  ])('is not accepted with %s', (_, value) => {
    expect(() => responding(value)).toThrow(InvalidFunctionResult);
  });
});

describe('the code', () => {
  it('can be asynchronous', () => {
    expect(run('async function handler(event) { await null; return event.request; }')).toEqual({ request });
  });

  it.each([
    ['does not parse', 'function handler( {'],
    ['has no handler', 'var other = 1;'],
    ['throws', 'function handler() { throw new Error("x"); }'],
    ['rejects', 'async function handler() { throw new Error("x"); }'],
    ['returns nothing', 'function handler() {}'],
    ['does not return an object', 'function handler() { return 1; }'],
    ['never ends', 'function handler() { for (;;); }'],
    ['never ends, asynchronously', 'async function handler() { for (;;) await null; }'],
    ['waits for something that never happens', 'async function handler() { await new Promise(() => {}); }'],
    ['evaluates text', 'function handler() { return eval("({ statusCode: 200 })"); }'],
    ['wants a timer', 'function handler() { setTimeout(() => {}, 1); }'],
    ['wants Node', 'function handler() { return process.env; }'],
    ['tries to escape the sandbox', 'function handler() { return console.log.constructor("return process")(); }'],
  ])('fails if it %s', (_, code) => {
    expect(() => run(code)).toThrow(/./);
    expect(() => run(code)).not.toThrow(InvalidFunctionResult);
  });
});

describe('a behavior with a function', () => {
  const harness = useEmulator();
  const { keys, get, getSigned, load, cookiesFor } = harness;
  const withFunction = (code: string, change: (cdn: Json) => void = () => {}) =>
    sampleStack(keys, (resources) => {
      resources['aws_cloudfront_function'] = { index: { name: 'index', code } };
      behaviorIn(resources)['function_association'] = [
        { event_type: 'viewer-request', function_arn: '${aws_cloudfront_function.index.arn}' },
      ];
      change(distributionIn(resources));
    });
  const index =
    'function handler(event) { var r = event.request; if (r.uri.endsWith("/")) r.uri += "index.html"; return r; }';

  it("runs it after the signature check, on the viewer's own URL", async () => {
    await load(withFunction(index));
    expect(await getSigned('/')).toMatchObject({ status: 200, body: 'home' });
    harness.emulator.aws.put('site', 'www/docs/index.html', 'docs home', 'text/html');
    expect((await getSigned('/docs/')).body).toBe('docs home');
    expect((await get('/docs/')).status).toBe(403);
    expect((await getSigned('/docs/', { cookie: cookiesFor(keys, '/docs/index.html') })).status).toBe(403);
  });

  it('keeps the behavior and the origin of the requested URL', async () => {
    await load(withFunction('function handler(event) { event.request.uri = "/auth/x"; return event.request; }'));
    expect(await getSigned('/docs/guide.html')).toMatchObject({ status: 404, body: 'not found page' });
  });

  it("passes on the function's own answer, without an error page", async () => {
    await load(withFunction('function handler() { return { statusCode: 404, body: "mine" }; }'));
    const answer = await getSigned('/docs/');
    expect(answer).toMatchObject({ status: 404, body: 'mine' });
    expect(answer.headers['x-cache']).toBe('FunctionGeneratedResponse from cloudfront');
  });

  it('does not run it for an error page', async () => {
    const failing =
      'function handler(event) { if (event.request.uri === "/docs/page") throw 1; return event.request; }';
    const pages = [{ error_code: 404, response_code: 404, response_page_path: '/docs/page' }];
    await load(
      withFunction(failing, (cdn) => {
        cdn['custom_error_response'] = pages;
      }),
    );
    harness.emulator.aws.put('site', 'www/docs/page', 'a page', 'text/html');
    expect((await getSigned('/docs/page')).status).toBe(503);
    expect(await getSigned('/docs/none')).toMatchObject({ status: 404, body: 'a page' });
  });

  it('answers 503 for a function that fails, and 502 for a result that CloudFront does not accept', async () => {
    await load(withFunction('function handler() { return process.env; }'));
    expect((await getSigned('/docs/')).status).toBe(503);
    await load(
      withFunction('function handler(event) { event.request.headers.via = { value: "x" }; return event.request; }'),
    );
    expect((await getSigned('/docs/')).status).toBe(502);
  });
});
