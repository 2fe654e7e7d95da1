import { beforeEach, describe, expect, it, vi } from 'vitest';
import { page as screen } from 'vitest/browser';
import { defaultApi } from '../shared/default-api.ts';
import '../secure-login-define.ts';
import { anotherKey } from '../shared/page-memory.ts';
import {
  actions,
  api,
  attach,
  enter,
  google,
  heading,
  json,
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
  standInPage,
  useStandIns,
  words,
} from '../testing/stand-ins.ts';

useStandIns();

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
    expect(words(element)).toBe('Continue in the window that opened. If there is none, press the button again.');
    expect(element.status).toBe('signed-out');
  });

  it('signs in and stays, by default', async () => {
    const element = await enter({});
    await reaches(element, 'signed-in');
    expect(words(element)).toBe('alice@example.com');
    expect(Object.keys(actions(element))).toEqual(['Sign out', 'Use another account']);
    expect(page.went).toEqual([]);
    // Pressed now, Google's button would sign somebody in over the one who is.
    expect(element.querySelector('[slot=provider] button')?.checkVisibility()).toBe(false);
  });

  it('gets the refused page again after the event, with query and fragment', async () => {
    const wentBefore: number[] = [];
    document.body.addEventListener('secure-login-signed-in', () => wentBefore.push(page.went.length), { once: true });
    const element = await enter();
    await reaches(element, 'signed-in');
    expect([wentBefore, page.went]).toEqual([[0], ['reload']]);
    expect([heading(element), words(element)]).toEqual(['You are signed in', 'Opening your page…']);
    expect(actions(element)).toEqual({});
  });

  it('goes to the start page from the login page', async () => {
    openPage(`${origin}/public/login.html`, 200);
    await reaches(await enter(), 'signed-in');
    expect(page.went).toEqual([`${origin}/`]);
  });

  it('goes where the login page was told to lead, if that is allowed', async () => {
    openPage(`${origin}/public/login.html?return-to=https://app.example.com/board`, 200);
    await reaches(await enter(), 'signed-in');
    expect(page.went).toEqual(['https://app.example.com/board']);
  });

  it('is not sent to another site by a crafted link', async () => {
    openPage(`${origin}/public/login.html?return-to=https://docs.example.com.evil.example/`, 200);
    await reaches(await enter(), 'signed-in');
    expect(page.went).toEqual([`${origin}/`]);
  });

  it('is not led elsewhere by the query of the refused page', async () => {
    openPage(`${origin}/docs/guide.html?return-to=/finance/budget.html`);
    await reaches(await enter(), 'signed-in');
    expect(page.went).toEqual(['reload']);
  });
});

