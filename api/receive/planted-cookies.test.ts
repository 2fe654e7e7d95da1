import { describe, expect, it } from 'vitest';
import { loginCookie, sessionCookie } from '../../contract/cookies.ts';
import { plantedNames } from '../testing/planted-names.ts';
import { bearer, codeOf, cookiesOf, providerOrigin, site, useTestSite } from '../testing/test-site.ts';

useTestSite();

type Body = { status: string; user?: { email?: string }; nonce?: string };
const asked = async (cookies: readonly string[]): Promise<Body> => {
  const { body = '' } = await site.send({ cookies });
  return JSON.parse(body) as Body;
};
const sessionOf = async (email: string): Promise<string> => {
  const token = site.token({ email, sub: email });
  const answer = await site.send(bearer(token));
  return cookiesOf(answer)[sessionCookie]?.value ?? '';
};
const renewed = (cookies: readonly string[]) => site.send({ method: 'POST', path: '/auth/session/renewal', cookies });

describe('a session that a sibling host planted', () => {
  it.each(plantedNames(sessionCookie))('under the name behind %s signs nobody in', async (_title, name) => {
    const planted = `${name}=${await sessionOf('mole@example.com')}`;
    expect(await asked([planted])).toMatchObject({ status: 'signed-out' });
    const answer = await renewed([planted]);
    expect([answer.statusCode, codeOf(answer), answer.cookies]).toEqual([401, 'session_expired', undefined]);
  });

  it.each(plantedNames(sessionCookie))(
    'behind %s does not lock out a person who also has a real one',
    async (_title, name) => {
      const own = `${sessionCookie}=${await sessionOf('alice@example.com')}`;
      const planted = `${name}=${await sessionOf('mole@example.com')}`;
      for (const cookies of [[own, planted], [planted, own], [`${planted}; ${own}`]]) {
        expect(await asked(cookies)).toMatchObject({ status: 'signed-in', user: { email: 'alice@example.com' } });
        expect((await renewed(cookies)).statusCode).toBe(200);
      }
    },
  );
});

describe('a login cookie that a sibling host planted', () => {
  it.each(plantedNames(loginCookie))(
    "behind %s does not set the attacker's nonce: login CSRF",
    async (_title, name) => {
      const begun = await site.send();
      const [own = ''] = (begun.cookies ?? [])[0]?.split(';') ?? [];
      const { nonce } = JSON.parse(begun.body ?? '') as { nonce: string };
      const planted = `${name}=${own.slice(own.indexOf('=') + 1)}`;
      expect((await asked([planted])).nonce).not.toBe(nonce);
      const body = new URLSearchParams({ credential: site.token({ nonce }), g_csrf_token: 'c' }).toString();
      const headers = { 'content-type': 'application/x-www-form-urlencoded', origin: providerOrigin };
      const posted = await site.send({ method: 'POST', headers, body, cookies: [planted, 'g_csrf_token=c'] });
      expect(posted.headers['Location']).toBe('/public/login.html#error=sign_in_expired');
      // The same form signs in whose own cookie it is, planted ones beside it or not.
      const cookies = [planted, own, 'g_csrf_token=c'];
      expect((await site.send({ method: 'POST', headers, body, cookies })).headers['Location']).toBe('/');
    },
  );
});

describe('a Cookie header of 10 KB of blanks', () => {
  it.each([
    ['spaces', ' '],
    ['tabs', '\t'],
    ['no-break spaces', '\u00a0'],
    ['ideographic spaces', '\u3000'],
  ])('%s signs nobody in, with or without a name', async (_name, blank) => {
    const blanks = blank.repeat(10_240);
    for (const cookie of [blanks, `${blanks}=`, `${sessionCookie}=${blanks}`, `${sessionCookie}${blanks}=x`]) {
      expect(await asked([cookie])).toMatchObject({ status: 'signed-out' });
      const answer = await renewed([cookie]);
      expect([answer.statusCode, codeOf(answer)]).toEqual([401, 'session_expired']);
      expect((await site.send({ method: 'DELETE', cookies: [cookie] })).statusCode).toBe(204);
    }
  });
});
