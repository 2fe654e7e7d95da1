import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  cleanUp,
  json,
  origin,
  pool,
  problem,
  type StandInApi,
  settle,
  signedIn,
  signedOut,
  standInApi,
} from '../testing/stand-ins.ts';
import { SessionClient, sessionChannel } from './session-client.ts';

let api: StandInApi;
const client = new SessionClient(origin, origin);
const foreign = new SessionClient(origin, 'https://elsewhere.example');
beforeEach(() => {
  api = standInApi();
});
afterEach(cleanUp);

const html = (status: number) => () =>
  new Response('<!doctype html><title>Login</title>', { status, headers: { 'content-type': 'text/html' } });

/** What Lit takes for a template, as far as JSON can say it. */
const template = { _$litType$: 1, strings: ['<img src=x onerror=alert(1)>'], values: [] };

describe('SessionClient', () => {
  it('reads who is signed in', async () => {
    api.get = () => json(signedIn());
    expect(await client.read()).toMatchObject({ status: 'signed-in', user: { email: 'alice@example.com' } });
    expect(api.requests).toEqual(['GET https://docs.example.com/auth/session']);
  });

  it('sends the ID token as JSON', async () => {
    expect((await client.signIn('a.b.c')).answer.status).toBe('signed-in');
    expect(api.init[0]?.body).toBe('{"idToken":"a.b.c"}');
    expect(api.init[0]?.headers).toEqual({ 'content-type': 'application/json' });
  });

  it('sends cookies to its own origin, and to the origin of the API', async () => {
    await client.read();
    await foreign.read();
    expect(api.init.map(({ credentials }) => credentials)).toEqual(['same-origin', 'include']);
  });

  it('shares one answer among elements that start together', async () => {
    const [first, second] = await Promise.all([client.read(), client.read()]);
    expect(second).toBe(first);
    expect(api.requests).toHaveLength(1);
    await client.read();
    expect(api.requests).toHaveLength(2);
  });

  it('shares no answer with elements of another API', async () => {
    await Promise.all([client.read(), new SessionClient('https://app.example.com', origin).read()]);
    expect(api.requests).toEqual([
      'GET https://docs.example.com/auth/session',
      'GET https://app.example.com/auth/session',
    ]);
  });

  it('confirms with a request of its own', async () => {
    await Promise.all([client.read(), client.confirm()]);
    expect(api.requests).toHaveLength(2);
  });

  it.each([
    [401, 'access_denied'],
    [401, 'sign_in_expired'],
    [401, 'invalid_token'],
    [429, 'too_many_requests'],
    [500, 'server_error'],
  ])('passes on problem %i %s', async (status, code) => {
    api.post = () => problem(status, code, { account: 'mallory@evil.example' });
    expect((await client.signIn('a.b.c')).answer).toEqual({
      status: 'failure',
      code,
      account: 'mallory@evil.example',
      requestId: 'request-1',
      waitSeconds: 0,
    });
  });

  it.each([
    ['5', 5],
    ['86400', 300],
    ['soon', 0],
    ['0', 0],
  ])('reads Retry-After %s as %i seconds', async (value, seconds) => {
    api.get = () => problem(503, 'temporarily_unavailable', {}, { 'retry-after': value });
    expect(await client.read()).toMatchObject({ waitSeconds: seconds });
  });

  it('treats a 403 page as a refusal in front of the API', async () => {
    api.get = html(403);
    expect(await client.read()).toMatchObject({ status: 'failure', code: 'blocked' });
  });

  it("treats the gateway's 429 as too many requests", async () => {
    api.get = api.renew = () => json({ message: 'Too Many Requests' }, 429);
    expect(await client.read()).toMatchObject({ status: 'failure', code: 'too_many_requests' });
    expect(await client.renew()).toMatchObject({ status: 'failure', code: 'too_many_requests' });
  });

  it.each([
    ['a 200 page of something in between', html(200)],
    ['a 502 page', html(502)],
    ['JSON that is no answer', () => json({ status: 'signed-in' })],
    ['JSON null', () => json(null)],
    ['an empty 201', () => new Response('', { status: 201 })],
    ['an unknown status', () => json({ ...signedIn(), status: 'elsewhere' })],
    ['no status', () => json({ ...signedIn(), status: undefined })],
    ['a name of no text', () => json({ ...signedIn(), user: { email: ['alice@example.com'] } })],
    ['a path of no text', () => json({ ...signedIn(), path: { endsWith: 1 } })],
    ['hosts of no text', () => json({ ...signedIn(), hosts: [{}] })],
    ['origins of no text', () => json({ ...signedIn(), returnOrigins: 'https://evil.example' })],
    ['a provider of nothing', () => json({ ...signedOut(), providers: [null] })],
    [
      'a template as the label of a provider',
      () => json({ ...signedOut(), providers: [{ ...pool, label: template }] }),
    ],
    ['a nonce of no text', () => json({ ...signedOut(), nonce: 1 })],
    ['a code that a prototype has', () => problem(401, 'constructor')],
    ['a code that is no text', () => problem(401, ['access_denied'] as never)],
    ['a request ID of no text', () => problem(401, 'access_denied', { requestId: template })],
    ['an account of no text', () => problem(401, 'access_denied', { account: template })],
  ])('treats %s as temporarily unavailable', async (_name, answer) => {
    api.get = answer;
    api.post = answer;
    expect(await client.read()).toMatchObject({ status: 'failure', code: 'temporarily_unavailable' });
    expect((await client.signIn('a.b.c')).answer).toMatchObject({ status: 'failure', code: 'temporarily_unavailable' });
  });

  it('distinguishes offline, unreachable, and refused by CORS as far as a page can', async () => {
    api.get = () => Promise.reject(new TypeError('Failed to fetch'));
    expect(await client.read()).toMatchObject({ code: 'unreachable' });
    expect(await foreign.read()).toMatchObject({ code: 'foreign' });
    vi.spyOn(navigator, 'onLine', 'get').mockReturnValue(false);
    expect(await client.read()).toMatchObject({ code: 'offline' });
  });

  it('gives up after a time-out', async () => {
    api.get = () => Promise.reject(new DOMException('signal timed out', 'TimeoutError'));
    expect(await foreign.read()).toMatchObject({ code: 'unreachable' });
    expect(api.init[0]?.signal).toBeInstanceOf(AbortSignal);
  });

  it('gives up after fifteen seconds, even while it waits for its turn', async () => {
    const timeout = vi.spyOn(AbortSignal, 'timeout');
    await client.read();
    expect(timeout.mock.calls).toEqual([[15_000]]);
    await client.signOut();
    expect(timeout.mock.calls).toEqual([[15_000], [15_000], [15_000]]);
  });

  it('takes no answer from a cache', async () => {
    await client.read();
    await client.signIn('a.b.c');
    await client.renew();
    await client.signOut();
    expect(new Set(api.init.map(({ cache }) => cache))).toEqual(new Set(['no-store']));
  });

  it('signs out', async () => {
    expect(await client.signOut()).toBeUndefined();
    api.delete = () => problem(503, 'temporarily_unavailable');
    expect(await client.signOut()).toMatchObject({ code: 'temporarily_unavailable' });
  });

  it('does not send a sign-out while a renewal is under way, in whichever tab', async () => {
    let answer = (): void => {};
    const renewed = new Promise<Response>((resolve) => {
      answer = () => resolve(json(signedIn()));
    });
    api.renew = () => renewed;
    const renewal = client.renew();
    const signOut = new SessionClient(origin, origin).signOut();
    await vi.waitFor(() => expect(api.requests).toHaveLength(1));
    await settle();
    expect(api.requests.map((request) => request.split(' ')[0])).toEqual(['POST']);
    answer();
    await Promise.all([renewal, signOut]);
    expect(api.requests.at(-1)).toMatch(/^DELETE/);
  });

  it('continues without the lock if a tab hangs', async () => {
    vi.spyOn(AbortSignal, 'timeout').mockReturnValue(AbortSignal.abort(new DOMException('late', 'TimeoutError')));
    let free = (): void => {};
    const hanging = navigator.locks.request(
      `s3nator ${origin}`,
      () => new Promise<void>((resolve) => (free = resolve)),
    );
    await settle();
    expect(await client.signOut()).toBeUndefined();
    free();
    await hanging;
  });

  it('works without locks if the page has none', async () => {
    vi.spyOn(navigator, 'locks', 'get').mockReturnValue(undefined as unknown as LockManager);
    expect(await client.signOut()).toBeUndefined();
  });

  it('renews with a single POST, and does not read the session first', async () => {
    api.renew = () => json(signedIn());
    expect(await client.renew()).toMatchObject({ status: 'signed-in' });
    expect(api.requests).toEqual(['POST https://docs.example.com/auth/session/renewal']);
  });

  it('does not renew what another tab has just renewed', async () => {
    const later = signedIn({ expiresAt: '2030-01-01T02:00:00Z' });
    expect(await client.renew(() => later)).toBe(later);
    expect(api.requests).toEqual([]);
  });

  it.each(['session_expired', 'access_denied'])(
    'learns from the renewal itself that the session is over: %s',
    async (code) => {
      api.renew = () => problem(401, code);
      expect(await client.renew()).toMatchObject({ status: 'failure', code });
      expect(api.requests).toHaveLength(1);
    },
  );

  it.each([
    ['a sign-in', () => client.signIn('a.b.c'), 'signed-in'],
    ['a sign-out', () => client.signOut(), 'signed-out'],
  ])('tells the other tabs of %s, and of no failure', async (_name, change, status) => {
    const heard: unknown[] = [];
    const channel = sessionChannel(origin);
    channel.onmessage = ({ data }) => heard.push(data.status);
    await change();
    api.post = api.delete = () => problem(401, 'access_denied');
    await change();
    await settle();
    channel.close();
    expect(heard).toEqual([status]);
  });

  it('tells tabs that use another API nothing', async () => {
    const heard = vi.fn();
    const channel = sessionChannel('https://app.example.com');
    channel.onmessage = heard;
    await client.signOut();
    await settle();
    channel.close();
    expect(heard).not.toHaveBeenCalled();
  });

  it('waits half a second for other tabs if the browser has no channel between them', async () => {
    vi.spyOn(BroadcastChannel.prototype, 'postMessage').mockImplementation(() => {});
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const done = vi.fn();
    void client.signOut().then(done);
    await settle();
    await vi.advanceTimersByTimeAsync(499);
    await settle();
    expect(done).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    await settle();
    expect(done).toHaveBeenCalledOnce();
  });

  it('keeps its turn until the other tabs know the result', async () => {
    const heard: string[] = [];
    const channel = sessionChannel(origin);
    channel.onmessage = () => heard.push('news');
    api.renew = () => json(signedIn());
    const next = client.renew().then(() => navigator.locks.request(`s3nator ${origin}`, () => heard.push('turn')));
    await next;
    channel.close();
    expect(heard).toEqual(['news', 'turn']);
  });

  it('reads again before the sign-out of another tab gets its turn', async () => {
    let isIn = false;
    api.get = () => json(isIn ? signedIn() : signedOut());
    api.post = () => {
      isIn = true;
      return json(signedIn(), 201);
    };
    api.delete = () => {
      isIn = false;
      return new Response(null, { status: 204 });
    };
    const [{ kept }] = await Promise.all([client.signIn('a.b.c'), new SessionClient(origin, origin).signOut()]);
    expect(kept.status).toBe('signed-in');
    expect(api.requests.map((request) => request.split(' ')[0])).toEqual(['POST', 'GET', 'DELETE']);
  });

  it.each([
    ['the login cookie comes back', ['a', 'a'], true],
    ['another tab got a login cookie in between', ['a', 'b', 'b'], true],
    ['it never comes back', ['a', 'b', 'c'], false],
  ])('knows whether the browser keeps cookies: %s', async (_name, nonces, expected) => {
    api.get = () => json(signedOut({ nonce: nonces[api.requests.length - 1] ?? 'more' }));
    expect(await client.keepsCookies()).toBe(expected);
    expect(api.requests).toHaveLength(nonces.length);
  });

  it.each([
    ['somebody is signed in', () => json(signedIn())],
    ['the API does not answer', () => problem(503, 'temporarily_unavailable')],
  ])('never says that cookies are refused while %s', async (_name, answer) => {
    api.get = answer;
    expect(await client.keepsCookies()).toBe(true);
  });

  it('does not share what went wrong with later requests', async () => {
    api.get = () => Promise.reject(new TypeError('Failed to fetch'));
    await client.read();
    api.get = () => json(signedOut());
    expect((await client.read()).status).toBe('signed-out');
  });
});
