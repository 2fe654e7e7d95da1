import { describe, expect, it, vi } from 'vitest';
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
  reaches,
  returning,
  settle,
  signedIn,
  signedOut,
  standInPage,
  useStandIns,
  words,
} from '../testing/stand-ins.ts';

useStandIns();

const other = 'https://app.example.com';

describe('the attributes', () => {
  it.each([
    ['api', 'api', 'https://a.example.com'],
    ['after-sign-in', 'afterSignIn', 'return'],
    ['denied-url', 'deniedUrl', '/denied.html'],
    ['provider', 'provider', 'google'],
    ['ux-mode', 'uxMode', 'redirect'],
    ['locale', 'locale', 'de'],
  ] as const)('%s is also the property %s', (attribute, property, value) => {
    const element = document.createElement('secure-login');
    element.setAttribute(attribute, value);
    expect(element[property]).toBe(value);
  });

  it.each([
    ['one-tap', 'oneTap'],
    ['auto-sign-in', 'autoSignIn'],
  ] as const)('%s is also the property %s, true or false', (attribute, property) => {
    const element = document.createElement('secure-login');
    expect(element[property]).toBeFalsy();
    element.setAttribute(attribute, '');
    expect(element[property]).toBe(true);
  });
});

describe('a change after the start', () => {
  it('of `api` asks the other API, once, and offers its provider', async () => {
    const element = attach(page);
    await reaches(element, 'signed-out');
    element.api = other;
    await element.updateComplete;
    await reaches(element, 'signed-out');
    expect(api.requests).toEqual([`GET ${origin}/auth/session`, `GET ${other}/auth/session`]);
    expect(google.initialized).toHaveLength(2);
  });

  it('of several attributes at once asks once', async () => {
    const element = attach(page);
    await reaches(element, 'signed-out');
    element.setAttribute('api', other);
    element.setAttribute('after-sign-in', 'return');
    element.provider = 'google';
    element.locale = 'de';
    await reaches(element, 'signed-out');
    await settle();
    expect(api.requests).toHaveLength(2);
    expect(google.buttons.at(-1)).toMatchObject({ locale: 'de' });
  });

  it('of `api`, followed by `check`, asks once', async () => {
    const element = attach(page);
    await reaches(element, 'signed-out');
    element.api = other;
    await element.check();
    await settle();
    expect(api.requests).toEqual([`GET ${origin}/auth/session`, `GET ${other}/auth/session`]);
  });

  it('of `api` drops the answer of the previous API', async () => {
    let answer = (_: Response): void => {};
    api.get = () => new Promise((resolve) => (answer = resolve));
    const element = attach(page);
    const late = answer;
    api.get = () => json(signedOut());
    element.api = other;
    await reaches(element, 'signed-out');
    late(json(signedIn({ user: { email: 'late@example.com' } })));
    await settle();
    expect([element.status, element.shadowRoot?.textContent?.includes('late@')]).toEqual(['signed-out', false]);
  });

  it('of `api` never sends a token from the previous button to the other API', async () => {
    const element = attach(page);
    await reaches(element, 'signed-out');
    const [before] = google.buttons;
    api.get = () => new Promise(() => {});
    // An address of its own: its answer never comes, and elements share one that is under way.
    element.api = 'https://slow.example.com';
    await element.updateComplete;
    google.choose('a.b.c', before?.state);
    await settle();
    expect(api.requests.filter((request) => request.startsWith('POST'))).toEqual([]);
  });

  it('of `api` to an invalid address fails, and to a valid one works again', async () => {
    const element = attach(page);
    await reaches(element, 'signed-out');
    element.setAttribute('api', 'javascript:alert(1)');
    await reaches(element, 'failed');
    element.setAttribute('api', origin);
    await reaches(element, 'signed-out');
  });

  it('of `provider` offers only that one', async () => {
    api.get = () => json(signedOut({ providers: [googleOffer, pool] }));
    const element = attach(page);
    await reaches(element, 'signed-out');
    element.provider = 'cognitoUserPool';
    await vi.waitFor(() => expect(element.querySelector('button')?.checkVisibility()).toBe(false));
    expect(Object.keys(actions(element))).toEqual([pool.label]);
    element.provider = 'google';
    await vi.waitFor(() => expect(element.querySelector('button')?.checkVisibility()).toBe(true));
    expect(actions(element)).toEqual({});
  });

  it('of `locale` shows the button in that language, and asks nothing', async () => {
    const element = attach(page);
    await reaches(element, 'signed-out');
    element.setAttribute('locale', 'fr');
    await vi.waitFor(() => expect(google.buttons.at(-1)).toMatchObject({ locale: 'fr' }));
    expect([api.requests.length, google.buttons.length]).toEqual([1, 2]);
  });

  it('of `after-sign-in` applies to a sign-in in progress', async () => {
    openPage(`${origin}/public/login.html`, 200);
    const element = attach(page);
    await reaches(element, 'signed-out');
    let answer = (): void => {};
    const { post } = api;
    api.post = () => new Promise((resolve) => (answer = () => resolve(post())));
    google.choose('a.b.c');
    await vi.waitFor(() => expect(api.requests).toHaveLength(2));
    element.afterSignIn = 'return';
    await element.updateComplete;
    answer();
    await reaches(element, 'signed-in');
    expect(page.went).toEqual([`${origin}/`]);
    expect(api.requests.filter((request) => request.startsWith('POST'))).toHaveLength(1);
  });

  it('of `after-sign-in` changes what the element says', async () => {
    const element = attach(page);
    await reaches(element, 'signed-out');
    expect(words(element)).toBe('Sign in to continue.');
    element.afterSignIn = 'return';
    await vi.waitFor(() => expect(words(element)).toBe('Sign in to open this page.'));
  });

  it('while the element is in no document applies from the next start', async () => {
    const element = attach(page);
    await reaches(element, 'signed-out');
    element.remove();
    await Promise.resolve();
    element.api = other;
    await settle();
    expect(api.requests).toHaveLength(1);
    document.body.append(element);
    await reaches(element, 'signed-out');
    expect(api.requests).toEqual([`GET ${origin}/auth/session`, `GET ${other}/auth/session`]);
  });
});