describe('a viewer who is signed in', () => {
  beforeEach(() => {
    api.get = () => json(signedIn());
    openPage(`${origin}/public/login.html`, 200);
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
    // Who only leaves may come back as themselves.
    expect(page.lasting.getItem(anotherKey)).toBeNull();
  });

  it('is told if the sign-out did not work, and can try again', async () => {
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

  it('sees a text even without an email address', async () => {
    api.get = () => json(signedIn({ user: {} }));
    const element = attach(page);
    await reaches(element, 'signed-in');
    expect(words(element)).toBe('Your account has no email address.');
  });

  it('is checked again when the page comes back from the back-forward cache', async () => {
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
    expect(words(element)).toContain('mallory@evil.example does not have access to this site');
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
    expect(words(element)).toContain('<img src=x onerror=alert(1)>@evil.example does not');
    expect(element.shadowRoot?.querySelector('img')).toBeNull();
  });

  it('is sent to the site’s page for refused viewers', async () => {
    await reaches(await enter({ 'denied-url': '/public/denied.html' }), 'denied');
    expect(page.went).toEqual([`${origin}/public/denied.html`]);
  });

  it.each(['https://evil.example/', 'javascript:alert(1)', '//evil.example'])('is not sent to %s', async (url) => {
    await reaches(await enter({ 'denied-url': url }), 'denied');
    expect(page.went).toEqual([]);
  });

  it('because of the path of their grant is told so, without a reload', async () => {
    api.post = () => json(signedIn({ path: '/finance/*' }), 201);
    api.get = () => json(signedOut());
    const element = attach(page, returning);
    await reaches(element, 'signed-out');
    api.get = () => json(signedIn({ path: '/finance/*' }));
    const denied = vi.fn();
    element.addEventListener('secure-login-denied', denied);
    google.choose('a.b.c');
    await reaches(element, 'denied');
    expect(denied.mock.calls).toEqual([[expect.objectContaining({ reason: 'path', account: 'alice@example.com' })]]);
    expect(heading(element)).toBe('No access to this page');
    expect(words(element)).toBe('alice@example.com has access to /finance/*, which does not include this page.');
    expect(page.went).toEqual([]);
    press(element, 'Use another account');
    await reaches(element, 'signed-out');
    expect(api.requests).toContain(`DELETE ${origin}/auth/session`);
    expect(page.lasting.getItem(anotherKey)).toBe('yes');
  });
});

describe('several elements, and elements that move', () => {
  it('share one configuration of Google, and get the right tokens', async () => {
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
    const signingIn: EventTarget[] = [];
    document.body.addEventListener('secure-login-status', ({ status, target }) => {
      if (status === 'signing-in' && target) signingIn.push(target);
    });
    google.choose('a.b.c', null);
    await reaches(first, 'signed-in');
    await reaches(second, 'signed-in');
    expect(signingIn).toEqual([first]);
  });

  it('drop a token that arrives after the element is gone', async () => {
    const element = attach(page, returning);
    await reaches(element, 'signed-out');
    element.remove();
    await Promise.resolve();
    google.choose('a.b.c');
    expect(api.requests).toEqual([`GET ${origin}/auth/session`]);
  });

  it('ignore restored pages and sign-outs after they were removed', async () => {
    const [gone, stays] = [attach(page), attach(page)];
    await reaches(gone, 'signed-out');
    await reaches(stays, 'signed-out');
    gone.remove();
    await Promise.resolve();
    const heard = vi.fn();
    gone.addEventListener('secure-login-status', heard);
    dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }));
    await reaches(stays, 'signed-out');
    await stays.signOut();
    await settle();
    expect(heard).not.toHaveBeenCalled();
  });

  it("of different APIs do not hear of each other's sign-ins and sign-outs", async () => {
    const [element, other] = [attach(page), attach(page, { api: 'https://app.example.com' })];
    await reaches(element, 'signed-out');
    await reaches(other, 'signed-out');
    const heard = vi.fn();
    other.addEventListener('secure-login-status', heard);
    google.choose('a.b.c', google.buttons[0]?.state);
    await reaches(element, 'signed-in');
    await element.signOut();
    await settle();
    expect(heard).not.toHaveBeenCalled();
  });

  it('share a sign-out: Google signs nobody in again automatically in any of them', async () => {
    openPage(`${origin}/public/login.html`, 200);
    api.get = () => json(signedIn());
    const all = ['', '', ''].map((auto) => attach(page, { 'auto-sign-in': auto }));
    for (const element of all) await reaches(element, 'signed-in');
    const [first] = all;
    await first?.signOut();
    for (const element of all) await reaches(element, 'signed-out');
    await settle();
    expect([google.buttons.length, google.prompts(), google.forgotten()]).toEqual([3, 0, 3]);
  });

  it('do not navigate if the element was removed during its sign-in', async () => {
    let answer = (_: Response) => {};
    api.post = () => new Promise((resolve) => (answer = resolve));
    const element = await enter();
    await vi.waitFor(() => expect(api.requests).toContain(`POST ${origin}/auth/session`));
    element.remove();
    await Promise.resolve();
    answer(json(signedIn(), 201));
    // The second look is the last that is heard of it.
    await vi.waitFor(() => expect(api.requests).toHaveLength(3));
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

  it('draw no button when they are moved and offer none', async () => {
    const element = await enter({});
    await reaches(element, 'signed-in');
    document.body.appendChild(document.createElement('main')).append(element);
    await settle();
    expect(google.buttons).toHaveLength(1);
  });

  it('continue a sign-in while they are moved', async () => {
    let answer = (_: Response) => {};
    api.post = () => new Promise((resolve) => (answer = resolve));
    const element = await enter({});
    await vi.waitFor(() => expect(api.requests).toContain(`POST ${origin}/auth/session`));
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

  it('are accompanied by an attribute for style sheets', async () => {
    const element = attach(page);
    expect(element.getAttribute('status')).toBe('checking');
    await reaches(element, 'signed-out');
    expect(element.getAttribute('status')).toBe('signed-out');
  });
});

describe('a second script of the same element', () => {
  it('keeps the first one', async () => {
    const first = customElements.get('secure-login');
    const again = '../secure-login-define.ts?again';
    await import(/* @vite-ignore */ again);
    expect(customElements.get('secure-login')).toBe(first);
  });
});

describe('the defaults', () => {
  const asked = async (): Promise<void> => {
    const element = document.createElement('secure-login');
    element.page = standInPage('http://localhost:1/', 200);
    document.body.append(element);
    await vi.waitFor(() => expect(api.requests).toHaveLength(1));
  };

  it("talk to the page's own origin, in an app that bundles the element", async () => {
    await asked();
    expect(api.requests).toEqual(['GET http://localhost:1/auth/session']);
  });

  it('talk to the origin that the script came from, in the script-tag build', async () => {
    const before = defaultApi.origin;
    await import('../secure-login-script.ts');
    try {
      await asked();
      expect(api.requests).toEqual([`GET ${new URL(import.meta.url).origin}/auth/session`]);
      expect(api.init[0]?.credentials).toBe('include');
    } finally {
      defaultApi.origin = before;
    }
  });

  it('use constructable style sheets and no inline style, for strict policies', async () => {
    const element = attach(page);
    await reaches(element, 'signed-out');
    expect(element.shadowRoot?.adoptedStyleSheets).toHaveLength(1);
    expect(element.shadowRoot?.querySelector('style, link, [style]')).toBeNull();
  });
});
