import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, begin, codeFor, exchange } from '../support/hosted-client.ts';
import { cookieHeader, send } from '../support/http.ts';
import { type RunningSite, startSite, unthrottled } from '../support/site.ts';
import { signInWith } from '../support/tokens.ts';

const github = 'https://token.actions.githubusercontent.com';

/** The shipped config with a user pool and two issuers of machines beside Google. */
const withProviders = (text: string): string =>
  unthrottled(text)
    .replace(
      'providers: [',
      `providers: [
        { kind: 'cognitoUserPool', label: 'Sign in with Example', logout: true,
           trustedDomains: { Cognito: ['example.com'] },
          provision: { domainPrefix: 'example-docs', passwords: { selfSignUp: false } } },
        { kind: 'oidc', issuer: '${github}', audiences: ['https://docs.example.com'] },
        { kind: 'oidc', issuer: 'https://ci.example/', audiences: ['docs', 'wiki'], algorithm: 'ES256',
          keySetUrl: 'https://ci.example/keys' },`,
    )
    .replace(
      'rules: [',
      `rules: [
        { who: { issuer: '${github}', claims: { repository_id: ['1001'], ref: ['refs/heads/main'] } },
           path: '/docs/*' },
        { who: { issuer: 'https://ci.example/', subjects: [{ issuer: 'https://ci.example/', subject: 'build' }] },
           path: '/docs/*' },
        { who: { issuer: 'cognitoUserPool', claims: { 'cognito:groups': ['guests'] } }, path: '/finance/*' },`,
    )
    .replace('persistent: false', "persistent: false, claims: ['repository_id', 'ref', 'cognito:groups']");

let site: RunningSite;
beforeAll(async () => {
  site = await startSite({ config: withProviders });
});
afterAll(() => site.close());

const bearer = (token: string) => signInWith(site.origin, token);

describe('GET /auth/session', () => {
  it('offers what signs in on a page, in the order of the config, and no issuer of machines', async () => {
    const { providers } = (await send(`${site.origin}/auth/session`)).json as { providers: unknown };
    expect(providers).toEqual([
      {
        kind: 'cognitoUserPool',
        label: 'Sign in with Example',
        userPoolId: expect.stringMatching(/^eu-west-1_[A-Z2-7]{9}$/),
        clientId: site.emulator.poolClient?.clientId,
        hostedSignIn: new URL(site.issuers.origin).host,
        scopes: ['openid', 'email'],
        callbackPath: '/public/login.html',
        logout: true,
      },
      {
        kind: 'google',
        clientId: site.emulator.googleClientId,
        scriptUrl: `${site.google.origin}/gsi/client`,
        redirectOnIos: true,
      },
    ]);
  });

  it("lets the login page reach the hosted sign-in's token endpoint, and nothing else of it", async () => {
    const { text } = await send(`${site.origin}/public/login.html`);
    const [, connect] = /connect-src ([^;]+);/.exec(text) ?? [];
    expect(connect?.split(' ')).toEqual([
      "'self'",
      `${site.google.origin}/gsi/`,
      `${site.issuers.origin.replace('http:', 'https:')}/oauth2/token`,
    ]);
  });
});

