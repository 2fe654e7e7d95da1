import { beforeEach, describe, expect, it, vi } from 'vitest';

// Just enough of a document for the script; a real browser runs it in the conformance tests.
interface Node {
  readonly tag: string;
  readonly attributes: Record<string, string>;
  readonly style: Record<string, string>;
  readonly children: Node[];
  readonly listeners: Record<string, (event?: object) => void>;
  textContent?: string;
  className?: string;
  nonce?: string;
}
const createElement = (tag: string): Node => {
  const node: Node = { tag, attributes: {}, style: {}, children: [], listeners: {} };
  return Object.assign(node, {
    setAttribute: (name: string, value: string) => Object.assign(node.attributes, { [name]: value }),
    append: (...children: Node[]) => node.children.push(...children),
    replaceChildren: (...children: Node[]) => node.children.splice(0, node.children.length, ...children),
    addEventListener: (type: string, listener: () => void) => Object.assign(node.listeners, { [type]: listener }),
  });
};

interface GoogleId {
  initialize(settings: object): void;
  renderButton(parent: Node, options?: object): void;
  prompt(listener?: (moment: { isSkippedMoment(): boolean; getMomentType(): string }) => void): void;
  cancel(): void;
  disableAutoSelect(): void;
  revoke(hint: string, done: (result: object) => void): void;
}
let head: Node;
let id: GoogleId;
const listeners = new Set<(event: object) => void>();
const errors = vi.fn();
const popup = {};
const open = vi.fn((_url: string) => popup);
const assign = vi.fn((_url: string) => undefined);
const page = { cookie: '' };

beforeEach(async () => {
  vi.resetModules();
  for (const mock of [errors, open, assign]) mock.mockClear();
  listeners.clear();
  page.cookie = '';
  head = createElement('head');
  const window = { open } as { open: typeof open; google?: { accounts: { id: GoogleId } } };
  const document = {
    currentScript: { src: 'http://127.0.0.1:8081/gsi/client', nonce: 'n0' },
    head,
    createElement,
    createElementNS: (_namespace: string, tag: string) => createElement(tag),
    get cookie() {
      return page.cookie;
    },
    set cookie(value) {
      page.cookie = value;
    },
  };
  const globals = {
    window,
    document,
    location: { origin: 'http://localhost:8080', href: 'http://localhost:8080/docs/?a=1#b', assign },
    console: { error: errors },
    addEventListener: (_type: string, listener: () => void) => listeners.add(listener),
    removeEventListener: (_type: string, listener: () => void) => listeners.delete(listener),
  };
  for (const [name, value] of Object.entries(globals)) vi.stubGlobal(name, value);
  // @ts-expect-error: plain JavaScript for pages, without types
  await import('./google-client.js');
  if (window.google === undefined) throw new Error('the script made no API');
  id = window.google.accounts.id;
  return () => {
    vi.unstubAllGlobals();
  };
});

const find = (node: Node, test: (node: Node) => boolean): Node | undefined =>
  test(node) ? node : node.children.map((child) => find(child, test)).find((found) => found !== undefined);
function button(options: object = {}): Node {
  const parent = createElement('div');
  id.renderButton(parent, options);
  const found = find(parent, ({ attributes }) => attributes['role'] === 'button');
  if (found === undefined) throw new Error('there is no button');
  return found;
}
const asked = (mock: typeof open | typeof assign): Record<string, string> =>
  Object.fromEntries(new URL(mock.mock.calls[0]?.[0] ?? '').searchParams);
const receive = (event: object): void => {
  for (const listener of [...listeners]) listener(event);
};

describe('the script of the stand-in', () => {
  it('adds a style that carries the nonce of its own tag', () => {
    expect(head.children).toMatchObject([{ tag: 'style', nonce: 'n0' }]);
  });

  it('renders a button that can be pressed by mouse and keyboard', () => {
    id.initialize({ client_id: 'c', callback: () => {} });
    const pressed = vi.fn();
    const made = button({ theme: 'filled_blue', width: '240', text: 'continue_with', click_listener: pressed });
    expect(made.className).toBe('gsi-stand-in gsi-stand-in--filled_blue');
    expect(made.attributes['aria-label']).toBe('Continue with Google');
    expect(made.style['width']).toBe('240px');
    made.listeners['click']?.();
    const preventDefault = vi.fn();
    for (const key of ['Enter', ' ', 'a']) made.listeners['keydown']?.({ key, preventDefault });
    expect([pressed, open, preventDefault].map((mock) => mock.mock.calls.length)).toEqual([3, 3, 2]);
  });

  it('asks for the account in a popup, and believes that popup alone', () => {
    const callback = vi.fn();
    id.initialize({ client_id: 'c', nonce: 'n', callback });
    button({ state: 's' }).listeners['click']?.();
    expect(asked(open)).toEqual({ client_id: 'c', origin: 'http://localhost:8080', nonce: 'n', state: 's' });
    const origin = 'http://127.0.0.1:8081';
    receive({ origin: 'http://evil.example', source: popup, data: { credential: 'x' } });
    receive({ origin, source: {}, data: { credential: 'x' } });
    receive({ origin, source: popup, data: {} });
    expect(callback).not.toHaveBeenCalled();
    receive({ origin, source: popup, data: { credential: 't' } });
    receive({ origin, source: popup, data: { credential: 't' } });
    expect(callback.mock.calls).toEqual([[{ credential: 't', select_by: 'btn', state: 's' }]]);
  });

  it('goes to the chooser itself in redirect mode, with a token that it also sets as a cookie', () => {
    id.initialize({ client_id: 'c', ux_mode: 'redirect' });
    button().listeners['click']?.();
    const { g_csrf_token: token, ...others } = asked(assign);
    expect(others).toEqual({
      client_id: 'c',
      origin: 'http://localhost:8080',
      login_uri: 'http://localhost:8080/docs/',
    });
    expect(page.cookie).toBe(`g_csrf_token=${token}; path=/; SameSite=None; Secure`);
    assign.mockClear();
    id.initialize({ client_id: 'c', ux_mode: 'redirect', login_uri: 'http://localhost:8080/auth/session' });
    button().listeners['click']?.();
    expect(asked(assign)).toMatchObject({ login_uri: 'http://localhost:8080/auth/session', g_csrf_token: token });
  });

  it('says what is missing, and renders nothing', () => {
    expect(() => button()).toThrow('there is no button');
    id.initialize({});
    expect(errors.mock.calls.flat()).toEqual([
      '[GSI_LOGGER]: Failed to render button before calling initialize().',
      '[GSI_LOGGER]: client_id is required.',
    ]);
  });

  it('obeys the last call of initialize', () => {
    id.initialize({ client_id: 'first' });
    id.initialize({ client_id: 'second' });
    button().listeners['click']?.();
    expect(asked(open)['client_id']).toBe('second');
  });

  it('skips every prompt, and takes the rest without a word', () => {
    const moments: string[] = [];
    id.prompt((moment) => moments.push(`${moment.isSkippedMoment()} ${moment.getMomentType()}`));
    id.prompt();
    id.cancel();
    id.disableAutoSelect();
    const revoked = vi.fn();
    id.revoke('alice', revoked);
    expect([moments, revoked.mock.calls]).toEqual([['true skipped'], [[{ successful: true }]]]);
  });
});
