import { describe, expect, it } from 'vitest';
import { bearer, codeOf, form, site, startTestSite, useTestSite } from './testing/test-site.ts';

useTestSite({ overrides: { paths: { api: '/team/login', open: '/team/open' } } });

describe('the API of a site with other paths', () => {
  it('answers its routes under paths.api', async () => {
    expect((await site.send({ path: '/team/login/session' })).statusCode).toBe(200);
    expect((await site.send({ ...bearer(site.token()), path: '/team/login/session' })).statusCode).toBe(201);
    expect(codeOf(await site.send({ method: 'POST', path: '/team/login/session/renewal' }))).toBe('session_expired');
    const put = await site.send({ method: 'PUT', path: '/team/login/session' });
    expect([put.statusCode, put.headers['Allow']]).toEqual([405, 'GET, POST, DELETE']);
  });

  it.each([
    ...['/auth/session', '/auth/session/renewal', '/auth/', '/session', '/team/session', '/team/login', '/team/login/'],
    ...[
      '/team/loginsession',
      '/team/login//session',
      '/team/login/session/',
      '/TEAM/login/session',
      '//team/login/session',
    ],
    ...[
      '/team/login/auth/session',
      '/auth/team/login/session',
      '/team/login/../login/session',
      '/team%2flogin/session',
    ],
    ...['/team/login/%73ession', '/team/open/session', 'team/login/session', '/team/login/__proto__', ''],
  ])('has nothing at %j, and gives no cookie there', async (path) => {
    for (const options of [{ path }, { ...bearer(site.token()), path }]) {
      const answer = await site.send(options);
      expect([answer.statusCode, codeOf(answer), answer.cookies ?? []]).toEqual([400, 'invalid_request', []]);
      expect(JSON.parse(answer.body ?? '')).toMatchObject({
        detail: 'the paths are /team/login/session, /team/login/session/renewal and /team/login/access-requests',
      });
    }
  });

  it('sends a refused form post to the login page in paths.open', async () => {
    const answer = await site.send({ ...form({ credential: 'x' }, []), path: '/team/login/session' });
    expect([answer.statusCode, answer.headers['Location']]).toEqual([
      303,
      '/team/open/login.html#error=invalid_request',
    ]);
  });

  it('answers the preflight of an allowed origin there', async () => {
    const headers = { origin: 'https://app.example.com' };
    const answer = await site.send({ method: 'OPTIONS', path: '/team/login/session', headers });
    expect([answer.statusCode, answer.headers['Access-Control-Allow-Methods']]).toEqual([204, 'GET, POST, DELETE']);
  });

  it('is another thing for each site', async () => {
    const usual = await startTestSite();
    try {
      expect((await usual.send({ path: '/team/login/session' })).statusCode).toBe(400);
      expect((await usual.send({ path: '/auth/session' })).statusCode).toBe(200);
    } finally {
      await usual.close();
    }
  });
});
