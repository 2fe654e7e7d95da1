import { beforeEach, describe, expect, it, vi } from 'vitest';

// Just enough of a document for the script. The conformance tests run it in a real browser.
interface Node {
  readonly tag: string;
  readonly attributes: Record<string, string>;
  readonly style: Record<string, string>;
  readonly children: Node[];
  readonly listeners: Record<string, (event?: object) => void>;
  textContent?: string;
  className?: string;
  nonce?: string;
  src?: string;
  hidden?: boolean;
  remove(): void;
  /** The window of a frame. */
  readonly contentWindow: object;
}
/** The children of the page's body. */
const body = new Set<Node>();
const createElement = (tag: string): Node => {
  const node = { tag, attributes: {}, style: {}, children: [] as Node[], listeners: {}, contentWindow: {} };
  return Object.assign(node, {
    remove() {
      body.delete(this as unknown as Node);
    },
    setAttribute: (name: string, value: string) => Object.assign(node.attributes, { [name]: value }),
    append: (...children: Node[]) => node.children.push(...children),
    replaceChildren: (...children: Node[]) => node.children.splice(0, node.children.length, ...children),
    addEventListener: (type: string, listener: () => void) => Object.assign(node.listeners, { [type]: listener }),
  });
};

interface Moment {
  isSkippedMoment(): boolean;
  getMomentType(): string;
  getDismissedReason(): string | undefined;
}
interface GoogleId {
  initialize(settings: object): void;
  renderButton(parent: Node, options?: object): void;
  prompt(listener?: (moment: Moment) => void): void;
  cancel(): void;
  disableAutoSelect(): void;
  revoke(hint: string, done: (result: object) => void): void;
}
let head: Node;
let id: GoogleId;
const listeners = new Map<string, Set<(event: object) => void>>();
const listenersTo = (type: string): Set<(event: object) => void> => {
  const known = listeners.get(type) ?? new Set();
  listeners.set(type, known);
  return known;
};
const errors = vi.fn();
const popup = {};
const open = vi.fn((_url: string) => popup);
const assign = vi.fn((_url: string) => undefined);
const page = { cookie: '' };

