import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { page as screen, userEvent } from 'vitest/browser';
import './secure-login-define.ts';
import type { SecureLogin } from './secure-login.ts';
import {
  actions,
  attach,
  heading,
  json,
  origin,
  press,
  problem,
  reaches,
  type StandInApi,
  type StandInGoogle,
  type StandInPage,
  settle,
  signedIn,
  signedOut,
  standInApi,
  standInGoogle,
  standInPage,
  words,
} from './testing/stand-ins.ts';

let api: StandInApi;
let google: StandInGoogle;
let page: StandInPage;
const returning = { 'after-sign-in': 'return' };

beforeEach(() => {
  api = standInApi();
  google = standInGoogle();
  page = standInPage();
});
afterEach(() => {
  document.body.replaceChildren();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
  vi.useRealTimers();
});

/** Attaches the element and signs in as soon as it offers that. */
async function enter(attributes: Record<string, string> = returning): Promise<SecureLogin> {
  const element = attach(page, attributes);
  await reaches(element, 'signed-out');
  google.choose('a.b.c');
  return element;
}

describe('accessibility', () => {
  it('is a region with a heading, and a polite live region that stays the same node', async () => {
    const element = attach(page);
    const live = element.shadowRoot?.querySelector('[role=status]');
    await reaches(element, 'signed-out');
    await expect.element(screen.getByRole('region', { name: 'Sign in' })).toBeVisible();
    await expect.element(screen.getByRole('heading', { name: 'Sign in' })).toBeVisible();
    expect(element.shadowRoot?.querySelectorAll('[role=status]')).toHaveLength(1);
    expect(element.shadowRoot?.querySelector('[role=status]')).toBe(live);
    await enterAgain(element);
    expect(element.shadowRoot?.querySelector('[role=status]')).toBe(live);
  });

  async function enterAgain(element: SecureLogin): Promise<void> {
    google.choose('a.b.c');
    await reaches(element, 'signed-in');
  }

  it('announces each state once', async () => {
    const element = attach(page, returning);
    const said: string[] = [];
    const live = element.shadowRoot?.querySelector('[role=status]') as HTMLElement;
    new MutationObserver(() => said.push(words(element))).observe(live, { characterData: true, subtree: true });
    await reaches(element, 'signed-out');
    api.post = () => problem(401, 'access_denied', { account: 'mallory@evil.example' });
    google.choose('a.b.c');
    await reaches(element, 'denied');
    await vi.waitFor(() => expect(said).toHaveLength(3));
    expect(said).toEqual([
      'Sign in to open this page.',
      'Checking your account…',
      'mallory@evil.example may not see this site. Use another account, or ask the people who run it for access.',
    ]);
  });

  it('is worked with the keyboard alone, and keeps the focus inside', async () => {
    api.get = () => json(signedIn());
    const element = attach(page);
    await reaches(element, 'signed-in');
    await userEvent.keyboard('{Tab}');
    expect(element.shadowRoot?.activeElement?.textContent).toContain('Sign out');
    await userEvent.keyboard('{Enter}');
    await reaches(element, 'signed-out');
    expect(element.shadowRoot?.activeElement?.tagName).toBe('H2');
    await userEvent.keyboard('{Tab}');
    expect(document.activeElement?.textContent).toBe('Sign in with Google');
  });

  it('does not take the focus from the page', async () => {
    const field = document.body.appendChild(document.createElement('input'));
    field.focus();
    await reaches(attach(page), 'signed-out');
    expect(document.activeElement).toBe(field);
  });

  it('shows where the focus is', async () => {
    api.get = () => json(signedIn());
    const element = attach(page);
    await reaches(element, 'signed-in');
    await userEvent.keyboard('{Tab}');
    const button = element.shadowRoot?.activeElement as HTMLElement;
    expect(getComputedStyle(button).outlineStyle).toBe('solid');
    expect(Number.parseFloat(getComputedStyle(button).outlineWidth)).toBeGreaterThanOrEqual(2);
  });

  it('uses real buttons of a size that a finger hits', async () => {
    api.get = () => json(signedIn());
    const element = attach(page);
    await reaches(element, 'signed-in');
    for (const action of Object.values(actions(element))) {
      expect(action.tagName).toBe('BUTTON');
      expect(action.getBoundingClientRect().height).toBeGreaterThanOrEqual(44);
    }
  });

  it('is as tall before the button arrives as after', async () => {
    const element = attach(page);
    const before = element.getBoundingClientRect().height;
    await reaches(element, 'signed-out');
    expect(element.getBoundingClientRect().height).toBe(before);
  });

  it('fits a column of 272 pixels', async () => {
    document.body.style.width = '272px';
    api.get = () => json(signedIn({ user: { email: `${'a'.repeat(60)}@example.com` } }));
    const element = attach(page);
    await reaches(element, 'signed-in');
    expect(element.scrollWidth).toBeLessThanOrEqual(272);
    document.body.style.width = '';
  });
});

