import { Hub } from '@aws-amplify/core';
import { AMPLIFY_SYMBOL } from '@aws-amplify/core/internals/utils';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { anotherKey, hasLeft, pendingStepKey, providerKey } from '../shared/page-memory.ts';
import { pool, type StandInPage, standInPage } from '../testing/stand-ins.ts';
import { visit } from './user-pool.ts';

// Amplify reads and rewrites the address of the real page, so this one must stand at the login page's.
const { origin } = location;
const here = location.href;
const login = `${origin}/public/login.html`;
const guide = `${origin}/docs/guide.html?x=1#part`;

function pageAt(href: string): StandInPage {
  history.replaceState(null, '', href);
  const page = standInPage(href, 200);
  page.storage = sessionStorage;
  return page;
}

const pendingStep = (step: string, to = guide): string => JSON.stringify({ step, to });
const keptNames = (): string[] => Object.keys(sessionStorage).filter((key) => !key.startsWith('vitest'));

/** Where the window was sent; in pages of the hosted sign-in. */
function sentTo({ went }: StandInPage): URL {
  expect(went).toHaveLength(1);
  expect(went[0]).toMatch(`on to https://${pool.hostedSignIn}/`);
  return new URL(went[0]?.replace('on to ', '') ?? '');
}

beforeEach(() => sessionStorage.clear());
afterEach(() => {
  sessionStorage.clear();
  history.replaceState(null, '', here);
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

const base64url = (value: object): string => btoa(JSON.stringify(value)).replace(/=/g, '');
const token = (claims: object): string => `${base64url({ alg: 'RS256' })}.${base64url(claims)}.c2lnbmF0dXJl`;

describe('a code that comes back', () => {
  // Amplify answers one code in the life of a page, so the exchange that succeeds stands alone, and first.
  it('is exchanged with the verifier of this tab; the ID token is passed on and not stored', async () => {
    const left = pageAt(guide);
    const exp = Math.floor(Date.now() / 1000) + 3600;
    const idToken = token({ sub: '1', exp, iat: exp - 3600 });
    const bodies: string[] = [];
    vi.stubGlobal('fetch', async (url: string, { body }: RequestInit) => {
      bodies.push(`${url} ${body}`);
      return new Response(
        JSON.stringify({
          access_token: token({ sub: '1', username: '1', exp }),
          id_token: idToken,
          refresh_token: 'r',
        }),
      );
    });
    // What leaving has put into the tab, had the page gone.
    const inFlight = 'CognitoIdentityServiceProvider.pool-client';
    sessionStorage.setItem(`${inFlight}.inflightOAuth`, 'true');
    sessionStorage.setItem(`${inFlight}.oauthPKCE`, 'the-verifier');
    sessionStorage.setItem(`${inFlight}.oauthState`, 'the-state');
    const page = pageAt(`${login}?code=the-code&state=the-state`);

    const result = await visit(pool, 'nonce', page, { pendingStep: pendingStep('sign-in', left.href) });

    expect(result).toEqual({ idToken });
    expect(bodies).toHaveLength(1);
    expect(bodies[0]).toMatch(`https://${pool.hostedSignIn}/oauth2/token `);
    expect(bodies[0]).toMatch(/code=the-code\b.*code_verifier=the-verifier/);
    expect(keptNames()).toEqual([]);
    expect(page.href).toBe(`${login}?return-to=${encodeURIComponent(guide)}`);
  });

  it.each([
    ['the code was refused', new Error('invalid_grant'), /no longer valid/],
    ['there was no connection', new TypeError('Failed to fetch'), /did not answer/],
    ['what answered was no token endpoint', new SyntaxError('Unexpected token <'), /did not answer/],
  ])('leads to a message if %s', async (_, error, says) => {
    sessionStorage.setItem('CognitoIdentityServiceProvider.pool-client.oauthPKCE', 'x');
    const page = pageAt(`${login}?code=the-code&state=the-state`);
    const going = visit(pool, 'nonce', page, { pendingStep: pendingStep('sign-in') });
    Hub.dispatch('auth', { event: 'signInWithRedirect_failure', data: { error } }, 'Auth', AMPLIFY_SYMBOL);
    expect((await going)?.notice).toMatch(says);
    expect(page.href).not.toContain('code=');
    expect(keptNames()).toEqual([]);
  });

  it('leads to a message if it brought no token', async () => {
    const going = visit(pool, 'nonce', pageAt(`${login}?code=c&state=s`), { pendingStep: pendingStep('sign-in') });
    Hub.dispatch('auth', { event: 'signInWithRedirect' }, 'Auth', AMPLIFY_SYMBOL);
    expect((await going)?.notice).toMatch(/no longer valid/);
  });

  it('times out after twenty seconds', async () => {
    vi.useFakeTimers();
    const going = visit(pool, 'nonce', pageAt(`${login}?code=c&state=s`), { pendingStep: pendingStep('sign-in') });
    const end = vi.fn();
    void going.then(end);
    await vi.advanceTimersByTimeAsync(19_999);
    expect(end).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect((await going)?.notice).toMatch(/did not answer/);
  });

  it('is handled by only one of several elements', async () => {
    vi.useFakeTimers();
    const page = pageAt(`${login}?code=c&state=s`);
    const first = visit(pool, 'nonce', page, { pendingStep: pendingStep('sign-in') });
    expect(await visit(pool, 'nonce', page, { pendingStep: pendingStep('sign-in') })).toEqual({});
    await vi.advanceTimersByTimeAsync(20_000);
    await first;
  });

  it.each([
    ['that no tab of this browser asked for', ''],
    ['to a pending step that is not one', 'not JSON'],
    ['to another pending step', pendingStep('sign-out')],
  ])('%s is never sent anywhere', async (_, kept) => {
    const fetch = vi.fn();
    vi.stubGlobal('fetch', fetch);
    const page = pageAt(`${login}?code=stolen&state=x`);
    expect((await visit(pool, 'nonce', page, { pendingStep: kept }))?.notice).toMatch(/started in another window/);
    expect(fetch).not.toHaveBeenCalled();
    expect(page.href).not.toContain('code=');
  });

  it('counts only on the login page: on other pages it is an ordinary query', async () => {
    const fetch = vi.fn();
    vi.stubGlobal('fetch', fetch);
    const page = pageAt(`${origin}/docs/guide.html?code=c&state=s`);
    expect(await visit(pool, 'nonce', page, { pendingStep: pendingStep('sign-in') })).toEqual({});
    expect(fetch).not.toHaveBeenCalled();
    expect(page.href).toBe(`${origin}/docs/guide.html?code=c&state=s`);
  });

  it.each(['https://evil.example/', 'javascript:alert(1)', '//evil.example/x', `${origin}@evil.example/`])(
    'cannot lead off the site: a pending step to %s',
    async (to) => {
      const page = pageAt(`${login}?error=access_denied&state=x`);
      await visit(pool, 'nonce', page, { pendingStep: pendingStep('sign-in', to) });
      expect(page.href).toBe(login);
      expect(page.went).toEqual([]);
    },
  );
});

describe('a refusal that comes back', () => {
  it.each([
    ['access_denied', /canceled/],
    ['server_error', /did not sign you in/],
  ])('leads to a message: %s', async (error, says) => {
    const page = pageAt(`${login}?error=${error}&error_description=%3Cb%3E&state=x`);
    const result = await visit(pool, 'nonce', page, {
      pendingStep: pendingStep('sign-in', `${login}?return-to=%2Fa.html`),
    });
    expect(result?.notice).toMatch(says);
    expect(result?.notice).not.toContain('<b>');
    expect(page.href).toBe(`${login}?return-to=%2Fa.html`);
  });
});

describe('leaving', () => {
  const leave = async (another: boolean): Promise<URL> => {
    const page = pageAt(guide);
    expect(await visit(pool, 'the-nonce', page, { another })).toBeUndefined();
    return sentTo(page);
  };

  it('asks for a code with PKCE and the nonce, and leaves the choice of provider to the pool', async () => {
    const old = ['CognitoIdentityServiceProvider.pool-client.old', 'com.amplify.old', 'amplify-old'];
    for (const key of old) sessionStorage.setItem(key, 'of an older visit');
    const { pathname, searchParams } = await leave(false);
    expect(pathname).toBe('/oauth2/authorize');
    expect(Object.fromEntries(searchParams)).toEqual({
      client_id: 'pool-client',
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge_method: 'S256',
      nonce: 'the-nonce',
      redirect_uri: login,
      response_type: 'code',
      scope: 'openid email',
      state: expect.any(String),
    });
    expect(sessionStorage.getItem(pendingStepKey)).toBe(pendingStep('sign-in'));
    expect(keptNames()).not.toEqual(expect.arrayContaining([expect.stringMatching(/old$/)]));
    expect(Object.keys(localStorage).filter((key) => /Cognito|amplify/.test(key))).toEqual([]);
  });

  it('ends the session of the hosted sign-in first if another account is wanted', async () => {
    const { pathname, searchParams } = await leave(true);
    expect(pathname).toBe('/logout');
    expect(Object.fromEntries(searchParams)).toEqual({ client_id: 'pool-client', logout_uri: login });
    expect(sessionStorage.getItem(pendingStepKey)).toBe(pendingStep('another'));
  });

  it('then continues to a sign-in that lets the viewer choose', async () => {
    const page = pageAt(login);
    page.lasting.setItem(anotherKey, 'yes');
    expect(await visit(pool, 'the-nonce', page, { pendingStep: pendingStep('another') })).toBeUndefined();
    // The session of whoever was refused is over: the pool asks by itself.
    expect(page.lasting.getItem(anotherKey)).toBeNull();
    const { pathname, searchParams } = sentTo(page);
    expect(pathname).toBe('/oauth2/authorize');
    expect(searchParams.get('prompt')).toBe('select_account');
    expect(page.href).toBe(`${login}?return-to=${encodeURIComponent(guide)}`);
  });

  it('leads to a message if storage is refused', async () => {
    const page = pageAt(guide);
    Object.defineProperty(page, 'storage', {
      get: () => {
        throw new DOMException('The operation is insecure.', 'SecurityError');
      },
    });
    expect((await visit(pool, 'nonce', page, { another: false }))?.notice).toMatch(/no longer valid/);
    expect(page.went).toEqual([]);
  });
});

describe('a sign-out', () => {
  const afterwards = async (logout: boolean, last: string): Promise<StandInPage> => {
    const page = pageAt(login);
    page.lasting.setItem(providerKey, last);
    const result = await visit({ ...pool, logout }, 'nonce', page, { pendingStep: hasLeft });
    expect(result).toEqual(page.went.length > 0 ? undefined : {});
    return page;
  };

  it('also signs out of the hosted sign-in if the config says so', async () => {
    expect(sentTo(await afterwards(true, pool.kind)).pathname).toBe('/logout');
    expect(sessionStorage.getItem(pendingStepKey)).toBe(pendingStep('sign-out', login));
  });

  it.each([
    ['when the config does not say so', false, pool.kind],
    ['of who came by another provider', true, 'google'],
  ])('does not sign out there %s', async (_, logout, last) => {
    expect((await afterwards(logout, last)).went).toEqual([]);
  });

  it('leads back to the page where the button was pressed', async () => {
    const page = pageAt(login);
    expect(await visit(pool, 'nonce', page, { pendingStep: pendingStep('sign-out') })).toBeUndefined();
    expect(page.went).toEqual([guide]);
  });

  it.each(['another', 'sign-out'])('ends on any other page: %s', async (step) => {
    const page = pageAt(guide);
    expect(await visit(pool, 'nonce', page, { pendingStep: pendingStep(step, `${origin}/a.html`) })).toEqual({});
    expect([page.went, page.href]).toEqual([[], guide]);
  });

  it('stays on the login page if it began there', async () => {
    const page = pageAt(login);
    expect(await visit(pool, 'nonce', page, { pendingStep: pendingStep('sign-out', login) })).toEqual({});
    expect(page.went).toEqual([]);
  });
});
