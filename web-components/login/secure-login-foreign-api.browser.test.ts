import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { UserPoolOffer } from '../../contract/session-api.ts';
import { hasLeft, pendingStepKey, providerKey } from '../shared/page-memory.ts';
import '../secure-login-define.ts';
import {
  actions,
  api,
  attach,
  google,
  googleOffer,
  json,
  openPage,
  origin,
  page,
  pool,
  press,
  problem,
  reaches,
  returning,
  settle,
  signedIn,
  signedOut,
  useStandIns,
  words,
} from '../testing/stand-ins.ts';
import type { PoolReturn, visit } from './user-pool.ts';

const visits = vi.hoisted(() => vi.fn());
vi.mock('./user-pool.ts', () => ({ visit: visits }));

useStandIns();
beforeEach(() => {
  visits.mockReset();
});

const evil: UserPoolOffer = { ...pool, hostedSignIn: 'evil.example', logout: true };

// Markup that somebody injected names an API of theirs, on a sibling host: all that it answers is forged.
describe('the API of another origin', () => {
  const app = 'https://app.example.com';
  const here = `${app}/board?return-to=${encodeURIComponent('https://evil.example/')}`;

  it('cannot move the page with a forged list of hosts', async () => {
    openPage(here, 200);
    api.get = () => json(signedOut({ hosts: ['evil.example', 'app.example.com'] }));
    await reaches(attach(page, returning), 'signed-out');
    expect(page.went).toEqual([]);
  });

  it('cannot lead to another origin after a sign-in with a forged list of origins', async () => {
    openPage(here, 200);
    const forged = () => json(signedIn({ returnOrigins: ['https://evil.example'] }));
    api.post = () => {
      api.get = forged;
      return forged();
    };
    const element = attach(page, returning);
    await reaches(element, 'signed-out');
    google.choose('a.b.c');
    await reaches(element, 'signed-in');
    expect(page.went).toEqual([`${app}/`]);
  });

  it('cannot offer a link to another origin by claiming that somebody is signed in', async () => {
    openPage(here, 200);
    api.get = () => json(signedIn({ returnOrigins: ['https://evil.example'] }));
    const element = attach(page, returning);
    await reaches(element, 'signed-in');
    expect(page.went).toEqual([]);
    expect(actions(element)['Continue']).toMatchObject({ href: `${app}/` });
  });

  it.each([
    ['that it calls open', signedIn()],
    ['that it calls closed', signedIn({ path: '/finance/*' })],
  ])('cannot make a refused page reload or leave, %s', async (_name, answer) => {
    openPage(here, 403);
    api.get = () => json(answer);
    await reaches(attach(page, { ...returning, 'denied-url': '/denied.html' }), 'signed-in');
    expect(page.went).toEqual([]);
  });

  it.each([
    ['after a sign-out', `${app}/`, hasLeft],
    ['with a code in the address', `${app}/public/login.html?code=c&state=s`, ''],
    ['on the way back from a sign-in', `${app}/public/login.html`, JSON.stringify({ step: 'another', to: app })],
  ])('cannot send the window or a code to a hosted sign-in of its choice: %s', async (_name, href, pendingStep) => {
    openPage(href, 200);
    page.storage.setItem(pendingStepKey, pendingStep);
    page.lasting.setItem(providerKey, evil.kind);
    api.get = () => json(signedOut({ providers: [googleOffer, evil] }));
    await reaches(attach(page), 'signed-out');
    expect(visits).not.toHaveBeenCalled();
    expect(page.went).toEqual([]);
  });

  it('can only lead to the sign-in page of the site with its user pool’s button', async () => {
    openPage(`${app}/`, 200);
    api.get = () => json(signedOut({ providers: [evil] }));
    const element = attach(page);
    await vi.waitFor(() => press(element, evil.label));
    expect(page.went).toEqual([`on to ${origin}/public/login.html?return-to=${encodeURIComponent(`${app}/`)}`]);
    expect(visits).not.toHaveBeenCalled();
  });

  it('has its texts shown as text', async () => {
    openPage(`${app}/`, 200);
    const markup = '<img src="x" onerror="window.pwned = true"><a href="javascript:alert(1)">x</a>';
    api.get = () => json(signedOut({ providers: [googleOffer, { ...evil, label: markup }] }));
    const element = attach(page);
    await reaches(element, 'signed-out');
    expect(Object.keys(actions(element))).toEqual([markup]);
    api.post = () => problem(401, 'access_denied', { account: markup });
    google.choose('a.b.c');
    await reaches(element, 'denied');
    api.post = () => problem(500, 'server_error', { requestId: markup });
    google.choose('a.b.c');
    await reaches(element, 'failed');
    expect(element.shadowRoot?.querySelector('[part=reference]')?.textContent).toContain(markup);
    expect(element.shadowRoot?.querySelector('img, a')).toBeNull();
  });

  it('leads to the sign-in page of the site if the browser keeps no cookies for this page', async () => {
    openPage(`${app}/`, 200);
    api.post = () => json(signedIn(), 201);
    const element = attach(page);
    await reaches(element, 'signed-out');
    google.choose('a.b.c');
    await reaches(element, 'looping');
    expect(Object.keys(actions(element))).toEqual(['Go to the sign-in page', 'Sign in again']);
    expect(actions(element)['Go to the sign-in page']).toMatchObject({
      href: `${origin}/public/login.html?return-to=${encodeURIComponent(`${app}/`)}`,
      target: '_top',
    });
  });

  it.each([['https://evil.example'], [origin, 'https://evil.example'], ['null']])(
    'gets no request on a page of the site that %s frames',
    async (...ancestors) => {
      openPage(`${origin}/`, 200);
      page.ancestors = ancestors;
      const element = attach(page);
      await vi.waitFor(() => expect(actions(element)['Go to the sign-in page']).toBeDefined());
      await settle();
      expect(words(element)).toBe(`Sign in at ${origin}. This page cannot tell whether you are signed in.`);
      expect([element.status, api.requests, google.buttons]).toEqual(['signed-out', [], []]);
    },
  );

  it('on another site gets no request: a host under the same public suffix', async () => {
    openPage('https://d111.cloudfront.net/', 200);
    page.keptCookies = () => 1;
    const element = attach(page, { api: 'https://d222.cloudfront.net' });
    await vi.waitFor(() => expect(actions(element)['Go to the sign-in page']).toBeDefined());
    await settle();
    expect(api.requests).toEqual([]);
  });
});

