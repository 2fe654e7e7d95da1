import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ask, askRaw } from './testing/ask.ts';
import { day, useEmulator } from './testing/harness.ts';
import { bucketPolicy, distributionIn, originIn, readSite, sampleStack } from './testing/sample-stack.ts';
import { createKeyPair } from './testing/signed-cookies.ts';

const harness = useEmulator();
const { keys, get, getSigned, load, cookiesFor } = harness;

describe('a viewer without cookies', () => {
  it('gets the 403 page at the address that was asked for', async () => {
    const answer = await get('/docs/guide.html?x=1');
    expect(answer).toMatchObject({ status: 403, body: 'login page' });
    expect(answer.headers['x-cache']).toBe('Error from cloudfront');
    // The policy of the requested behavior, not of the page's.
    expect(answer.headers['cache-control']).toBe('private, no-store');
  });

  it("gets CloudFront's XML where no error page is set", async () => {
    await load(
      sampleStack(keys, (resources) => {
        delete distributionIn(resources)['custom_error_response'];
      }),
    );
    const answer = await get('/docs/guide.html');
    expect(answer.headers['content-type']).toBe('text/xml');
    expect(answer.headers['server']).toBe('CloudFront');
    expect(answer.body).toBe(
      '<?xml version="1.0" encoding="UTF-8"?><Error><Code>MissingKey</Code><Message>Missing Key-Pair-Id query parameter or cookie value</Message></Error>',
    );
    expect(Buffer.byteLength(answer.body)).toBe(146);
  });

  it('reads open paths', async () => {
    expect(await get('/public/login.html')).toMatchObject({ status: 200, body: 'login page' });
  });

  it.each([
    '/public/../docs/guide.html',
    '/public/%2e%2e/docs/guide.html',
    '//docs/guide.html',
    '/public/..%2fdocs/guide.html',
  ])('does not reach a protected page as %s', async (path) => {
    const answer = await get(path);
    expect(answer.status).toBeGreaterThanOrEqual(403);
    expect(answer.body).not.toBe('guide');
  });
});

describe('a viewer with signed cookies', () => {
  it('reads the page, the default root object, and no copy is stored', async () => {
    const answer = await getSigned('/docs/guide.html?x=1');
    expect(answer).toMatchObject({ status: 200, body: 'guide' });
    expect(answer.headers['cache-control']).toBe('private, no-store');
    expect(await getSigned('/')).toMatchObject({ status: 200, body: 'home' });
    expect((await getSigned('/docs/')).status).toBe(404);
  });

  it('gets the 404 page for what does not exist', async () => {
    expect(await getSigned('/docs/none.html')).toMatchObject({ status: 404, body: 'not found page' });
  });

  it('gets the login page once the edge finds them expired', async () => {
    const cookie = cookiesFor();
    harness.pass(day - 1);
    expect((await get('/docs/guide.html', { cookie })).status).toBe(200);
    harness.pass(1);
    expect(await get('/docs/guide.html', { cookie })).toMatchObject({ status: 403, body: 'login page' });
  });

  it('is refused on a path, host or key that they are not for', async () => {
    const refused = [
      cookiesFor(keys, '/finance/*'),
      cookiesFor(keys, '/*', 'localhost'),
      cookiesFor(createKeyPair('P-256')),
    ];
    for (const cookie of refused) expect((await get('/docs/guide.html', { cookie })).status).toBe(403);
  });

  it('is refused with a reserved query name', async () => {
    expect((await getSigned('/docs/guide.html?Expires=1')).status).toBe(403);
  });

  it('sends the raw path to the origin, so a detour finds nothing', async () => {
    expect((await getSigned('/public/../docs/guide.html')).status).toBe(404);
    expect((await getSigned('/../keys/secret.pem')).status).toBe(404);
  });
});