describe('a viewer who is signed out', () => {
  it('is offered the provider of the API with its nonce, in the page and not in the shadow', async () => {
    const answer = signedOut();
    api.get = () => json(answer);
    const element = attach(page, { locale: 'de' });
    await reaches(element, 'signed-out');
    expect(google.initialized).toMatchObject([{ client_id: 'client', nonce: answer.nonce }]);
    expect(google.buttons).toMatchObject([{ locale: 'de' }]);
    expect(google.buttons[0]?.width).toBeGreaterThanOrEqual(200);
    expect(google.buttons[0]?.width).toBeLessThanOrEqual(400);
    expect(element.querySelector('[slot=provider] button')?.assignedSlot).toBeNull();
    expect(element.shadowRoot?.querySelector('[part=provider] button')).toBeNull();
  });

  it('reads what to do once the window is open, since Google does not tell when it closes', async () => {
    const element = attach(page);
    await reaches(element, 'signed-out');
    await screen.getByRole('button', { name: 'Sign in with Google' }).click();
    expect(words(element)).toBe('Continue in the window that opened. If you see none, press the button again.');
    expect(element.status).toBe('signed-out');
  });

  it('signs in and stays, by default', async () => {
    const element = await enter({});
    await reaches(element, 'signed-in');
    expect(words(element)).toBe('alice@example.com');
    expect(Object.keys(actions(element))).toEqual(['Sign out', 'Use another account']);
    expect(page.went).toEqual([]);
  });

  it('sees the refused page again, query and fragment kept', async () => {
    const element = await enter();
    await reaches(element, 'signed-in');
    expect(page.went).toEqual(['reload']);
  });

  it('goes to the start page from the login page', async () => {
    page = standInPage(`${origin}/public/login.html`, 200);
    await reaches(await enter(), 'signed-in');
    expect(page.went).toEqual([`${origin}/`]);
  });

  it('goes where the login page was told to lead, if that is allowed', async () => {
    page = standInPage(`${origin}/public/login.html?return-to=https://app.example.com/board`, 200);
    await reaches(await enter(), 'signed-in');
    expect(page.went).toEqual(['https://app.example.com/board']);
  });

  it('is not sent to another site by a crafted link', async () => {
    page = standInPage(`${origin}/public/login.html?return-to=https://docs.example.com.evil.example/`, 200);
    await reaches(await enter(), 'signed-in');
    expect(page.went).toEqual([`${origin}/`]);
  });

  it('is not led elsewhere by the query of the page that was refused', async () => {
    page = standInPage(`${origin}/docs/guide.html?return-to=/finance/budget.html`);
    await reaches(await enter(), 'signed-in');
    expect(page.went).toEqual(['reload']);
  });
});

describe('a viewer who is signed in', () => {
  beforeEach(() => {
    api.get = () => json(signedIn());
    page = standInPage(`${origin}/public/login.html`, 200);
  });

  it('stays on the login page, and can go on or sign out', async () => {
    const element = attach(page, returning);
    await reaches(element, 'signed-in');
    expect(actions(element)).toMatchObject({ Continue: { href: `${origin}/` }, 'Sign out': {} });
    expect(page.went).toEqual([]);
  });

  it('signs out, and Google forgets the choice', async () => {
    const element = attach(page, returning);
    await reaches(element, 'signed-in');
    press(element, 'Sign out');
    await reaches(element, 'signed-out');
    expect(api.requests).toEqual([
      `GET ${origin}/auth/session`,
      `DELETE ${origin}/auth/session`,
      `GET ${origin}/auth/session`,
    ]);
    expect(google.forgotten()).toBe(1);
  });

  it('is told when sign-out did not work, and tries that again', async () => {
    const element = attach(page, returning);
    await reaches(element, 'signed-in');
    const works = api.delete;
    api.delete = () => problem(500, 'server_error');
    press(element, 'Sign out');
    await reaches(element, 'failed');
    api.delete = works;
    press(element, 'Try again');
    await reaches(element, 'signed-out');
  });

  it('has a name even without an address', async () => {
    api.get = () => json(signedIn({ user: {} }));
    const element = attach(page);
    await reaches(element, 'signed-in');
    expect(words(element)).toBe('Your account has no e-mail address.');
  });

  it('looks again when the page comes back from the back-forward cache', async () => {
    const element = attach(page, returning);
    await reaches(element, 'signed-in');
    api.get = () => json(signedOut());
    dispatchEvent(new PageTransitionEvent('pageshow', { persisted: false }));
    expect(element.status).toBe('signed-in');
    dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }));
    await reaches(element, 'signed-out');
  });
});

