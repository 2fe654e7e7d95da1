import { beforeEach, describe, expect, it, vi } from 'vitest';
import { anotherKey, hasLeft, pendingStepKey, providerKey } from '../shared/page-memory.ts';
import '../secure-login-define.ts';
import {
  actions,
  api,
  attach,
  googleOffer as google,
  google as gsi,
  json,
  loadGoogle,
  openPage,
  origin,
  page,
  pool,
  press,
  problem,
  reaches,
  type StandInPage,
  signedIn,
  signedOut,
  useStandIns,
  words,
} from '../testing/stand-ins.ts';

useStandIns();
beforeEach(() => {
  api.get = () => json(signedOut({ providers: [google, pool] }));
});

const lastTime = (element: HTMLElement) =>
  [...(element.shadowRoot?.querySelectorAll('small') ?? [])].map((mark) => mark.parentElement?.getAttribute('part'));

describe('several providers', () => {
  it('stand side by side, and none is marked before one was used', async () => {
    const element = attach(page);
    await reaches(element, 'signed-out');
    expect(Object.keys(actions(element))).toEqual([pool.label]);
    expect(gsi.buttons).toHaveLength(1);
    expect(lastTime(element)).toEqual([]);
  });

  it.each([
    ['google', 'provider'],
    ['cognitoUserPool', 'action'],
  ])('mark the one that was used last: %s', async (kind, part) => {
    page.lasting.setItem(providerKey, kind);
    const element = attach(page);
    await reaches(element, 'signed-out');
    expect(lastTime(element)).toEqual([part]);
  });

  it.each([
    ['google', google],
    ['cognitoUserPool', pool],
  ])('mark none if there is only one: %s', async (kind, only) => {
    page.lasting.setItem(providerKey, kind);
    api.get = () => json(signedOut({ providers: [only] }));
    const element = attach(page);
    await vi.waitFor(() => expect(element.status).toBe('signed-out'));
    expect(lastTime(element)).toEqual([]);
  });

  it('remember Google as soon as its button is pressed', async () => {
    const element = attach(page);
    await reaches(element, 'signed-out');
    gsi.buttons[0]?.click_listener();
    expect(page.lasting.getItem(providerKey)).toBe('google');
    expect(Object.keys(actions(element))).toEqual([pool.label]);
  });

  it('stay usable where storage is refused', async () => {
    Object.defineProperty(page, 'lasting', {
      get: () => {
        throw new DOMException('The operation is insecure.', 'SecurityError');
      },
    });
    const element = attach(page);
    await reaches(element, 'signed-out');
    gsi.choose('a.b.c');
    await reaches(element, 'signed-in');
  });

  it('are restricted to one by the attribute', async () => {
    const element = attach(page, { provider: 'google' });
    await reaches(element, 'signed-out');
    expect(actions(element)).toEqual({});
    document.body.replaceChildren();
    const other = attach(page, { provider: 'cognitoUserPool' });
    await vi.waitFor(() => expect(Object.keys(actions(other))).toEqual([pool.label]));
    expect(gsi.buttons).toHaveLength(1);
  });

  it('that the site does not have are reported as a mistake', async () => {
    api.get = () => json(signedOut({ providers: [google] }));
    const element = attach(page, { provider: 'cognitoUserPool' });
    await reaches(element, 'failed');
    expect(words(element)).toContain('“provider”');
  });

  it('stay available if the script of one of them fails', async () => {
    loadGoogle(false);
    const element = attach(page);
    // Google gets some seconds.
    await vi.waitFor(() => expect(element.status).toBe('failed'), { timeout: 10_000 });
    expect(Object.keys(actions(element))).toEqual(['Try again', pool.label]);
  });

  it('are all offered again to a refused account', async () => {
    api.post = () => problem(401, 'access_denied', { account: 'mallory@evil.example' });
    const element = attach(page);
    await reaches(element, 'signed-out');
    gsi.choose('a.b.c');
    await reaches(element, 'denied');
    expect(Object.keys(actions(element))).toEqual([pool.label]);
    await vi.waitFor(() => expect(gsi.buttons).toHaveLength(2));
  });

  it.each([
    ['another origin', 'https://app.example.com/', []],
    ['a frame', 'https://docs.example.com/', ['https://app.example.com']],
  ])('lead to the site’s sign-in page if the user pool cannot return here: %s', async (_, href, ancestors) => {
    openPage(href, 200);
    page.ancestors = ancestors;
    const element = attach(page);
    await reaches(element, 'signed-out');
    press(element, pool.label);
    await vi.waitFor(() =>
      expect(page.went).toEqual([`on to ${origin}/public/login.html?return-to=${encodeURIComponent(href)}`]),
    );
  });
});