describe('hostile properties', () => {
  /** An element that the page has before its script: it gets its properties before it is upgraded. */
  async function upgraded(set: (element: HTMLElement & Record<string, unknown>) => void) {
    const name = `early-login-${Math.random().toString(36).slice(2)}`;
    const early = document.createElement(name) as HTMLElement & Record<string, unknown>;
    set(early);
    const { SecureLogin } = await import('./secure-login.ts');
    customElements.define(name, class extends SecureLogin {});
    document.body.append(early);
    return early as unknown as InstanceType<typeof SecureLogin>;
  }

  it('that were set before the upgrade are checked like attributes', async () => {
    const element = await upgraded((early) => {
      early['api'] = new URL(location.href).origin;
      early['locale'] = 'de';
    });
    await vi.waitFor(() => expect(api.requests).toEqual([`GET ${location.origin}/auth/session`]));
    expect([element.api, element.locale, Object.hasOwn(element, 'api')]).toEqual([location.origin, 'de', false]);
  });

  it('cannot replace the page object, the state, or the shadow root', async () => {
    const hostile = standInPage('https://evil.example/');
    const element = await upgraded((early) => {
      Object.assign(early, { page: hostile, api: 'javascript:alert(1)' });
    });
    expect(element.page).not.toBe(hostile);
    await vi.waitFor(() => expect(element.status).toBe('failed'));
    expect(() => Object.assign(element, { status: 'signed-in' })).toThrow(TypeError);
    expect(hostile.went).toEqual([]);
  });

  it.each([
    ['an object', { toString: (): string => 'javascript:alert(1)' }],
    ['a list', ['javascript:alert(1)']],
    ['a path', '/auth'],
  ])('of the wrong type are read as text: %s', async (_name, value) => {
    const element = attach(page, returning);
    await reaches(element, 'signed-out');
    Object.assign(element, { api: value });
    await reaches(element, 'failed');
    expect(api.requests).toHaveLength(1);
  });

  it('cannot lead to another origin: deniedUrl', async () => {
    const element = attach(page, returning);
    Object.assign(element, { deniedUrl: { toString: (): string => 'https://evil.example/' } });
    await reaches(element, 'signed-out');
    api.post = () => json({ code: 'access_denied', requestId: 'r' }, 401);
    google.choose('a.b.c');
    await reaches(element, 'denied');
    expect(page.went).toEqual([]);
  });
});