describe('a user pool', () => {
  it('signs in by authorization code with PKCE and the nonce of this browser', async () => {
    const begun = await begin(site);
    const { json } = await exchange(site, begun, await codeFor(site, begun));
    const { id_token: idToken } = json as { id_token: string };
    const answer = await send(`${site.origin}/auth/session`, {
      method: 'POST',
      headers: { Origin: site.origin, 'Content-Type': 'application/json', Cookie: begun.cookie },
      body: JSON.stringify({ idToken }),
    });
    expect([answer.status, answer.json]).toEqual([
      201,
      expect.objectContaining({
        status: 'signed-in',
        user: { email: 'alice@example.com', hostedDomain: 'example.com' },
        path: '/*',
      }),
    ]);
    const page = await send(`${site.origin}/docs/guide.html`, { headers: { Cookie: cookieHeader(answer.setCookie) } });
    expect(page.status).toBe(200);
    expect(await site.logged({ event: 'granted' })).toMatchObject({ identityId: expect.stringMatching(/^eu-west-1:/) });
  });

  it("is refused in another browser, whose nonce is not the token's: login CSRF", async () => {
    const begun = await begin(site);
    const { json } = await exchange(site, begun, await codeFor(site, begun));
    const { id_token: idToken } = json as { id_token: string };
    const other = await begin(site);
    const answer = await send(`${site.origin}/auth/session`, {
      method: 'POST',
      headers: { Origin: site.origin, 'Content-Type': 'application/json', Cookie: other.cookie },
      body: JSON.stringify({ idToken }),
    });
    expect(answer.json).toMatchObject({ status: 401, code: 'invalid_token' });
  });

  it('admits by a group, to what the rule of the group opens', async () => {
    const token = site.issuers.issuePoolToken({ email: 'guest@other.example', 'cognito:groups': ['guests', 'x'] });
    expect((await bearer(token)).json).toMatchObject({ status: 'signed-in', path: '/finance/*' });
  });

  it.each([
    ['of another domain', { email: 'mallory@evil.example' }],
    ['of a trusted domain whose address is not verified', { email: 'unverified@example.com' }],
    ['whose address ends like a trusted domain', { email: 'a@evil-example.com' }],
    ['with a hosted domain of its own making', { email: 'mallory@evil.example', hd: 'example.com' }],
  ])('refuses an account %s', async (_, claims) => {
    expect((await bearer(site.issuers.issuePoolToken(claims))).json).toMatchObject({ code: 'access_denied' });
  });

  it('refuses an access token, which has the same signature and no audience', async () => {
    expect((await bearer(site.issuers.issuePoolToken({}, 'access'))).json).toMatchObject({ code: 'invalid_token' });
    const disguised = site.issuers.issuePoolToken({ token_use: 'access' });
    expect((await bearer(disguised)).json).toMatchObject({ code: 'invalid_token' });
    await site.logged({ reason: 'no-id-token' });
  });
});

describe('the hosted sign-in that the tests stand on', () => {
  it.each([
    ['another verifier', { code_verifier: 'x'.repeat(43) }],
    ['no verifier', { code_verifier: undefined }],
    ['another redirect URI', { redirect_uri: 'http://localhost:1/public/login.html' }],
    ['another code', { code: 'x' }],
  ])('gives no token for a code with %s', async (_, changes) => {
    const begun = await begin(site);
    const answer = await exchange(site, begun, await codeFor(site, begun), changes);
    expect([answer.status, answer.json]).toEqual([400, { error: 'invalid_grant' }]);
  });

  it('gives a token once', async () => {
    const begun = await begin(site);
    const code = await codeFor(site, begun);
    expect((await exchange(site, begun, code)).status).toBe(200);
    expect((await exchange(site, begun, code)).json).toEqual({ error: 'invalid_grant' });
  });

  it.each([
    ['without PKCE', { code_challenge: undefined }, 'invalid_request'],
    ['with a challenge that is the verifier itself', { code_challenge_method: 'plain' }, 'invalid_request'],
    ['for a token in the address', { response_type: 'token' }, 'unauthorized_client'],
  ])('gives no code %s', async (_, changes, error) => {
    const { query } = await begin(site);
    const answer = await ask(site, '/oauth2/authorize', { ...query, ...changes });
    expect(new URL(String(answer.headers['location'])).searchParams.get('error')).toBe(error);
  });

  it.each(['https://evil.example/', 'http://localhost:1/public/login.html', ''])(
    'sends nobody to %j, which the stack did not register',
    async (redirectUri) => {
      const { query } = await begin(site);
      const answer = await ask(site, '/oauth2/authorize', { ...query, redirect_uri: redirectUri });
      expect([answer.status, answer.headers['location']]).toEqual([400, undefined]);
    },
  );

  it('asks nobody again who is signed in there, until they sign out there', async () => {
    const { query, offer, redirectUri } = await begin(site);
    const chosen = await ask(site, '/login', { ...query, email: 'alice@example.com' }, { method: 'POST' });
    const headers = { Cookie: cookieHeader(chosen.setCookie) };
    expect((await ask(site, '/oauth2/authorize', query, { headers })).status).toBe(302);
    const left = await ask(site, '/logout', { client_id: offer.clientId, logout_uri: redirectUri }, { headers });
    expect([left.status, left.headers['location']]).toEqual([302, redirectUri]);
    expect(left.setCookie[0]).toContain('Max-Age=0');
    expect((await ask(site, '/oauth2/authorize', query)).status).toBe(200);
    const elsewhere = { client_id: offer.clientId, logout_uri: 'https://evil.example/' };
    expect((await ask(site, '/logout', elsewhere)).status).toBe(400);
  });
});