describe('Google by attributes', () => {
  it('signs nobody in automatically by default', async () => {
    await reaches(attach(page), 'signed-out');
    expect(gsi.initialized).toEqual([expect.objectContaining({ auto_select: false })]);
    expect(gsi.initialized[0]).not.toHaveProperty('ux_mode');
    expect(gsi.buttons[0]).not.toHaveProperty('locale');
    expect(gsi.prompts()).toBe(0);
  });

  it.each([
    ['one-tap', false],
    ['auto-sign-in', true],
  ])('asks with One Tap: %s', async (attribute, auto) => {
    const element = attach(page, { [attribute]: '' });
    await reaches(element, 'signed-out');
    expect(gsi.initialized).toEqual([expect.objectContaining({ auto_select: auto })]);
    expect(gsi.prompts()).toBe(1);
    gsi.choose('a.b.c', null);
    await reaches(element, 'signed-in');
  });

  it("hides One Tap's card after the button was used, and with the last element", async () => {
    const [element, other] = [attach(page, { 'one-tap': '' }), attach(page)];
    await reaches(element, 'signed-out');
    await reaches(other, 'signed-out');
    other.remove();
    await vi.waitFor(() => expect(other.isConnected).toBe(false));
    expect(gsi.cancelled()).toBe(0);
    gsi.choose('a.b.c', gsi.buttons[0]?.state);
    expect(gsi.cancelled()).toBe(1);
    element.remove();
    await vi.waitFor(() => expect(gsi.cancelled()).toBe(2));
  });

  it('does not sign in again who has just signed out', async () => {
    openPage(`${origin}/public/login.html`, 200);
    api.get = () => json(signedIn());
    const element = attach(page, { 'auto-sign-in': '' });
    await reaches(element, 'signed-in');
    api.get = () => json(signedOut({ providers: [google, pool] }));
    press(element, 'Use another account');
    await reaches(element, 'signed-out');
    expect(gsi.prompts()).toBe(0);
    expect(gsi.forgotten()).toBe(1);
  });

  it('does not sign in again who has just signed out on the previous page', async () => {
    page.storage.setItem(pendingStepKey, hasLeft);
    await reaches(attach(page, { 'auto-sign-in': '', provider: 'google' }), 'signed-out');
    expect(gsi.prompts()).toBe(0);
    expect(gsi.forgotten()).toBe(1);
    expect(page.storage.getItem(pendingStepKey)).toBeNull();
  });

  it('does not try a refused account again by itself', async () => {
    api.post = () => problem(401, 'access_denied', { account: 'mallory@evil.example' });
    const element = attach(page, { 'auto-sign-in': '' });
    await reaches(element, 'signed-out');
    gsi.choose('a.b.c', null);
    await reaches(element, 'denied');
    await vi.waitFor(() => expect(gsi.forgotten()).toBe(1));
    expect(gsi.prompts()).toBe(1);
  });

  it('ends the session at the user pool before a sign-in if an earlier page saw a refusal', async () => {
    page.lasting.setItem(anotherKey, 'yes');
    const element = attach(page);
    await reaches(element, 'signed-out');
    press(element, pool.label);
    const logout = expect.stringContaining(`${pool.hostedSignIn}/logout?`);
    // The script of the user pool takes some time to load.
    await vi.waitFor(() => expect(page.went).toEqual([logout]), { timeout: 10_000 });
    expect(page.lasting.getItem(providerKey)).toBe(pool.kind);
  });

  it('remembers a refusal for the next page, and "Use another account" as well', async () => {
    api.post = () => problem(401, 'access_denied', { account: 'mallory@evil.example' });
    const refused = attach(page);
    await reaches(refused, 'signed-out');
    gsi.choose('a.b.c', gsi.buttons[0]?.state);
    await reaches(refused, 'denied');
    expect(page.lasting.getItem(anotherKey)).toBe('yes');
    refused.remove();
    openPage(`${origin}/public/login.html`, 200);
    api.get = () => json(signedIn());
    const element = attach(page);
    await reaches(element, 'signed-in');
    expect(page.lasting.getItem(anotherKey)).toBeNull();
    press(element, 'Use another account');
    expect(page.lasting.getItem(anotherKey)).toBe('yes');
  });

  it('uses no popup with ux-mode="redirect", and returns to the refused page', async () => {
    await reaches(attach(page, { 'ux-mode': 'redirect', 'after-sign-in': 'return' }), 'signed-out');
    expect(gsi.initialized).toEqual([
      expect.objectContaining({ ux_mode: 'redirect', login_uri: `${origin}/auth/session` }),
    ]);
    expect(gsi.buttons[0]?.state).toBe('/docs/guide.html?x=1#part');
  });

  it('returns to the page that it was used on if the element stays there, and mentions no popup', async () => {
    openPage(`${origin}/docs/guide.html?return-to=/a.html#part`, 200);
    const element = attach(page, { 'ux-mode': 'redirect' });
    await reaches(element, 'signed-out');
    expect(gsi.buttons[0]?.state).toBe('/docs/guide.html?return-to=/a.html#part');
    gsi.buttons[0]?.click_listener();
    expect(words(element)).toBe('Sign in to continue.');
  });

  it.each([
    ['a window', {}, { 'ux-mode': 'redirect' }, 'ux_mode', [undefined, 'redirect']],
    ['a click', {}, { 'auto-sign-in': '' }, 'auto_select', [false, true]],
  ] as const)('is set up for each element by its attributes: %s', async (_name, one, two, option, expected) => {
    const answer = signedOut();
    api.get = () => json(answer);
    for (const attributes of [one, two]) await reaches(attach(page, attributes), 'signed-out');
    expect(gsi.initialized.map((options) => options[option])).toEqual(expected);
  });

  it('uses no popup on iPhone and iPad by default', async () => {
    page.isIos = true;
    await reaches(attach(page, { 'after-sign-in': 'return' }), 'signed-out');
    expect(gsi.initialized).toEqual([
      expect.objectContaining({ ux_mode: 'redirect', login_uri: `${origin}/auth/session` }),
    ]);
  });

  it.each<[string, Record<string, string>, (at: StandInPage) => void]>([
    ['with ux-mode="popup"', { 'ux-mode': 'popup' }, () => {}],
    [
      'where the config says so',
      {},
      () => {
        api.get = () => json(signedOut({ providers: [{ ...google, redirectOnIos: false }] }));
      },
    ],
    [
      'in a page of another origin',
      {},
      (at) => {
        at.href = 'https://app.example.com/';
      },
    ],
    [
      'in a frame, where Google’s page would not be shown',
      {},
      (at) => {
        at.ancestors = [origin];
      },
    ],
  ])('keeps its popup on iPhone and iPad %s', async (_name, attributes, change) => {
    page.isIos = true;
    change(page);
    await reaches(attach(page, attributes), 'signed-out');
    expect(gsi.initialized[0]).not.toHaveProperty('ux_mode');
  });

  it.each([
    ['/public/login.html', '/'],
    ['/public/login.html?return-to=%2Fdocs%2Fguide.html%3Fx%3D1%23part', '/docs/guide.html?x=1#part'],
    ['/public/login.html?return-to=https%3A%2F%2Fdocs.example.com%2Fa.html', '/a.html'],
    // Whether that is allowed, the login page learns once somebody is signed in.
    [
      '/public/login.html?return-to=https%3A%2F%2Fapp.example.com%2F',
      '/public/login.html?return-to=https%3A%2F%2Fapp.example.com%2F',
    ],
    ['/public/login.html?return-to=javascript%3Aalert(1)', '/public/login.html?return-to=javascript%3Aalert(1)'],
  ])('has Google’s form post lead from %s to %s', async (path, state) => {
    openPage(origin + path, 200);
    await reaches(attach(page, { 'ux-mode': 'redirect', 'after-sign-in': 'return' }), 'signed-out');
    expect(gsi.buttons[0]?.state).toBe(state);
  });

  it('leads from the login page to the allowed return origin, after Google’s page', async () => {
    const app = 'https://app.example.com/board';
    openPage(`${origin}/public/login.html?return-to=${encodeURIComponent(app)}`, 200);
    const element = attach(page, { 'ux-mode': 'redirect', 'after-sign-in': 'return' });
    await reaches(element, 'signed-out');
    gsi.buttons[0]?.click_listener();
    element.remove();
    api.get = () => json(signedIn());
    attach(page, { 'after-sign-in': 'return' });
    await vi.waitFor(() => expect(page.went).toEqual([app]));
    document.body.replaceChildren();
    // Who opens the login page later is not led on without a click.
    await reaches(attach(page, { 'after-sign-in': 'return' }), 'signed-in');
    expect(page.went).toEqual([app]);
  });

  it('keeps its popup on a page of another origin, whose cookie the site would not see', async () => {
    openPage('https://app.example.com/', 200);
    await reaches(attach(page, { 'ux-mode': 'redirect' }), 'signed-out');
    expect(gsi.initialized[0]).not.toHaveProperty('ux_mode');
  });
});
