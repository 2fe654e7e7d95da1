import { beforeEach, describe, expect, it, vi } from 'vitest';
import '../secure-login-define.ts';
import {
  actions,
  api,
  attach,
  enter,
  google,
  googleOffer,
  heading,
  json,
  loadGoogle,
  openPage,
  origin,
  page,
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

useStandIns();

describe('a sign-in that goes wrong', () => {
  it('asks for one more click when it took too long, with a fresh nonce', async () => {
    api.post = () => problem(401, 'sign_in_expired');
    const element = await enter();
    await vi.waitFor(() => expect(words(element)).toBe('That took too long. Choose your account again.'));
    await reaches(element, 'signed-out');
    expect(google.initialized).toHaveLength(2);
    expect(google.initialized[1]?.nonce).not.toBe(google.initialized[0]?.nonce);
  });

  it('says that cookies are refused when it happens twice', async () => {
    api.post = () => problem(401, 'sign_in_expired');
    const element = await enter();
    await vi.waitFor(() => expect(google.initialized).toHaveLength(2));
    google.choose('d.e.f');
    await reaches(element, 'looping');
    expect(heading(element)).toBe('Your browser did not keep the sign-in');
  });

  it('offers a new start for a token that is not valid', async () => {
    api.post = () => problem(401, 'invalid_token');
    const failed = vi.fn();
    document.addEventListener('secure-login-failed', failed, { once: true });
    const element = await enter();
    await reaches(element, 'failed');
    expect(failed.mock.calls[0]?.[0]).toMatchObject({ code: 'invalid_token', requestId: 'request-1' });
    expect(heading(element)).toBe('Sign-in did not work');
    expect(words(element)).toBe('Your account could not be verified. Please sign in again.');
    expect(element.shadowRoot?.textContent).toContain('Reference: request-1');
    press(element, 'Try again');
    await reaches(element, 'signed-out');
  });

  it('waits as long as the API asks, then sends the same token again', async () => {
    api.post = () => problem(503, 'temporarily_unavailable', {}, { 'retry-after': '5' });
    const element = attach(page, returning);
    await reaches(element, 'signed-out');
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const failed = new Promise((resolve) => element.addEventListener('secure-login-failed', resolve));
    google.choose('a.b.c');
    await failed;
    expect(words(element)).toContain('You can try again in 5 seconds.');
    expect(actions(element)['Try again']).toMatchObject({ disabled: true });
    vi.advanceTimersByTime(4999);
    expect(actions(element)['Try again']).toMatchObject({ disabled: true });
    vi.advanceTimersByTime(1);
    expect(actions(element)['Try again']).toMatchObject({ disabled: false });
    expect(words(element)).toMatch(/You can try again now\.$/);
    vi.useRealTimers();
    api.admit();
    press(element, 'Try again');
    await reaches(element, 'signed-in');
    expect(api.requests.filter((request) => request.startsWith('POST'))).toHaveLength(2);
    expect(api.init.filter(({ body }) => body).map(({ body }) => body)).toEqual(Array(2).fill('{"idToken":"a.b.c"}'));
  });

  it.each([
    ['1', 'You can try again in 1 second.'],
    ['2', 'You can try again in 2 seconds.'],
  ])('counts %s', async (seconds, text) => {
    api.get = () => problem(503, 'temporarily_unavailable', {}, { 'retry-after': seconds });
    const element = attach(page);
    await reaches(element, 'failed');
    expect(words(element)).toBe(`Sign-in is not available right now. ${text}`);
  });

  it('stops the countdown when it starts over', async () => {
    api.get = () => problem(503, 'temporarily_unavailable', {}, { 'retry-after': '5' });
    const element = attach(page);
    await reaches(element, 'failed');
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    await element.check();
    expect(element.status).toBe('failed');
    api.get = () => json(signedIn({ path: '/*' }));
    await element.check();
    vi.advanceTimersByTime(5000);
    expect(element.status).toBe('signed-in');
  });

  it.each([
    ['blocked', () => new Response('<!doctype html>', { status: 403 }), 'blocks your network'],
    ['temporarily_unavailable', () => new Response('<!doctype html>', { status: 502 }), 'not available'],
    ['unreachable', () => Promise.reject(new TypeError('Failed to fetch')), 'did not answer'],
    ['server_error', () => problem(500, 'server_error'), 'not your fault'],
    [
      'offline',
      () => {
        vi.spyOn(navigator, 'onLine', 'get').mockReturnValue(false);
        return Promise.reject(new TypeError('Failed to fetch'));
      },
      'You seem to be offline',
    ],
  ])('says so at the first request: %s', async (code, answer, text) => {
    openPage(`${origin}/`);
    api.get = answer;
    const failed = vi.fn();
    document.addEventListener('secure-login-failed', failed, { once: true });
    const element = attach(page);
    await reaches(element, 'failed');
    expect(words(element)).toContain(text);
    expect(failed.mock.calls[0]?.[0]).toMatchObject({ code });
    api.get = () => json(signedOut());
    press(element, 'Try again');
    await reaches(element, 'signed-out');
  });

  it('offers the site’s login page on a page that may not call the API', async () => {
    openPage('https://app.example.com/?x=1', 200);
    api.get = () => Promise.reject(new TypeError('Failed to fetch'));
    const element = attach(page);
    await reaches(element, 'failed');
    expect(words(element)).toContain('may not allow sign-in from this page');
    expect(Object.keys(actions(element))).toEqual(['Go to the sign-in page', 'Try again']);
    expect(actions(element)['Go to the sign-in page']).toMatchObject({
      href: 'https://docs.example.com/public/login.html?return-to=https%3A%2F%2Fapp.example.com%2F%3Fx%3D1',
      target: '_top',
    });
  });

  it.each([{ api: 'docs.example.com' }, { api: 'javascript:alert(1)' }, { api: 'https://' }, { provider: 'none' }])(
    'names the wrong attribute %j',
    async (attributes) => {
      const element = attach(page, attributes);
      await reaches(element, 'failed');
      expect(words(element)).toBe('The “api” or “provider” attribute of this element is wrong.');
    },
  );
});

describe('a form post that the API refused', () => {
  const login = `${origin}/public/login.html`;
  beforeEach(() => {
    openPage(`${login}?return-to=/docs/guide.html#error=access_denied`, 200);
  });

  it('is shown once like any other refusal, without an account', async () => {
    const denied = vi.fn();
    document.addEventListener('secure-login-denied', denied, { once: true });
    const element = attach(page, returning);
    await reaches(element, 'denied');
    expect(heading(element)).toBe('No access with this account');
    expect(words(element)).toMatch(/^This account does not have access to this site/);
    expect(denied.mock.calls[0]?.[0]).toMatchObject({ reason: 'account', account: undefined });
    expect(page.href).toBe(`${login}?return-to=/docs/guide.html`);
    element.remove();
    await reaches(attach(page, returning), 'signed-out');
  });

  it('lets the viewer use another account with one click', async () => {
    const element = attach(page, returning);
    await reaches(element, 'denied');
    await vi.waitFor(() => expect(google.buttons).toHaveLength(1));
    google.choose('d.e.f');
    await vi.waitFor(() => expect(page.went).toEqual([`${origin}/docs/guide.html`]));
  });

  it('leads to the site’s page for refused viewers', async () => {
    attach(page, { ...returning, 'denied-url': '/public/denied.html' });
    await vi.waitFor(() => expect(page.went).toEqual([`${origin}/public/denied.html`]));
  });

  it('asks for one more click when it took too long', async () => {
    page.href = `${login}#error=sign_in_expired`;
    const element = attach(page, returning);
    await reaches(element, 'signed-out');
    expect(words(element)).toBe('That took too long. Choose your account again.');
  });

  it('names refused cookies when it took too long twice in a row', async () => {
    page.href = `${login}#error=sign_in_expired`;
    await reaches(attach(page, returning), 'signed-out');
    document.body.replaceChildren();
    page.href = `${login}#error=sign_in_expired`;
    const element = attach(page, returning);
    await reaches(element, 'looping');
    expect(heading(element)).toBe('Your browser did not keep the sign-in');
  });

  it.each([
    ['invalid_token', 'could not be verified'],
    ['invalid_request', 'not your fault'],
    ['server_error', 'not your fault'],
    ['session_expired', 'not your fault'],
    ['too_many_requests', 'not available'],
    ['temporarily_unavailable', 'not available'],
  ])('%s: can be tried again from the start', async (code, text) => {
    page.href = `${login}#error=${code}`;
    const element = attach(page, returning);
    await reaches(element, 'failed');
    expect(words(element)).toContain(text);
    expect(element.shadowRoot?.textContent).not.toContain('Reference');
    press(element, 'Try again');
    await reaches(element, 'signed-out');
    expect(api.requests.filter((request) => request.startsWith('POST'))).toEqual([]);
  });

  it('waits until the API can be reached', async () => {
    const { get } = api;
    api.get = () => problem(500, 'server_error');
    const element = attach(page, returning);
    await reaches(element, 'failed');
    api.get = get;
    press(element, 'Try again');
    await reaches(element, 'denied');
  });

  it('is not shown to someone who is signed in', async () => {
    api.get = () => json(signedIn());
    const element = attach(page, returning);
    await reaches(element, 'signed-in');
    expect(words(element)).toBe('alice@example.com');
    expect(page.href).not.toContain('#');
  });

  it.each(['#error=<b>bold</b>', '#error=%3Cb%3Ebold', '#error=bold'])('shows nothing of %s', async (fragment) => {
    page.href = `${login}${fragment}`;
    const element = attach(page, returning);
    await reaches(element, 'signed-out');
    expect(words(element)).toBe('Sign in to continue.');
    expect(element.shadowRoot?.textContent).not.toContain('bold');
  });
});

describe("Google's script", () => {
  beforeEach(() => {
    delete window.google;
  });

  const offering = (scriptUrl: string) => {
    api.get = () => json(signedOut({ providers: [{ ...googleOffer, scriptUrl }] }));
  };
  const append = document.head.append.bind(document.head);
  /** What comes when the page asks for the script. */
  const serving = (source: string) => {
    vi.spyOn(document.head, 'append').mockImplementation((script) => {
      (script as HTMLScriptElement).src = URL.createObjectURL(new Blob([source], { type: 'text/javascript' }));
      append(script);
    });
  };

  // First: the policy is made once in the life of a page.
  it('is the only script that the page’s Trusted Types let the element load', async () => {
    const created = vi.spyOn(window.trustedTypes as NonNullable<typeof window.trustedTypes>, 'createPolicy');
    await reaches(attach(page), 'failed');
    expect(created.mock.calls.map(([name]) => name)).toEqual(['s3nator']);
    const [[, rules] = []] = created.mock.calls;
    expect(rules?.createScriptURL('https://accounts.google.com/gsi/client')).toMatch('accounts.google.com');
    for (const url of ['https://evil.example/gsi/client', '/gsi/client', 'data:text/javascript,alert(1)']) {
      expect(() => rules?.createScriptURL(url)).toThrow(TypeError);
    }
  });

  it('is loaded once for two elements, with the nonce of the page', async () => {
    const style = document.head.appendChild(document.createElement('style'));
    style.nonce = 's3nator';
    style.setAttribute('nonce', 's3nator');
    serving(`window.loads = (window.loads ?? 0) + 1; window.nonceSeen = document.currentScript.nonce;
      window.google = { accounts: { id: { initialize() {}, cancel() {}, disableAutoSelect() {},
        renderButton(place) { place.append(document.createElement('button')) } } } };`);
    const [first, second] = [attach(page), attach(page)];
    await reaches(first, 'signed-out');
    await reaches(second, 'signed-out');
    expect(window).toMatchObject({ loads: 1, nonceSeen: 's3nator' });
    style.remove();
  });

  it('is reported as blocked, and tried again', async () => {
    const element = attach(page);
    await reaches(element, 'failed');
    expect(words(element)).toContain('could not be loaded');
    loadGoogle();
    press(element, 'Try again');
    await reaches(element, 'signed-out');
  });

  it('is reported as blocked if an empty script came instead, and is loaded again', async () => {
    serving('');
    const element = attach(page);
    await reaches(element, 'failed');
    expect(words(element)).toContain('could not be loaded');
    serving(`window.google = { accounts: { id: { initialize() {}, cancel() {}, disableAutoSelect() {},
      renderButton(place) { place.append(document.createElement('button')) } } } };`);
    press(element, 'Try again');
    await reaches(element, 'signed-out');
  });

  it('is not read from markup with an ID of its name', async () => {
    const form = document.createElement('form');
    form.id = 'google';
    form.innerHTML = '<input name="accounts" id="id">';
    document.body.append(form);
    serving(`window.google = { accounts: { id: { initialize() {}, cancel() {}, disableAutoSelect() {},
      renderButton(place) { place.append(document.createElement('button')) } } } };`);
    await reaches(attach(page), 'signed-out');
  });

  it('is reported as slow after ten seconds', async () => {
    const append = vi.spyOn(document.head, 'append').mockImplementation(() => {});
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const element = attach(page);
    await settle();
    await vi.advanceTimersByTimeAsync(9999);
    expect(element.status).toBe('signed-out');
    await vi.advanceTimersByTimeAsync(1);
    expect(element.status).toBe('failed');
    expect(words(element)).toContain('taking too long');
    press(element, 'Try again');
    await settle();
    expect(append).toHaveBeenCalledTimes(2);
    // All elements of a page wait for one script: the next test asks for its own.
    await vi.advanceTimersByTimeAsync(10_000);
    expect(element.status).toBe('failed');
  });

  it('is ignored if the element was removed while it was loading', async () => {
    let arrive = () => {};
    vi.spyOn(document.head, 'append').mockImplementation((script) => {
      arrive = () => (script as HTMLScriptElement).onload?.call(script as HTMLScriptElement, new Event('load'));
    });
    const element = attach(page);
    await settle();
    element.remove();
    await Promise.resolve();
    loadGoogle();
    arrive();
    await settle();
    expect(google.buttons).toEqual([]);
    expect(element.status).toBe('signed-out');
  });

  it('draws only for the newest nonce if the element started over while it was loading', async () => {
    let arrive = () => {};
    vi.spyOn(document.head, 'append').mockImplementation((script) => {
      arrive = () => (script as HTMLScriptElement).onload?.call(script as HTMLScriptElement, new Event('load'));
    });
    const element = attach(page);
    await settle();
    const newest = signedOut();
    api.get = () => json(newest);
    void element.check();
    await settle();
    loadGoogle();
    arrive();
    await reaches(element, 'signed-out');
    await settle();
    expect(google.initialized.map(({ nonce }) => nonce)).toEqual([newest.nonce]);
    expect(google.buttons).toHaveLength(1);
  });

  it.each([
    'https://evil.example/gsi/client',
    'https://accounts.google.com/o/oauth2/revoke?callback=alert',
    'javascript:alert(1)',
    'data:text/javascript,alert(1)',
  ])('is not loaded from another address, even if the API says so: %s', async (scriptUrl) => {
    const append = vi.spyOn(document.head, 'append').mockImplementation(() => {});
    offering(scriptUrl);
    const element = attach(page);
    await reaches(element, 'failed');
    expect(words(element)).toContain('“api”');
    expect(append).not.toHaveBeenCalled();
  });

  it('is reported when it draws nothing', async () => {
    loadGoogle(false);
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const element = attach(page);
    await settle();
    await vi.advanceTimersByTimeAsync(1999);
    expect(element.status).toBe('signed-out');
    await vi.advanceTimersByTimeAsync(1);
    expect(element.status).toBe('failed');
    expect(words(element)).toContain('may not be registered');
  });

  it('is not reported when it draws nothing, once somebody is signed in', async () => {
    loadGoogle(false);
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    openPage(`${origin}/`, 200);
    const element = attach(page);
    await settle();
    expect(element.status).toBe('signed-out');
    api.get = () => json(signedIn());
    await element.check();
    await vi.advanceTimersByTimeAsync(2000);
    await settle();
    expect(element.status).toBe('signed-in');
  });
});

describe('a browser that keeps no Secure cookies on http://localhost, as Safari', () => {
  it('gets an explanation at the first attempt, before any account is chosen', async () => {
    openPage('http://localhost:8080/docs/guide.html');
    page.keptCookies = (...attributes) => attributes.filter((one) => !one.includes('Secure')).length;
    const element = attach(page, { ...returning, api: 'http://localhost:8080' });
    await reaches(element, 'failed');
    await vi.waitFor(() => expect(words(element)).toContain('does not store secure cookies on http://localhost'));
    expect([api.requests, google.initialized, page.went]).toEqual([[], [], []]);
  });
});