beforeEach(async () => {
  vi.resetModules();
  for (const mock of [errors, open, assign]) mock.mockClear();
  listeners.clear();
  body.clear();
  page.cookie = '';
  head = createElement('head');
  const window = { open } as { open: typeof open; google?: { accounts: { id: GoogleId } } };
  const document = {
    currentScript: { src: 'http://127.0.0.1:8081/gsi/client', nonce: 'n0' },
    head,
    body: { append: (node: Node) => body.add(node) },
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
    addEventListener: (type: string, listener: () => void) => listenersTo(type).add(listener),
    removeEventListener: (type: string, listener: () => void) => listenersTo(type).delete(listener),
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
const happens = (type: string, event: object): void => {
  for (const listener of [...listenersTo(type)]) listener(event);
};
const receive = (event: object): void => happens('message', event);

describe('the script of the stand-in', () => {
  it('adds a style with the nonce of its own tag', () => {
    expect(head.children).toMatchObject([{ tag: 'style', nonce: 'n0' }]);
  });

  it('renders a button that works by mouse and keyboard', () => {
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

  it('asks for the account in a popup, and accepts an answer from that popup only', () => {
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

  it('reports what is missing, and renders nothing', () => {
    expect(() => button()).toThrow('there is no button');
    id.initialize({});
    expect(errors.mock.calls.flat()).toEqual([
      '[GSI_LOGGER]: Failed to render button before calling initialize().',
      '[GSI_LOGGER]: client_id is required.',
    ]);
  });

  it('uses the last call of initialize', () => {
    id.initialize({ client_id: 'first' });
    id.initialize({ client_id: 'second' });
    button().listeners['click']?.();
    expect(asked(open)['client_id']).toBe('second');
  });

  it('reports that a consent is withdrawn', () => {
    const revoked = vi.fn();
    id.revoke('alice', revoked);
    expect(revoked.mock.calls).toEqual([[{ successful: true }]]);
  });
});

describe('One Tap', () => {
  const origin = 'http://127.0.0.1:8081';
  const callback = vi.fn();
  const moments: (string | undefined)[] = [];
  beforeEach(() => {
    callback.mockClear();
    moments.length = 0;
    return () => vi.useRealTimers();
  });
  const prompt = (settings: object = {}): Node | undefined => {
    id.initialize({ client_id: 'c', nonce: 'n', callback, ...settings });
    id.prompt((moment) => moments.push(moment.getMomentType(), moment.getDismissedReason()));
    return frame();
  };
  const frame = (): Node | undefined => [...body].at(-1);
  const parameters = (): Record<string, string> => Object.fromEntries(new URL(frame()?.src ?? '').searchParams);
  const tell = (data: object, change: object = {}): void =>
    receive({ origin, source: frame()?.contentWindow, data, ...change });
  const shown = { oneTap: 'shown', height: 200 };

  it('reports what is missing, and creates no frame', () => {
    id.prompt();
    expect(errors.mock.calls.flat()).toEqual(['[GSI_LOGGER]: Failed to prompt before calling initialize().']);
    expect(body.size).toBe(0);
  });

  it('is a frame of the stand-in, hidden until there is something to show', () => {
    const made = prompt();
    expect(made).toMatchObject({ tag: 'iframe', hidden: true });
    expect(made?.src).toMatch(`${origin}/gsi/iframe/select?`);
    expect(parameters()).toEqual({ client_id: 'c', origin: 'http://localhost:8080', nonce: 'n' });
    tell(shown);
    expect(made).toMatchObject({ hidden: false, style: { height: '202px' } });
    expect(moments).toEqual([]);
  });

  it('is skipped if nobody is signed in at the stand-in', () => {
    prompt();
    tell({ oneTap: 'skipped' });
    expect([moments, body.size]).toEqual([['skipped', undefined], 0]);
  });

  it('passes on what its own frame says, once, and ignores all others', () => {
    prompt();
    tell({ credential: 'x' }, { origin: 'http://evil.example' });
    tell({ credential: 'x' }, { source: {} });
    expect(callback).not.toHaveBeenCalled();
    tell({ credential: 't', selectBy: 'user' });
    tell({ credential: 't', selectBy: 'user' });
    expect(callback.mock.calls).toEqual([[{ credential: 't', select_by: 'user' }]]);
    expect([moments, body.size]).toEqual([['dismissed', 'credential_returned'], 0]);
  });

  it('goes away if it is canceled, requested again, or if the user presses outside it', () => {
    prompt();
    prompt();
    expect([moments, body.size]).toEqual([['dismissed', 'flow_restarted'], 1]);
    happens('pointerdown', {});
    expect(body.size).toBe(1);
    tell(shown);
    happens('pointerdown', {});
    expect(moments.slice(2)).toEqual(['skipped', undefined]);
    prompt();
    id.cancel();
    expect(moments.slice(4)).toEqual(['dismissed', 'cancel_called']);
    expect([body.size, page.cookie]).toEqual([0, '']);
  });

  it.each([
    [1, 2],
    [2, 24],
    [3, 7 * 24],
    [4, 28 * 24],
    [5, 28 * 24],
  ])('stays hidden after being closed %i times in a row for %i hours', (times, hours) => {
    vi.useFakeTimers({ now: 1_800_000_000_000 });
    page.cookie = `g_state={"i_l":${times - 1}}`;
    prompt();
    tell({ oneTap: 'closed' });
    expect(moments.splice(0)).toEqual(['skipped', undefined]);
    page.cookie = page.cookie.replace(/;.*/, '');
    vi.advanceTimersByTime(hours * 3_600_000 - 1);
    expect([prompt(), moments]).toEqual([undefined, ['skipped', undefined]]);
    vi.advanceTimersByTime(1);
    expect(prompt()).toMatchObject({ tag: 'iframe' });
  });

  it('signs nobody in without a click after disableAutoSelect, until they sign in by hand', () => {
    const auto = { auto_select: true };
    prompt(auto);
    expect(parameters()['auto_select']).toBe('true');
    id.disableAutoSelect();
    prompt(auto);
    expect(parameters()).not.toHaveProperty('auto_select');
    tell({ credential: 't', selectBy: 'auto' });
    prompt(auto);
    expect(parameters()).not.toHaveProperty('auto_select');
    tell({ credential: 't', selectBy: 'user' });
    prompt(auto);
    expect(parameters()['auto_select']).toBe('true');
  });

  it('starts over after a sign-in by the button', () => {
    page.cookie = `g_state={"i_l":3,"i_p":${Date.now() + 1000},"i_t":true}`;
    expect(prompt({ auto_select: true })).toBeUndefined();
    button().listeners['click']?.();
    receive({ origin, source: popup, data: { credential: 't' } });
    expect(page.cookie).toMatch(/^g_state=\{"i_l":0\};/);
    prompt({ auto_select: true });
    expect(parameters()['auto_select']).toBe('true');
  });

  it('ignores a cookie that is not its own', () => {
    page.cookie = 'g_state=nonsense';
    expect(prompt()).toMatchObject({ tag: 'iframe' });
  });
});
