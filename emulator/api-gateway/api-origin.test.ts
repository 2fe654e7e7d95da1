import { describe, expect, it } from 'vitest';
import { ask } from '../testing/ask.ts';
import { useEmulator } from '../testing/harness.ts';
import { distributionIn, type Json, sampleStack } from '../testing/sample-stack.ts';

const harness = useEmulator();
const { keys, get, load } = harness;

describe('the API behind the edge', () => {
  it('passes the Lambda a payload of format 2.0 and its own environment', async () => {
    const answer = await ask(harness.emulator.origin, '/auth/session?a=1&a=2', {
      method: 'POST',
      headers: { 'content-type': 'application/json', cookie: 'b=2; a=1', authorization: 'Bearer t' },
      body: '{"x":1}',
    });
    const { event } = JSON.parse(answer.body);
    expect(event).toMatchObject({
      version: '2.0',
      routeKey: 'ANY /auth/{proxy+}',
      rawPath: '/auth/session',
      rawQueryString: 'a=1&a=2',
      queryStringParameters: { a: '1,2' },
      pathParameters: { proxy: 'session' },
      cookies: ['a=1', 'b=2'],
      headers: { authorization: 'Bearer t', 'content-type': 'application/json' },
      requestContext: { http: { method: 'POST', path: '/auth/session' }, stage: '$default', timeEpoch: harness.now },
      body: '{"x":1}',
      isBase64Encoded: false,
    });
    expect(event.headers.cookie).toBeUndefined();
    expect(event.headers.host).toMatch(/\.execute-api\.eu-west-1\.amazonaws\.com$/);
    expect(answer.headers['set-cookie']).toEqual(['a=1; Path=/', 'b=2; Path=/']);
    expect(harness.logs).toContain('handling /auth/session');

    const environment = JSON.parse((await get('/auth/x?do=environment')).body);
    expect(environment).toMatchObject({
      HOST: new URL(harness.emulator.origin).host,
      BUCKET: 'sample-private',
      AWS_REGION: 'eu-west-1',
    });
    expect(environment.PATH).toBeUndefined();
  });

  it('routes by the decoded path, and passes it on decoded', async () => {
    const { event } = JSON.parse((await get('/auth/%73ession?a=%2F')).body);
    expect(event).toMatchObject({
      rawPath: '/auth/session',
      rawQueryString: 'a=%2F',
      queryStringParameters: { a: '/' },
      pathParameters: { proxy: 'session' },
      requestContext: { http: { path: '/auth/session' } },
    });
  });

  it('gets a path with dot segments as it was sent, and routes it as it was sent', async () => {
    const { event } = JSON.parse((await get('/auth/./session')).body);
    expect(event.rawPath).toBe('/auth/./session');
    // No route of the sample begins like this, although the behavior sends it to the API.
    expect(await get('/public/../auth/session')).toMatchObject({ status: 404, body: 'not found page' });
  });

  it('says how the request arrived', async () => {
    const { event } = JSON.parse((await get('/auth/x', { 'x-forwarded-for': '203.0.113.9', via: '1.0 proxy' })).body);
    expect(event.headers).toMatchObject({
      'x-forwarded-for': '203.0.113.9,127.0.0.1, 198.51.100.1',
      via: expect.stringMatching(/^1\.0 proxy, 1\.1 \w+\.cloudfront\.net \(CloudFront\)$/),
      'x-amz-cf-id': expect.stringMatching(/==$/),
    });
    expect(event.requestContext.http.sourceIp).toBe('198.51.100.1');
  });

  it('gets cookies sorted by name, without those that begin with $', async () => {
    const { event } = JSON.parse((await get('/auth/x', { cookie: 'z=1; $Version=1; A=2; a=3; a=2; Z=4' })).body);
    expect(event.cookies).toEqual(['A=2', 'Z=4', 'a=3', 'a=2', 'z=1']);
  });

  it('gets every method that the behavior allows, and sends no body for HEAD', async () => {
    for (const method of ['GET', 'OPTIONS', 'PUT', 'POST', 'PATCH', 'DELETE']) {
      const answer = await ask(harness.emulator.origin, '/auth/x', { method });
      expect(JSON.parse(answer.body).event.requestContext.http.method).toBe(method);
    }
    expect(await ask(harness.emulator.origin, '/auth/x', { method: 'HEAD' })).toMatchObject({ status: 200, body: '' });
  });

  it('can redirect: the edge passes the redirect on and does not follow it', async () => {
    const answer = await get('/auth/x?do=redirect');
    expect(answer).toMatchObject({ status: 303, body: '', headers: { location: '/docs/', 'set-cookie': ['a=1'] } });
  });

  it('cannot smuggle a header into the response', async () => {
    const answer = await get('/auth/x?do=split');
    expect(answer).toMatchObject({ status: 500, body: '{"message":"Internal Server Error"}' });
    expect(answer.headers).not.toHaveProperty('set-cookie');
  });

  it('keeps the headers that CloudFront passes on', async () => {
    const { headers } = await get('/auth/x?do=headers');
    expect(headers).toMatchObject({ vary: 'Origin, Cookie', server: 'x' });
    expect(headers['via']).toMatch(/^1\.1 /);
  });

  it('loses its cookies if the behavior forwards none', async () => {
    await load(
      sampleStack(keys, (resources) => {
        const [auth] = distributionIn(resources)['ordered_cache_behavior'] as Json[];
        delete auth?.['origin_request_policy_id'];
      }),
    );
    const answer = await get('/auth/x', {
      cookie: 'a=1',
      authorization: 'Bearer t',
      accept: 'x',
      'if-none-match': '"e"',
    });
    expect(answer.headers).not.toHaveProperty('set-cookie');
    const { event } = JSON.parse(answer.body);
    expect(event).not.toHaveProperty('cookies');
    expect(event.headers).toMatchObject({ 'user-agent': 'Amazon CloudFront', 'if-none-match': '"e"' });
    expect(event.headers).not.toHaveProperty('authorization');
    expect(event.headers).not.toHaveProperty('accept');
  });

  it('sends form posts as base64', async () => {
    const { event } = JSON.parse(
      (
        await ask(harness.emulator.origin, '/auth/session', {
          method: 'POST',
          headers: { 'content-type': 'application/x-www-form-urlencoded' },
          body: 'a=1',
        })
      ).body,
    );
    expect(event).toMatchObject({ body: Buffer.from('a=1').toString('base64'), isBase64Encoded: true });
  });

  it.each([
    ['throws', '/auth/x?do=throw', 500],
    ['exits', '/auth/x?do=exit', 500],
    ['takes longer than its timeout', '/auth/x?do=hang', 500],
  ])('answers for a Lambda that %s, and serves the next request as usual', async (_, path, status) => {
    expect(await get(path)).toMatchObject({ status, body: '{"message":"Internal Server Error"}' });
    expect((await get('/auth/x')).status).toBe(200);
  });

  it('treats a return value without statusCode as the body', async () => {
    const answer = await get('/auth/x?do=bare');
    expect(answer).toMatchObject({ status: 200, body: '{"hello":"world"}' });
    expect(answer.headers['content-type']).toBe('application/json');
  });

  it('has its own 403 replaced by the error page', async () => {
    expect(await get('/auth/x?do=refuse')).toMatchObject({ status: 403, body: 'login page' });
  });

  it('answers 404 without a matching route, and the error page replaces it', async () => {
    expect(await get('/auth/')).toMatchObject({ status: 404, body: 'not found page' });
  });

  it('refuses more than 10,240 bytes of headers and bodies over 10 MB', async () => {
    expect((await get('/auth/x', { 'x-long': 'x'.repeat(11_000) })).status).toBe(431);
    const large = await ask(harness.emulator.origin, '/auth/x', {
      method: 'POST',
      body: 'x'.repeat(10 * 1024 * 1024 + 1),
    });
    expect(large.status).toBe(413);
  });

  it('throttles as the stage says', async () => {
    await load(
      sampleStack(keys, (resources) => {
        const stage = resources['aws_apigatewayv2_stage']?.['stage'];
        if (stage !== undefined) {
          stage['default_route_settings'] = { throttling_rate_limit: 0.01, throttling_burst_limit: 2 };
        }
      }),
    );
    const statuses = [];
    for (let count = 0; count < 3; count++) statuses.push((await get('/auth/x')).status);
    expect(statuses).toEqual([200, 200, 429]);
  });

  it('throttles a route by its own settings in the stage', async () => {
    await load(
      sampleStack(keys, (resources) => {
        const [routes, stage] = [resources['aws_apigatewayv2_route'], resources['aws_apigatewayv2_stage']?.['stage']];
        if (routes === undefined || stage === undefined) throw new Error('the sample has a route and a stage');
        routes['one'] = { route_key: 'GET /auth/x', target: 'integrations/x' };
        stage['route_settings'] = [
          { route_key: 'GET /auth/x', throttling_rate_limit: 0.01, throttling_burst_limit: 1 },
        ];
      }),
    );
    const statuses = [];
    for (const path of ['/auth/x', '/auth/x', '/auth/y']) statuses.push((await get(path)).status);
    expect(statuses).toEqual([200, 429, 200]);
  });
});
