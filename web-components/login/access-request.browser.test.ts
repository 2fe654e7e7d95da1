import { beforeEach, describe, expect, it, vi } from 'vitest';
import { page as screen, userEvent } from 'vitest/browser';
import type { SecureLoginAccessRequestedEvent } from './access-request.ts';
import '../secure-login-define.ts';
import {
  api,
  attach,
  enter,
  google,
  json,
  origin,
  page,
  problem,
  reaches,
  settle,
  words as shown,
  useStandIns,
} from '../testing/stand-ins.ts';
import type { SecureLogin } from './secure-login.ts';

useStandIns();

/** What the API answers to a request for access, and the bodies it got. */
let answer: () => Response | Promise<Response>;
let bodies: unknown[];

beforeEach(() => {
  bodies = [];
  answer = () => json({ status: 'sent' }, 202);
  const sessions = fetch;
  vi.stubGlobal('fetch', async (url: string, init: RequestInit = {}) => {
    if (!url.endsWith('/auth/access-requests')) return sessions(url, init);
    bodies.push([url, init.method, init.credentials, init.cache, JSON.parse(String(init.body))]);
    return answer();
  });
});

async function refused(more: object = { mayAsk: true }): Promise<SecureLogin> {
  api.post = () => problem(401, 'access_denied', { account: 'mallory@evil.example', ...more });
  const element = await enter();
  await reaches(element, 'denied');
  return element;
}

const within = <Kind extends HTMLElement>(element: SecureLogin, selector: string): Kind | null | undefined =>
  element.shadowRoot?.querySelector<Kind>(selector);
const field = (element: SecureLogin) => within<HTMLTextAreaElement>(element, 'textarea');
const button = (element: SecureLogin) => within<HTMLButtonElement>(element, 'form button');
const message = (element: SecureLogin): string | null | undefined =>
  within(element, '[part=request-message]')?.textContent;
const offered = (element: SecureLogin): Promise<void> => vi.waitFor(() => expect(field(element)).toBeTruthy());
async function send(element: SecureLogin, words = 'I write the guide'): Promise<void> {
  await offered(element);
  const [reason, submit] = [field(element), button(element)];
  if (!reason || !submit) throw new Error('nothing is offered');
  reason.value = words;
  submit.focus();
  submit.click();
}
const says = (element: SecureLogin, words: string): Promise<void> =>
  vi.waitFor(() => expect(message(element)).toContain(words));