describe('the bucket', () => {
  it('serves only the prefix that its policy allows', async () => {
    await load(
      sampleStack(keys, (resources) => {
        delete originIn(resources)['origin_path'];
      }),
    );
    expect((await getSigned('/www/docs/guide.html')).status).toBe(200);
    expect(await getSigned('/keys/secret.pem')).toMatchObject({ status: 403 });
  });

  it('answers 403 for a missing key when the distribution may not list', async () => {
    await load(
      sampleStack(keys, (resources) => {
        const policy = resources['aws_s3_bucket_policy']?.['site'];
        if (policy !== undefined) policy['policy'] = bucketPolicy(readSite);
      }),
    );
    expect(await getSigned('/docs/none.html')).toMatchObject({ status: 403 });
    expect((await getSigned('/docs/guide.html')).status).toBe(200);
  });

  it('lists itself at / when there is no default root object and no origin path, as S3 would', async () => {
    const open = sampleStack(keys, (resources) => {
      delete distributionIn(resources)['default_root_object'];
      delete originIn(resources)['origin_path'];
    });
    await load(open);
    expect((await getSigned('/')).body).toContain('<Key>keys/secret.pem</Key>');
  });

  it('reads + as a space, and %2B as a plus', async () => {
    expect((await get('/public/a+b.html')).status).toBe(404);
    expect((await get('/public/a%2Bb.html')).body).toBe('plus');
  });

  it('serves ranges, conditions and HEAD', async () => {
    const whole = await get('/public/photo.bin');
    expect(whole.headers).toMatchObject({
      'content-length': '10',
      'accept-ranges': 'bytes',
      'cache-control': 'max-age=60',
    });
    const etag = String(whole.headers['etag']);
    expect(await get('/public/photo.bin', { range: 'bytes=2-4' })).toMatchObject({ status: 206, body: '234' });
    expect((await get('/public/photo.bin', { range: 'bytes=-3' })).body).toBe('789');
    expect((await get('/public/photo.bin', { range: 'bytes=8-99' })).headers['content-range']).toBe('bytes 8-9/10');
    expect((await get('/public/photo.bin', { range: 'bytes=10-' })).status).toBe(416);
    expect((await get('/public/photo.bin', { range: 'bytes=0-1,4-5' })).status).toBe(200);
    expect((await get('/public/photo.bin', { range: 'bytes=2-4', 'if-range': '"other"' })).status).toBe(200);
    expect(await get('/public/photo.bin', { 'if-none-match': etag })).toMatchObject({ status: 304, body: '' });
    expect((await get('/public/photo.bin', { 'if-match': '"other"' })).status).toBe(412);
    const head = await ask(harness.emulator.origin, '/public/photo.bin', { method: 'HEAD' });
    expect(head).toMatchObject({ status: 200, body: '' });
    expect(head.headers['content-length']).toBe('10');
  });

  it('reads the file anew for every request', async () => {
    await writeFile(join(harness.folder.stackDirectory, 'files/photo.bin'), 'changed');
    expect((await get('/public/photo.bin')).body).toBe('changed');
  });
});

describe('what the edge refuses', () => {
  it.each([
    ['a method outside the behavior', '/docs/guide.html', { method: 'POST', body: 'x' }],
    ['DELETE of an open file', '/public/login.html', { method: 'DELETE' }],
    ['a GET with a body', '/public/login.html', { method: 'GET', body: 'x', headers: { 'content-length': '1' } }],
    ['an OPTIONS preflight of a protected page', '/docs/guide.html', { method: 'OPTIONS' }],
  ])('answers 403 with the login page to %s', async (_, path, options) => {
    expect(await ask(harness.emulator.origin, path, options)).toMatchObject({ status: 403, body: 'login page' });
  });

  it('answers 403 to an unknown host', async () => {
    const answer = await get('/public/login.html', { host: 'evil.example' });
    expect(answer.status).toBe(403);
    expect(answer.body).not.toBe('login page');
  });

  it('answers 414 to a URL beyond 8,192 bytes', async () => {
    const room = 8192 - `https://${new URL(harness.emulator.origin).host}/public/login.html?`.length;
    expect((await get(`/public/login.html?${'x'.repeat(room)}`)).status).toBe(200);
    expect((await get(`/public/login.html?${'x'.repeat(room + 1)}`)).status).toBe(414);
  });

  it.each([33_000, 100_000])('answers 494 and hangs up at %i bytes of headers', async (bytes) => {
    const { host } = new URL(harness.emulator.origin);
    const text = await askRaw(
      harness.emulator.origin,
      `GET / HTTP/1.1\r\nHost: ${host}\r\nX-Long: ${'x'.repeat(bytes)}\r\n\r\n`,
    );
    expect(text).toMatch(/^HTTP\/1\.1 494 /);
  });
});

describe('the API behind the edge', () => {
  it('hands the Lambda a payload of format 2.0 and its own environment', async () => {
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
    ['takes longer than its time-out', '/auth/x?do=hang', 500],
  ])('answers for a Lambda that %s, and for the next request as ever', async (_, path, status) => {
    expect(await get(path)).toMatchObject({ status, body: '{"message":"Internal Server Error"}' });
    expect((await get('/auth/x')).status).toBe(200);
  });

  it('takes a return value without statusCode as the body', async () => {
    const answer = await get('/auth/x?do=bare');
    expect(answer).toMatchObject({ status: 200, body: '{"hello":"world"}' });
    expect(answer.headers['content-type']).toBe('application/json');
  });

  it('loses a 403 of its own to the error page', async () => {
    expect(await get('/auth/x?do=refuse')).toMatchObject({ status: 403, body: 'login page' });
  });

  it('answers 404 where there is no route, which the error page replaces', async () => {
    expect(await get('/auth/')).toMatchObject({ status: 404, body: 'not found page' });
  });

  it('refuses more than 10,240 bytes of headers and more than 10 MB', async () => {
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
});