describe('a viewer who is refused', () => {
  beforeEach(() => {
    api.post = () => problem(401, 'access_denied', { account: 'mallory@evil.example' });
  });

  it('is told which account, and chooses another with one click', async () => {
    const element = await enter();
    await reaches(element, 'denied');
    expect(heading(element)).toBe('No access with this account');
    expect(words(element)).toContain('mallory@evil.example may not see this site');
    expect(google.forgotten()).toBe(1);
    expect(page.went).toEqual([]);
    api.admit();
    google.choose('d.e.f');
    await vi.waitFor(() => expect(page.went).toEqual(['reload']));
  });

  it('shows an account as text, whatever it is called', async () => {
    api.post = () => problem(401, 'access_denied', { account: '<img src=x onerror=alert(1)>@evil.example' });
    const element = await enter();
    await reaches(element, 'denied');
    expect(words(element)).toContain('<img src=x onerror=alert(1)>@evil.example may not');
    expect(element.shadowRoot?.querySelector('img')).toBeNull();
  });

  it('is sent to the page of the site for that', async () => {
    await reaches(await enter({ 'denied-url': '/public/denied.html' }), 'denied');
    expect(page.went).toEqual([`${origin}/public/denied.html`]);
  });

  it.each(['https://evil.example/', 'javascript:alert(1)', '//evil.example'])('is not sent to %s', async (url) => {
    await reaches(await enter({ 'denied-url': url }), 'denied');
    expect(page.went).toEqual([]);
  });

  it('by the path of their grant is told so, without a reload', async () => {
    api.post = () => json(signedIn({ path: '/finance/*' }), 201);
    api.get = () => json(signedOut());
    const element = attach(page, returning);
    await reaches(element, 'signed-out');
    api.get = () => json(signedIn({ path: '/finance/*' }));
    google.choose('a.b.c');
    await reaches(element, 'denied');
    expect(words(element)).toBe('alice@example.com may open /finance/*, and this page is not part of it.');
    expect(page.went).toEqual([]);
    press(element, 'Use another account');
    await reaches(element, 'signed-out');
    expect(api.requests).toContain(`DELETE ${origin}/auth/session`);
  });
});

