import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningSite, startSite, unthrottled } from '../support/site.ts';
import { forged, hs256, idToken, signInAs, signInWith, unsigned } from '../support/tokens.ts';

let site: RunningSite;
beforeAll(async () => {
  site = await startSite({ config: unthrottled });
});
afterAll(() => site.close());

const now = (): number => Math.floor(Date.now() / 1000);

/** Each way to be refused: what is sent, the problem code, and the word by which the log knows it. */
const refusals: readonly [name: string, token: () => string | Promise<string>, code: string][] = [
  ['forged', async () => forged(await idToken(site, 'alice@example.com')), 'invalid_token'],
  ['expired', () => idToken(site, 'alice@example.com', { exp: String(now() - 120) }), 'invalid_token'],
  [
    'for a foreign audience',
    () => idToken(site, 'alice@example.com', { aud: 'other.apps.googleusercontent.com', azp: '' }),
    'invalid_token',
  ],
  [
    'of a foreign issuer',
    () => idToken(site, 'alice@example.com', { iss: 'https://accounts.google.com.evil.example' }),
    'invalid_token',
  ],
  ['unsigned', async () => unsigned(await idToken(site, 'alice@example.com')), 'invalid_token'],
  ['confused to HS256', async () => hs256(await idToken(site, 'alice@example.com'), site), 'invalid_token'],
  ['without an expiry', () => idToken(site, 'alice@example.com', { exp: '' }), 'invalid_token'],
  ['with a nonce but no login cookie', () => idToken(site, 'alice@example.com', { nonce: 'n' }), 'sign_in_expired'],
  [
    'for another authorized party',
    () => idToken(site, 'alice@example.com', { azp: 'other.apps.googleusercontent.com' }),
    'invalid_token',
  ],
  ['of an unverified address', () => idToken(site, 'unverified@example.com'), 'access_denied'],
  ['of another domain', () => idToken(site, 'mallory@evil.example'), 'access_denied'],
  ['of a@evil.com@example.com', () => idToken(site, 'a@evil.com@example.com'), 'access_denied'],
  ['not a token at all', () => 'x', 'invalid_token'],
];

describe('POST /auth/session with a token that is', () => {
  it.each(refusals)('%s is refused', async (_, token, code) => {
    const text = await token();
    const answer = await signInWith(site.origin, text);
    expect(answer.status).toBe(401);
    expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
    expect(answer.headers['www-authenticate']).toMatch(/^Bearer error="/);
    expect(answer.json).toMatchObject({ status: 401, code, requestId: expect.any(String) });
    expect(answer.setCookie).toEqual([]);
    // The log has a line about exactly this request that says more than the wire does.
    const { requestId } = answer.json as { requestId: string };
    const line = await site.logged({ requestId });
    expect(site.log.filter((one) => one['requestId'] === requestId)).toHaveLength(1);
    // The audit line records a denial.
    const said = line['reason'] ?? line['why'];
    expect(said).toEqual(expect.any(String));
    expect(answer.text).not.toContain(String(said));
  });

  it('in the log by its reason only: no token, no signature', async () => {
    const token = await idToken(site, 'mallory@evil.example');
    const { requestId } = (await signInWith(site.origin, token)).json as { requestId: string };
    await site.logged({ requestId });
    for (const part of token.split('.')) expect(site.rawLog.join('\n')).not.toContain(part);
  });
});

describe('POST /auth/session with a good token', () => {
  it('is answered with the cookies, so that the refusals above mean something', async () => {
    const answer = await signInAs(site);
    expect(answer.status).toBe(201);
    expect(answer.setCookie.length).toBeGreaterThan(0);
  });
});
