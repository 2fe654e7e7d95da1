import { describe, expect, it, vi } from 'vitest';
import { page as screen, userEvent } from 'vitest/browser';
import '../secure-login-define.ts';
import {
  actions,
  api,
  attach,
  google,
  googleOffer,
  heading,
  json,
  loadGoogle,
  openPage,
  page,
  pool,
  problem,
  reaches,
  returning,
  settle,
  signedIn,
  signedOut,
  useStandIns,
  words,
} from '../testing/stand-ins.ts';
import type { SecureLogin } from './secure-login.ts';

useStandIns();

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
      'mallory@evil.example does not have access to this site. ' +
        'Use another account, or ask the people who run the site.',
    ]);
  });

  it('works with only the keyboard, and keeps the focus inside', async () => {
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

  it('uses real buttons that are large enough for a finger', async () => {
    api.get = () => json(signedIn());
    const element = attach(page);
    await reaches(element, 'signed-in');
    for (const action of Object.values(actions(element))) {
      expect(action.tagName).toBe('BUTTON');
      expect(action.getBoundingClientRect().height).toBeGreaterThanOrEqual(44);
    }
  });

  it('has the same height before and after the button arrives', async () => {
    const element = attach(page);
    const before = element.getBoundingClientRect().height;
    await reaches(element, 'signed-out');
    expect(element.getBoundingClientRect().height).toBe(before);
  });

  it('shows a placeholder until the button is there, and while an account is checked', async () => {
    delete window.google;
    let arrive = () => {};
    vi.spyOn(document.head, 'append').mockImplementation((script) => {
      arrive = () => (script as HTMLScriptElement).onload?.call(script as HTMLScriptElement, new Event('load'));
    });
    const { promise, resolve: refuse } = Promise.withResolvers<Response>();
    api.post = () => promise;
    const element = attach(page);
    const slot = element.shadowRoot?.querySelector('slot') as HTMLElement;
    const filled = (part: Element) => getComputedStyle(part).backgroundColor !== 'rgba(0, 0, 0, 0)';
    expect(filled(slot)).toBe(true);
    await settle();
    expect(element.status).toBe('signed-out');
    expect(filled(element.querySelector('[slot=provider]') as HTMLElement)).toBe(true);
    loadGoogle();
    arrive();
    await reaches(element, 'signed-out');
    expect([slot, element.querySelector('[slot=provider]') as HTMLElement].map(filled)).toEqual([false, false]);
    google.choose('a.b.c');
    await reaches(element, 'signing-in');
    expect(filled(slot)).toBe(true);
    refuse(problem(401, 'access_denied'));
    await reaches(element, 'denied');
  });

  it('replaces a button that no longer fits, and keeps it while its place is hidden', async () => {
    const element = attach(page);
    await reaches(element, 'signed-out');
    const widths = () => google.buttons.map(({ width }) => width);
    const [first] = widths();
    element.style.width = '250px';
    await vi.waitFor(() => expect(widths()).toEqual([first, 250]));
    // Asked anew, it watches the place once, not twice.
    await element.check();
    await vi.waitFor(() => expect(widths()).toEqual([first, 250, 250]));
    element.style.width = '260px';
    await vi.waitFor(() => expect(widths()).toEqual([first, 250, 250, 260]));
    element.hidden = true;
    await settle();
    element.hidden = false;
    await settle();
    expect(widths()).toEqual([first, 250, 250, 260]);
    expect(element.querySelectorAll('[slot=provider] button')).toHaveLength(1);
    element.remove();
  });

  it.each([
    ['150px', 200],
    ['600px', 400],
  ])('draws a button of a width that Google allows in a place of %s', async (width, expected) => {
    const element = attach(page);
    element.style.maxWidth = 'none';
    element.style.width = width;
    await reaches(element, 'signed-out');
    expect(google.buttons.at(-1)?.width).toBe(expected);
  });

  it.each([
    ['the way on', signedIn(), { 'after-sign-in': 'return' }, ['action main', 'action', 'action']],
    ['nothing, where all is well', signedIn(), {}, ['action', 'action']],
    ['nothing beside Google’s button', signedOut({ providers: [googleOffer, pool] }), {}, ['action']],
    ['the only provider', signedOut({ providers: [pool] }), {}, ['action main']],
  ])('gives the most weight to %s', async (_name, answer, attributes, parts) => {
    openPage('https://docs.example.com/public/login.html', 200);
    api.get = () => json(answer);
    const element = attach(page, attributes);
    await vi.waitFor(() => expect(element.status).toBe(answer.status));
    expect(Object.values(actions(element)).map((action) => action.getAttribute('part'))).toEqual(parts);
  });

  it('shows only what it is doing while an account is checked', async () => {
    const { promise, resolve: refuse } = Promise.withResolvers<Response>();
    api.post = () => promise;
    const element = attach(page);
    await reaches(element, 'signed-out');
    google.choose('a.b.c');
    await reaches(element, 'signing-in');
    expect([heading(element), words(element)]).toEqual(['Signing you in', 'Checking your account…']);
    expect(element.querySelector('[slot=provider] button')?.checkVisibility({ visibilityProperty: true })).toBe(false);
    refuse(problem(401, 'access_denied'));
    await reaches(element, 'denied');
  });

  it('marks its text as English', async () => {
    const element = attach(page);
    expect(element.shadowRoot?.querySelector('section')?.lang).toBe('en');
    await reaches(element, 'signed-out');
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