describe('a sign-in that goes wrong', () => {
  it('asks for one more click when it took too long, with a fresh nonce', async () => {
    api.post = () => problem(401, 'sign_in_expired');
    const element = await enter();
    await vi.waitFor(() => expect(words(element)).toBe('That took too long. Please choose your account once more.'));
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
    const element = await enter();
    await reaches(element, 'failed');
    expect(words(element)).toBe('Your account could not be verified. Please sign in once more.');
    expect(element.shadowRoot?.textContent).toContain('Reference: request-1');
    press(element, 'Try again');
    await reaches(element, 'signed-out');
  });

  it('waits as long as the API asks, then sends the same token again', async () => {
    api.post = () => problem(503, 'temporarily_unavailable', {}, { 'retry-after': '5' });
    const element = attach(page, returning);
    await reaches(element, 'signed-out');
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    google.choose('a.b.c');
    await settle();
    expect(words(element)).toContain('You can try again in 5 seconds.');
    expect(actions(element)['Try again']).toMatchObject({ disabled: true });
    vi.advanceTimersByTime(4999);
    expect(actions(element)['Try again']).toMatchObject({ disabled: true });
    vi.advanceTimersByTime(1);
    expect(actions(element)['Try again']).toMatchObject({ disabled: false });
    vi.useRealTimers();
    api.admit();
    press(element, 'Try again');
    await reaches(element, 'signed-in');
    expect(api.requests.filter((request) => request.startsWith('POST'))).toHaveLength(2);
    expect(api.init.filter(({ body }) => body).map(({ body }) => body)).toEqual(Array(2).fill('{"idToken":"a.b.c"}'));
  });

  it.each([
    ['blocked', () => new Response('<!doctype html>', { status: 403 }), 'refuses your network'],
    ['temporarily_unavailable', () => new Response('<!doctype html>', { status: 502 }), 'not available'],
    ['unreachable', () => Promise.reject(new TypeError('Failed to fetch')), 'did not answer'],
    ['server_error', () => problem(500, 'server_error'), 'not your fault'],
  ])('says so at the first look: %s', async (code, answer, text) => {
    page = standInPage(`${origin}/`);
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

  it('offers the login page of the site where another page may not ask', async () => {
    page = standInPage('https://elsewhere.example/', 200);
    api.get = () => Promise.reject(new TypeError('Failed to fetch'));
    const element = attach(page);
    await reaches(element, 'failed');
    expect(words(element)).toContain('may not allow sign-in from here');
    expect(actions(element)['Go to the sign-in page']).toMatchObject({
      href: 'https://docs.example.com/public/login.html',
      target: '_top',
    });
  });

  it.each([{ api: 'docs.example.com' }, { api: 'javascript:alert(1)' }, { api: 'https://' }, { provider: 'none' }])(
    'names the wrong attribute %j',
    async (attributes) => {
      const element = attach(page, attributes);
      await reaches(element, 'failed');
      expect(words(element)).toBe('The “api” or the “provider” attribute of this element is wrong.');
    },
  );
});

describe("Google's script", () => {
  beforeEach(() => {
    delete window.google;
  });

  const offering = (scriptUrl: string) => {
    api.get = () => json(signedOut({ providers: [{ kind: 'google', clientId: 'client', scriptUrl }] }));
  };
  const script = (source: string) => URL.createObjectURL(new Blob([source], { type: 'text/javascript' }));

  it('is loaded once for two elements, with the nonce of the page', async () => {
    const style = document.head.appendChild(document.createElement('style'));
    style.nonce = 's3nator';
    style.setAttribute('nonce', 's3nator');
    const url = script(`window.loads = (window.loads ?? 0) + 1; window.nonceSeen = document.currentScript.nonce;
      window.google = { accounts: { id: { initialize() {}, disableAutoSelect() {},
        renderButton(place) { place.append(document.createElement('button')) } } } };`);
    offering(url);
    const [first, second] = [attach(page), attach(page)];
    await reaches(first, 'signed-out');
    await reaches(second, 'signed-out');
    expect(window).toMatchObject({ loads: 1, nonceSeen: 's3nator' });
    style.remove();
  });

  it('is reported as blocked, and tried again', async () => {
    offering('http://127.0.0.1:1/client');
    const element = attach(page);
    await reaches(element, 'failed');
    expect(words(element)).toContain('could not be loaded');
    google = standInGoogle();
    press(element, 'Try again');
    await reaches(element, 'signed-out');
  });

  it('is reported as blocked when something empty came in its place', async () => {
    offering(script(''));
    const element = attach(page);
    await reaches(element, 'failed');
    expect(words(element)).toContain('could not be loaded');
  });

  it('is reported as slow after ten seconds', async () => {
    vi.spyOn(document.head, 'append').mockImplementation(() => {});
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    offering('http://127.0.0.1:1/never');
    const element = attach(page);
    await settle();
    await vi.advanceTimersByTimeAsync(9999);
    expect(element.status).toBe('signed-out');
    await vi.advanceTimersByTimeAsync(1);
    expect(element.status).toBe('failed');
    expect(words(element)).toContain('taking too long');
  });

  it('is reported when it draws nothing', async () => {
    google = standInGoogle(false);
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const element = attach(page);
    await settle();
    await vi.advanceTimersByTimeAsync(1999);
    expect(element.status).toBe('signed-out');
    await vi.advanceTimersByTimeAsync(1);
    expect(element.status).toBe('failed');
    expect(words(element)).toContain('may not be registered');
  });
});

describe('several elements, and elements that move', () => {
  it('share one configuration of Google, and each gets its own token', async () => {
    const answer = signedOut();
    api.get = () => json(answer);
    const [first, second] = [attach(page), attach(page)];
    await reaches(first, 'signed-out');
    await reaches(second, 'signed-out');
    expect(google.initialized).toHaveLength(1);
    expect(api.requests).toHaveLength(1);
    google.choose('a.b.c', google.buttons[0]?.state);
    await vi.waitFor(() => expect(first.status).not.toBe('signed-out'));
    expect(second.status).toBe('signed-out');
  });

  it('get their tokens by the button that was pressed, where Google gives no state back', async () => {
    const [first, second] = [attach(page), attach(page)];
    await reaches(first, 'signed-out');
    await reaches(second, 'signed-out');
    google.buttons[0]?.click_listener();
    google.choose('a.b.c', null);
    await reaches(first, 'signed-in');
    expect(second.status).toBe('signed-out');
  });

  it('drop a token that arrives after the element is gone', async () => {
    const element = attach(page, returning);
    await reaches(element, 'signed-out');
    element.remove();
    await Promise.resolve();
    google.choose('a.b.c');
    expect(api.requests).toEqual([`GET ${origin}/auth/session`]);
  });

  it('lead nowhere when the element goes while its sign-in is under way', async () => {
    let answer = (_: Response) => {};
    api.post = () => new Promise((resolve) => (answer = resolve));
    const element = await enter();
    await reaches(element, 'signing-in');
    element.remove();
    await Promise.resolve();
    answer(json(signedIn(), 201));
    await settle();
    expect(page.went).toEqual([]);
    expect(element.status).toBe('signing-in');
  });

  it('keep their state when moved, with a fresh button', async () => {
    const element = attach(page, returning);
    await reaches(element, 'signed-out');
    document.body.appendChild(document.createElement('main')).append(element);
    await vi.waitFor(() => expect(google.buttons).toHaveLength(2));
    expect(api.requests).toHaveLength(1);
    google.choose('a.b.c');
    await reaches(element, 'signed-in');
    expect(page.went).toEqual(['reload']);
  });

  it('go on with a sign-in while they move', async () => {
    let answer = (_: Response) => {};
    api.post = () => new Promise((resolve) => (answer = resolve));
    const element = await enter({});
    await reaches(element, 'signing-in');
    document.body.appendChild(document.createElement('main')).append(element);
    api.get = () => json(signedIn());
    answer(json(signedIn(), 201));
    await reaches(element, 'signed-in');
  });

  it('start over when attached again', async () => {
    const element = attach(page);
    await reaches(element, 'signed-out');
    element.remove();
    await Promise.resolve();
    api.get = () => json(signedIn());
    document.body.append(element);
    await reaches(element, 'signed-in');
  });
});

describe('the canonical host', () => {
  it('is moved to, with path, query and fragment', async () => {
    page = standInPage('https://d111.cloudfront.net/docs/guide.html?x=1#part');
    attach(page, { ...returning, api: 'https://d111.cloudfront.net' });
    await vi.waitFor(() => expect(page.went).toEqual([`${origin}/docs/guide.html?x=1#part`]));
    expect(google.buttons).toEqual([]);
  });

  it('is not moved to a second time when that leads back', async () => {
    page = standInPage('https://d111.cloudfront.net/docs/guide.html');
    attach(page);
    await vi.waitFor(() => expect(page.went).toHaveLength(1));
    const again = attach(page);
    await reaches(again, 'looping');
    expect(page.went).toHaveLength(1);
    expect(words(again)).toContain('Your sign-in is valid at docs.example.com');
  });
});

describe('the loop breaker', () => {
  const looped = async () => {
    api.get = () => json(signedIn());
    attach(page, returning);
    await vi.waitFor(() => expect(page.went).toEqual(['reload']));
    document.body.replaceChildren();
    const element = attach(page, returning);
    await reaches(element, 'looping');
    return element;
  };

  it('loads a refused page again only once by itself', async () => {
    await looped();
    await settle();
    expect(page.went).toEqual(['reload']);
  });

  it('does not load it again after a sign-in that already did', async () => {
    await reaches(await enter(), 'signed-in');
    document.body.replaceChildren();
    const element = attach(page, returning);
    await reaches(element, 'looping');
    expect(page.went).toEqual(['reload']);
    expect(words(element)).toContain('firewall');
  });

  it('names a reserved query name and offers the page without it', async () => {
    page.href = `${origin}/docs/guide.html?x=1&Expires=5&Policy=abc#part`;
    const element = await looped();
    expect(words(element)).toContain('“Expires”, “Policy”');
    expect(actions(element)['Open the page without it']).toMatchObject({ href: `${origin}/docs/guide.html?x=1#part` });
  });

  it.each([
    ['another host', () => Object.assign(page, { href: 'https://other.example.com/' }), 'valid at docs.example.com'],
    ['a foreign cookie', () => Object.assign(page, { visibleCookies: 'CloudFront-Policy=x' }), 'Delete the cookies'],
    ['a service worker', () => Object.assign(page, { serviceWorker: true }), 'service worker'],
  ])('names %s', async (_name, change, text) => {
    change();
    expect(words(await looped())).toContain(text);
  });

  it('names the clock', async () => {
    api.get = () => json(signedIn({ now: new Date(Date.now() + 3_600_000).toISOString() }));
    attach(page, returning);
    await vi.waitFor(() => expect(page.went).toEqual(['reload']));
    const element = attach(page, returning);
    await reaches(element, 'looping');
    expect(words(element)).toContain('clock of this device');
  });

  it('names refused cookies right after the sign-in, without a reload', async () => {
    api.post = () => json(signedIn(), 201);
    const element = await enter();
    await reaches(element, 'looping');
    expect(heading(element)).toBe('Your browser did not keep the sign-in');
    expect(page.went).toEqual([]);
  });

  it('names refused cookies when two sign-ins led back to the login page', async () => {
    for (let round = 0; round < 2; round++) {
      api.get = () => json(signedOut());
      await reaches(await enter(), 'signed-in');
      document.body.replaceChildren();
    }
    api.get = () => json(signedOut());
    const element = attach(page, returning);
    await reaches(element, 'looping');
    expect(heading(element)).toBe('Your browser did not keep the sign-in');
  });

  it('starts over on demand: a sign-in by hand has its reload', async () => {
    const element = await looped();
    press(element, 'Sign in again');
    await reaches(element, 'signed-out');
    google.choose('a.b.c');
    await vi.waitFor(() => expect(page.went).toEqual(['reload', 'reload']));
  });

  it('does not reload by itself when it cannot remember, and does not break', async () => {
    Object.defineProperty(page, 'storage', {
      get: () => {
        throw new DOMException('The operation is insecure.', 'SecurityError');
      },
    });
    api.get = () => json(signedIn());
    const element = attach(page, returning);
    await reaches(element, 'looping');
    expect(page.went).toEqual([]);
    press(element, 'Try again');
    expect(page.went).toEqual(['reload']);
  });

  it('leaves an element that stays alone', async () => {
    api.get = () => json(signedIn());
    await reaches(attach(page), 'signed-in');
    await reaches(attach(page), 'signed-in');
    expect(page.went).toEqual([]);
  });
});

describe('events', () => {
  it('bubble out of shadow roots, typed, for every transition', async () => {
    const host = document.body.appendChild(document.createElement('div'));
    const statuses: string[] = [];
    const details: unknown[] = [];
    document.body.addEventListener('secure-login-status', ({ status, previous }) =>
      statuses.push(`${previous}>${status}`),
    );
    document.body.addEventListener('secure-login-signed-out', ({ session }) => details.push(session.providers.length));
    document.body.addEventListener('secure-login-signed-in', ({ session }) => details.push(session.user.email));
    document.body.addEventListener('secure-login-denied', ({ reason, account }) => details.push([reason, account]));
    const element = attach(page);
    host.attachShadow({ mode: 'open' }).append(element);
    await reaches(element, 'signed-out');
    api.post = () => problem(401, 'access_denied', { account: 'mallory@evil.example' });
    google.choose('a.b.c');
    await reaches(element, 'denied');
    api.admit();
    google.choose('d.e.f');
    await reaches(element, 'signed-in');
    expect(statuses).toEqual([
      'checking>signed-out',
      'signed-out>signing-in',
      'signing-in>denied',
      'denied>signing-in',
      'signing-in>signed-in',
    ]);
    expect(details).toEqual([1, ['account', 'mallory@evil.example'], 'alice@example.com']);
  });

  it('go with an attribute for style sheets', async () => {
    const element = attach(page);
    expect(element.getAttribute('status')).toBe('checking');
    await reaches(element, 'signed-out');
    expect(element.getAttribute('status')).toBe('signed-out');
  });
});

describe('the defaults', () => {
  it('talk to the origin that the module came from', async () => {
    const element = document.createElement('secure-login');
    element.page = standInPage('https://elsewhere.example/', 200);
    document.body.append(element);
    await vi.waitFor(() => expect(api.requests).toEqual([`GET ${new URL(import.meta.url).origin}/auth/session`]));
    expect(api.init[0]?.credentials).toBe('include');
  });

  it('use constructable style sheets and no inline style, for strict policies', async () => {
    const element = attach(page);
    await reaches(element, 'signed-out');
    expect(element.shadowRoot?.adoptedStyleSheets).toHaveLength(1);
    expect(element.shadowRoot?.querySelector('style, link, [style]')).toBeNull();
  });
});
