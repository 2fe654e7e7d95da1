import { syncBuiltinESMExports } from 'node:module';
import timers from 'node:timers';
import { describe, expect, it, vi } from 'vitest';
import type { GatewayEvent } from './receive/gateway.ts';
import { problemHeaders, securityHeaders } from './testing/session-answers.ts';
import { bearer, codeOf, makeEvent, site, startTestSite, useTestSite } from './testing/test-site.ts';

useTestSite();

describe('everything else under /auth/', () => {
  it.each(['/auth/', '/auth/session/', '/auth/session/renewal/', '/auth/../auth/session', '/auth/SESSION', '/', ''])(
    'answers 400 at %j, never 403 or 404',
    async (path) => {
      const answer = await site.send({ path });
      expect({ ...answer, body: JSON.parse(answer.body ?? '') }).toEqual({
        statusCode: 400,
        headers: problemHeaders,
        body: {
          type: 'about:blank',
          title: 'The request is not valid',
          status: 400,
          code: 'invalid_request',
          requestId: 'request-1',
          detail: 'the paths are /auth/session, /auth/session/renewal and /auth/access-requests',
        },
      });
    },
  );

  it.each(['PUT', 'PATCH', 'HEAD', 'OPTIONS', 'TRACE', '__proto__', ''])('answers 405 to %j', async (method) => {
    const answer = await site.send({ method });
    expect([answer.statusCode, codeOf(answer), answer.headers['Allow']]).toEqual([
      405,
      'invalid_request',
      'GET, POST, DELETE',
    ]);
  });

  it.each(['GET', 'DELETE', 'PUT', 'HEAD', 'OPTIONS'])('answers 405 to %j of the renewal', async (method) => {
    const answer = await site.send({ method, path: '/auth/session/renewal' });
    expect([answer.statusCode, codeOf(answer), answer.headers['Allow']]).toEqual([405, 'invalid_request', 'POST']);
  });
});

describe('the log line of a refused request', () => {
  it.each<[string, Partial<Parameters<typeof site.send>[0]>, object]>([
    ['method', { method: 'PUT' }, { reason: 'method-not-allowed', method: 'PUT' }],
    ['empty method', { method: '' }, { reason: 'method-not-allowed', method: '' }],
    ['path', { path: '/auth/other' }, { reason: 'unknown-path', path: '/auth/other' }],
    [
      'origin',
      { method: 'POST', headers: { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' } },
      { reason: 'foreign-origin', origin: 'https://evil.example', site: 'cross-site' },
    ],
    [
      'number of bytes',
      { method: 'POST', headers: { 'content-type': 'application/json' }, body: ' '.repeat(20_000) },
      { reason: 'body-too-large', bytes: 20_000 },
    ],
  ])('names the %s', async (_, request, fields) => {
    await site.send(request);
    expect(site.lines).toMatchObject([{ event: 'refused', ...fields }]);
  });
});

describe('other origins', () => {
  const cors = {
    'Access-Control-Allow-Origin': 'https://app.example.com',
    'Access-Control-Allow-Credentials': 'true',
    Vary: 'Origin',
  };

  it('may read the answer if the config allows them, errors included', async () => {
    const headers = { origin: 'https://app.example.com' };
    expect((await site.send({ headers })).headers).toMatchObject(cors);
    expect((await site.send({ method: 'POST', headers })).headers).toMatchObject(cors);
  });

  it.each([
    ['/auth/session', 'GET, POST, DELETE'],
    ['/auth/session/renewal', 'POST'],
  ])('get a list of the methods for %s', async (path, methods) => {
    const headers = { origin: 'https://app.example.com', 'access-control-request-method': 'POST' };
    expect(await site.send({ method: 'OPTIONS', path, headers })).toEqual({
      statusCode: 204,
      headers: {
        ...securityHeaders,
        ...cors,
        'Access-Control-Allow-Methods': methods,
        'Access-Control-Allow-Headers': 'authorization, content-type',
        'Access-Control-Max-Age': '600',
      },
    });
  });

  it.each(['https://evil.example', 'https://app.example.com.evil.example', 'https://APP.example.com', 'null'])(
    'get no permission if they are %s',
    async (origin) => {
      for (const method of ['GET', 'OPTIONS']) {
        const { headers } = await site.send({ method, headers: { origin } });
        expect(Object.keys(headers).filter((name) => /^(access-control|vary)/i.test(name))).toEqual([]);
      }
    },
  );
});

describe('a fault of our own', () => {
  it('is a problem document with the request ID, and says nothing else', async () => {
    const other = await startTestSite({
      overrides: { signingKey: () => Promise.reject(new Error('secret-thing')) },
    });
    const answer = await other.send(bearer(other.token()));
    await other.close();
    expect({ ...answer, body: JSON.parse(answer.body ?? '') }).toEqual({
      statusCode: 500,
      headers: problemHeaders,
      body: {
        type: 'about:blank',
        title: 'Something went wrong here',
        status: 500,
        code: 'server_error',
        requestId: 'request-1',
      },
    });
    expect(other.lines).toMatchObject([{ level: 'error', reason: 'unexpected', error: 'Error' }]);
    expect(JSON.stringify(other.lines)).not.toContain('secret-thing');
  });

  it.each([400, 404, 415, 500])('is a 500 even if the thrown error has status %i', async (statusCode) => {
    const other = await startTestSite({
      overrides: { signingKey: () => Promise.reject(Object.assign(new Error('x'), { statusCode })) },
    });
    const answer = await other.send(bearer(other.token()));
    await other.close();
    expect([answer.statusCode, codeOf(answer)]).toEqual([500, 'server_error']);
  });

  it('is answered even when the log cannot be written', async () => {
    const other = await startTestSite({
      overrides: {
        log: () => {
          throw new Error('stdout is closed');
        },
      },
    });
    const answer = await other.send(bearer('x'));
    await other.close();
    expect([answer.statusCode, codeOf(answer)]).toEqual([500, 'server_error']);
  });

  it.each([undefined, null, {}, { version: '2.0' }, { version: '1.0', httpMethod: 'GET', path: '/auth/session' }])(
    'does not throw at an invalid event: %j',
    async (event) => {
      const answer = await site.handler(event as unknown as GatewayEvent, {});
      expect(answer.headers['Content-Type']).toBe('application/problem+json');
      expect(JSON.parse(answer.body ?? '')).toMatchObject({ requestId: 'unknown' });
    },
  );

  it('has up to a quarter of a second less than Lambda gives', async () => {
    const limits: unknown[] = [];
    const spy = vi.spyOn(timers, 'setTimeout').mockImplementation(((_done: () => void, ms: number) => {
      limits.push(ms);
    }) as never);
    syncBuiltinESMExports();
    try {
      await site.handler(makeEvent({ method: 'DELETE' }), { getRemainingTimeInMillis: () => 2_000 });
    } finally {
      spy.mockRestore();
      syncBuiltinESMExports();
    }
    expect(limits).toEqual([1_750]);
  });

  it('gives up before Lambda does', async () => {
    const other = await startTestSite({ overrides: { accessDocuments: { current: () => new Promise(() => {}) } } });
    const event: GatewayEvent = {
      version: '2.0',
      headers: { authorization: `Bearer ${other.token()}` },
      requestContext: { requestId: 'request-1', http: { method: 'POST', path: '/auth/session' } },
    };
    const answer = await other.handler(event, { getRemainingTimeInMillis: () => 300 });
    await other.close();
    expect([answer.statusCode, codeOf(answer)]).toEqual([503, 'temporarily_unavailable']);
  });
});