describe('an issuer of machines', () => {
  const ours = { aud: 'https://docs.example.com', repository_id: '1001', ref: 'refs/heads/main' };

  it('admits a job by its claims, without an address, to the path of its rule', async () => {
    const answer = await bearer(site.issuers.issueToken(github, { sub: 'repo:example/docs', ...ours }));
    expect(answer.json).toMatchObject({ status: 'signed-in', user: {}, path: '/docs/*' });
    const headers = { Cookie: cookieHeader(answer.setCookie) };
    expect((await send(`${site.origin}/docs/guide.html`, { headers })).status).toBe(200);
    expect((await send(`${site.origin}/finance/budget.html`, { headers })).status).toBe(403);
  });

  it('is pinned to its algorithm, and finds its keys where the config says', async () => {
    const claims = { sub: 'build', aud: 'docs' };
    const issuer = 'https://ci.example/';
    expect((await bearer(site.issuers.issueToken(issuer, claims, 'ES256'))).status).toBe(201);
    for (const algorithm of ['RS256', 'PS256', 'ES384'] as const) {
      const answer = await bearer(site.issuers.issueToken(issuer, claims, algorithm));
      expect(answer.json).toMatchObject({ code: 'invalid_token' });
    }
  });

  it.each([
    ['another repository', { repository_id: '1002' }],
    ['another branch', { ref: 'refs/heads/evil' }],
    ['a repository that only its name says', { repository_id: undefined, repository: 'example/docs' }],
    [
      "an address of a domain that Google's people have",
      { ref: 'x', email: 'alice@example.com', email_verified: true },
    ],
    ['a hosted domain', { ref: 'x', email: 'alice@example.com', email_verified: true, hd: 'example.com' }],
    ['the groups of the user pool', { ref: 'x', 'cognito:groups': ['guests'] }],
  ])('does not admit a job with %s', async (_, claims) => {
    const answer = await bearer(site.issuers.issueToken(github, { sub: 'repo:evil', ...ours, ...claims }));
    expect(answer.json).toMatchObject({ code: 'access_denied' });
  });

  it('is taken from no browser, with or without a nonce', async () => {
    const { nonce, cookie } = await begin(site);
    for (const claims of [ours, { ...ours, nonce }]) {
      const token = site.issuers.issueToken(github, claims);
      const asJson = await send(`${site.origin}/auth/session`, {
        method: 'POST',
        headers: { Origin: site.origin, 'Content-Type': 'application/json', Cookie: cookie },
        body: JSON.stringify({ idToken: token }),
      });
      expect(asJson.json).toMatchObject({ code: 'invalid_token' });
      const headers = { Authorization: `Bearer ${token}`, Origin: site.origin, Cookie: cookie };
      const asBearer = await send(`${site.origin}/auth/session`, { method: 'POST', headers });
      expect(asBearer.json).toMatchObject({ code: 'invalid_token' });
    }
  });
});