describe('a user pool', () => {
  const signIn = { step: 'sign-in', to: `${origin}/docs/guide.html` };

  /** The page comes back from the hosted sign-in, whose answer is under way. */
  async function comeBack() {
    let answer = (_result: PoolReturn): void => {};
    visits.mockImplementationOnce(
      (): ReturnType<typeof visit> =>
        new Promise((resolve) => {
          answer = resolve;
        }),
    );
    openPage(`${origin}/public/login.html?code=c&state=s`, 200);
    page.storage.setItem(pendingStepKey, JSON.stringify(signIn));
    api.get = () => json(signedOut({ providers: [googleOffer, pool] }));
    const element = attach(page);
    await vi.waitFor(() => expect(visits).toHaveBeenCalledOnce());
    return { element, answer };
  }
  const posts = () => api.requests.filter((request) => request.startsWith('POST'));

  it('signs in with the token that it brings', async () => {
    const { element, answer } = await comeBack();
    answer({ idToken: 'a.b.c' });
    await reaches(element, 'signed-in');
    expect(posts()).toHaveLength(1);
  });

  it('has its message shown', async () => {
    const { element, answer } = await comeBack();
    answer({ notice: 'Sign-in was cancelled.' });
    await reaches(element, 'signed-out');
    expect([words(element), posts()]).toEqual(['Sign-in was cancelled.', []]);
  });

  it.each([
    ['a code', '?code=c&state=s'],
    ['a refusal', '?error=access_denied&state=s'],
  ])('is asked about %s without a pending step', async (_name, query) => {
    visits.mockResolvedValueOnce({ notice: 'That sign-in was begun in another window.' });
    openPage(`${origin}/public/login.html${query}`, 200);
    api.get = () => json(signedOut({ providers: [googleOffer, pool] }));
    const element = attach(page);
    await reaches(element, 'signed-out');
    expect(visits.mock.calls).toEqual([[pool, expect.any(String), page, { pendingStep: '' }]]);
    expect(words(element)).toContain('another window');
  });

  it('is signed out, too, because it may have its own session', async () => {
    visits.mockResolvedValueOnce({});
    openPage(`${origin}/public/login.html`, 200);
    api.get = () => json(signedIn());
    const element = attach(page);
    await reaches(element, 'signed-in');
    api.delete = () => {
      api.get = () => json(signedOut({ providers: [googleOffer, pool] }));
      return new Response(null, { status: 204 });
    };
    await element.signOut();
    expect(visits.mock.calls).toEqual([[pool, expect.any(String), page, { pendingStep: hasLeft }]]);
  });

  it('that has taken the window leaves the element as it is', async () => {
    const { element, answer } = await comeBack();
    answer(undefined as unknown as PoolReturn);
    await settle();
    expect([element.status, google.buttons, posts()]).toEqual(['checking', [], []]);
  });

  it('brings a token too late: the element has started over, and drops it', async () => {
    const { element, answer } = await comeBack();
    page.href = `${origin}/public/login.html`;
    await element.check();
    await reaches(element, 'signed-out');
    answer({ idToken: 'a.b.c' });
    await settle();
    expect(posts()).toEqual([]);
    expect(element.status).toBe('signed-out');
  });

  it('brings a message too late: the element has started over, and shows its own', async () => {
    const { element, answer } = await comeBack();
    page.href = `${origin}/public/login.html`;
    await element.check();
    await reaches(element, 'signed-out');
    answer({ notice: 'Sign-in was cancelled.' });
    await settle();
    expect(element.shadowRoot?.textContent).not.toContain('cancelled');
  });
});