describe('a refused account that may ask for access', () => {
  it('is asked why, and sends the same token that was refused', async () => {
    const element = await refused();
    await send(element);
    await says(element, 'Your request was sent.');
    expect(bodies).toEqual([
      [
        `${origin}/auth/access-requests`,
        'POST',
        'include',
        'no-store',
        { idToken: 'a.b.c', reason: 'I write the guide' },
      ],
    ]);
    expect(field(element)).toBeNull();
    expect(within(element, ':focus')?.getAttribute('part')).toBe('request-message');
  });

  it('can still use another account, and then the question disappears', async () => {
    const element = await refused();
    await offered(element);
    api.admit();
    google.choose('d.e.f');
    await reaches(element, 'signed-in');
    expect(field(element)).toBeNull();
    expect(element.shadowRoot?.adoptedStyleSheets).toHaveLength(1);
  });

  it('asks for the account that was refused last', async () => {
    const element = await refused();
    await offered(element);
    google.choose('d.e.f');
    await reaches(element, 'signing-in');
    await reaches(element, 'denied');
    await send(element);
    await says(element, 'sent');
    expect(bodies.flat()).toContainEqual({ idToken: 'd.e.f', reason: 'I write the guide' });
    expect(element.shadowRoot?.querySelectorAll('[part=request]')).toHaveLength(1);
  });

  it('sees the status of the request, and the page gets an event with it', async () => {
    const heard: string[] = [];
    const hear = ({ request }: SecureLoginAccessRequestedEvent): void => void heard.push(request);
    document.body.addEventListener('secure-login-access-requested', hear);
    for (const [status, words] of [
      ['already-asked', 'Nobody has answered your request yet'],
      ['answered', 'the request was declined'],
      ['approved', 'Sign in again in a minute'],
      ['admitted', 'You already have access'],
    ]) {
      answer = () => json({ status }, 202);
      const element = await refused();
      await send(element);
      await says(element, words ?? '');
      element.remove();
    }
    document.body.removeEventListener('secure-login-access-requested', hear);
    expect(heard).toEqual(['already-asked', 'answered', 'approved', 'admitted']);
  });

  it.each([
    ['sign_in_expired', 401, 'Sign in again, then ask', false],
    ['invalid_token', 401, 'Sign in again, then ask', false],
    ['access_denied', 401, 'not allowed to ask', false],
    ['too_many_requests', 429, 'Too many requests', true],
    ['invalid_request', 422, 'could not be sent', true],
    ['session_expired', 401, 'could not be sent', true],
    ['temporarily_unavailable', 503, 'could not be sent', true],
    ['server_error', 500, 'could not be sent', true],
    ['constructor', 500, 'could not be sent', true],
  ])('sees why the API answered %s, and can send again if that may help', async (code, status, words, again) => {
    answer = () => problem(status, code);
    const element = await refused();
    await send(element);
    await says(element, words);
    expect(field(element) !== null).toBe(again);
    if (!again) return;
    expect(field(element)?.value).toBe('I write the guide');
    answer = () => json({ status: 'sent' }, 202);
    button(element)?.click();
    await says(element, 'Your request was sent.');
  });

  it.each([
    ['no connection', () => Promise.reject(new TypeError('failed'))],
    ['a page in the place of the answer', () => new Response('<html>', { status: 200 })],
    ['an answer that did not succeed', () => json({ status: 'sent' }, 500)],
    ['an answer of another kind', () => json({ status: 'toString' }, 202)],
  ])('keeps the text after a failure: %s', async (_, failing) => {
    answer = failing;
    const element = await refused();
    await send(element);
    await says(element, 'could not be sent');
    expect(field(element)?.value).toBe('I write the guide');
  });

  it('gets the question as the label of the field, and the answer in a live region', async () => {
    const element = await refused();
    await offered(element);
    await expect.element(screen.getByRole('region', { name: 'Ask for access' })).toBeVisible();
    await expect.element(screen.getByRole('textbox', { name: /^Why do you need access\?/ })).toBeVisible();
    expect(within(element, '[part=request-message]')?.getAttribute('role')).toBe('status');
  });

  it('keeps the focus outside if it moved there in the meantime', async () => {
    const { promise, resolve: finish } = Promise.withResolvers<Response>();
    answer = () => promise;
    const elsewhere = document.body.appendChild(document.createElement('input'));
    const element = await refused();
    await send(element);
    elsewhere.focus();
    finish(json({ status: 'sent' }, 202));
    await says(element, 'Your request was sent.');
    expect(document.activeElement).toBe(elsewhere);
  });

  it('gets no question if the viewer moved on before it was loaded', async () => {
    document.body.addEventListener('secure-login-denied', ({ target }) => void (target as SecureLogin).check(), {
      once: true,
    });
    api.post = () => problem(401, 'access_denied', { account: 'mallory@evil.example', mayAsk: true });
    const element = attach(page, { 'after-sign-in': 'return' });
    await reaches(element, 'signed-out');
    google.choose('a.b.c');
    await vi.waitFor(() => expect(api.requests).toHaveLength(3));
    await reaches(element, 'signed-out');
    await import('./access-request.ts');
    await settle();
    expect(field(element)).toBeNull();
  });

  it('gets no question if the viewer presses the button of the provider before it was loaded', async () => {
    document.body.addEventListener('secure-login-denied', () => google.buttons.at(-1)?.click_listener(), {
      once: true,
    });
    api.post = () => problem(401, 'access_denied', { account: 'mallory@evil.example', mayAsk: true });
    const element = await enter();
    await vi.waitFor(() => expect(shown(element)).toContain('Continue in the window'));
    await import('./access-request.ts');
    await settle();
    expect(field(element)).toBeNull();
  });

  it('sees no late answer about the account of before, and keeps what was typed for the next one', async () => {
    const { promise, resolve: finish } = Promise.withResolvers<Response>();
    answer = () => promise;
    const element = await refused();
    await send(element);
    await says(element, 'Sending');
    google.choose('d.e.f');
    await reaches(element, 'signing-in');
    await reaches(element, 'denied');
    await offered(element);
    field(element)?.focus();
    await userEvent.keyboard('for d.e.f');
    finish(json({ status: 'sent' }, 202));
    await settle();
    expect([message(element), field(element)?.value, button(element)?.disabled]).toEqual(['', 'for d.e.f', false]);
    expect(within(element, ':focus')).toBe(field(element));
    answer = () => json({ status: 'already-asked' }, 202);
    button(element)?.click();
    await says(element, 'Nobody has answered your request yet');
    expect(bodies.flat()).toContainEqual({ idToken: 'd.e.f', reason: 'for d.e.f' });
  });

  it.each([
    ['sent', () => json({ status: 'sent' }, 202)],
    ['refused', () => problem(401, 'access_denied')],
    ['failed', () => problem(500, 'server_error')],
  ])('sees no late answer after a sign-in with another account: %s', async (_name, late) => {
    const { promise, resolve: finish } = Promise.withResolvers<Response>();
    answer = () => promise;
    const element = await refused();
    await send(element);
    await says(element, 'Sending');
    api.admit();
    google.choose('d.e.f');
    await reaches(element, 'signed-in');
    const before = element.shadowRoot?.innerHTML;
    finish(late());
    await settle();
    expect(element.shadowRoot?.innerHTML).toBe(before);
    expect(within(element, '[part=request]')).toBeNull();
  });

  it('gives up after fifteen seconds', async () => {
    const timeout = vi.spyOn(AbortSignal, 'timeout');
    const element = await refused();
    timeout.mockClear();
    await send(element);
    await says(element, 'Your request was sent.');
    expect(timeout.mock.calls).toEqual([[15_000]]);
  });

  it('sends once, however often the button is pressed', async () => {
    const { promise, resolve: finish } = Promise.withResolvers<Response>();
    answer = () => promise;
    const element = await refused();
    await send(element);
    button(element)?.click();
    within<HTMLFormElement>(element, 'form')?.requestSubmit();
    await says(element, 'Sending');
    finish(json({ status: 'sent' }, 202));
    await says(element, 'sent');
    expect(bodies).toHaveLength(1);
  });

  it('can write at most 500 characters, and needs only the keyboard', async () => {
    const element = await refused();
    await offered(element);
    field(element)?.focus();
    await userEvent.keyboard('why');
    await userEvent.tab();
    expect(within(element, ':focus')).toBe(button(element));
    expect(field(element)?.maxLength).toBe(500);
    await userEvent.keyboard('{Enter}');
    await says(element, 'sent');
    expect(bodies.flat()).toContainEqual({ idToken: 'a.b.c', reason: 'why' });
  });
});

describe('a refused account that may not ask', () => {
  it('is asked nothing', async () => {
    const element = await refused({});
    // By now it would have been loaded.
    await import('./access-request.ts');
    expect(field(element)).toBeNull();
    expect(element.shadowRoot?.querySelector('[part=request]')).toBeNull();
  });
});
