import { describe, expect, it } from 'vitest';
import { expiredLogin, linesOf, securityHeaders, signInByBearer } from './testing/session-answers.ts';
import { codeOf, host, site, useTestSite } from './testing/test-site.ts';

useTestSite();

describe('DELETE /auth/session', () => {
  const expired = (name: string): string => `${name}=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0`;
  const signedOut = {
    statusCode: 204,
    headers: { ...securityHeaders, 'Clear-Site-Data': '"cache"' },
    cookies: [
      expired('CloudFront-Policy'),
      expired('CloudFront-Signature'),
      expired('CloudFront-Key-Pair-Id'),
      expired('CloudFront-Hash-Algorithm'),
      expired('__Host-s3nator-session'),
      expiredLogin,
    ],
  };

  it('expires every cookie with the attributes it was set with', async () => {
    const { jar } = await signInByBearer(site);
    expect(await site.send({ method: 'DELETE', cookies: jar, headers: { origin: `https://${host}` } })).toEqual(
      signedOut,
    );
    expect(linesOf(site, 'signed-out')).toMatchObject([{ who: { sub: '1001', email: 'alice@example.com' } }]);
  });

  it('signs out a browser without a session, or with one that does not verify', async () => {
    expect(await site.send({ method: 'DELETE', cookies: ['__Host-s3nator-session=x.y'] })).toEqual(signedOut);
  });

  it('refuses a page of another origin: forced sign-out', async () => {
    const answer = await site.send({ method: 'DELETE', headers: { origin: 'https://evil.example' } });
    expect([answer.statusCode, codeOf(answer), answer.cookies]).toEqual([400, 'invalid_request', undefined]);
  });
});
