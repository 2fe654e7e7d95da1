/**
 * Replaces https://accounts.google.com/gsi/client in the page: the same global API, as far as sign-in buttons and One
 * Tap need it.
 * @see https://developers.google.com/identity/gsi/web/reference/js-reference
 */
(() => {
  const self = document.currentScript;
  const origin = new URL(self.src).origin;

  // Google's script also copies the nonce of its own tag. A style-src without that nonce reports a violation.
  const style = document.createElement('style');
  if (self.nonce) style.nonce = self.nonce;
  style.textContent = `
.gsi-stand-in { box-sizing: border-box; display: inline-flex; align-items: center; justify-content: center; gap: 12px;
  height: 40px; min-width: 200px; max-width: 400px; padding: 0 16px; border: 1px solid #747775; border-radius: 4px;
  background: #fff; color: #1f1f1f; font: 500 14px/1 Roboto, Arial, sans-serif; letter-spacing: .25px;
  white-space: nowrap; cursor: pointer; user-select: none; }
.gsi-stand-in:hover { background: #f2f5fa; }
.gsi-stand-in:focus-visible { outline: 2px solid #0b57d0; outline-offset: 2px; }
.gsi-stand-in svg { flex: none; width: 18px; height: 18px; }
.gsi-stand-in--filled_blue { background: #1a73e8; border-color: #1a73e8; color: #fff; }
.gsi-stand-in--filled_blue:hover { background: #1765cc; }
.gsi-stand-in--filled_black { background: #131314; border-color: #8e918f; color: #e3e3e3; }
.gsi-stand-in--filled_black:hover { background: #2a2b2e; }
.gsi-stand-in--filled_blue svg, .gsi-stand-in--filled_black svg { padding: 3px; border-radius: 3px; background: #fff; }
.gsi-stand-in--medium { height: 32px; }
.gsi-stand-in--small { height: 20px; min-width: 0; font-size: 11px; }
.gsi-stand-in--pill, .gsi-stand-in--circle { border-radius: 20px; }
.gsi-stand-in--icon { width: 40px; min-width: 0; padding: 0; }
.gsi-stand-in--icon span { display: none; }
.gsi-stand-in-one-tap { box-sizing: border-box; position: fixed; z-index: 9999; top: 20px; right: 20px; width: 390px;
  max-width: calc(100vw - 40px); max-height: calc(100vh - 40px); border: 1px solid #747775; border-radius: 12px;
  box-shadow: 0 4px 16px #0003; }`;
  document.head.append(style);

  const labels = {
    signin_with: 'Sign in with Google',
    signup_with: 'Sign up with Google',
    continue_with: 'Continue with Google',
    signin: 'Sign in',
  };
  // One for the whole page, and the last call wins, as in Google's script.
  let settings;

  function csrfToken() {
    const before = /(?:^|; )g_csrf_token=([^;]*)/.exec(document.cookie)?.[1];
    const value = before ?? crypto.randomUUID().replaceAll('-', '');
    // biome-ignore lint/suspicious/noDocumentCookie: the double-submit cookie that Google's script sets
    document.cookie = `g_csrf_token=${value}; path=/; SameSite=None; Secure`;
    return value;
  }

  // Google keeps this in the cookie as plain JSON: how often One Tap was closed in a row, until when it stays hidden
  // for that, and (here true, at Google a time) that someone signed out who must not be signed in automatically. A
  // sign-in by hand ends all three.
  function readState() {
    try {
      return JSON.parse(/(?:^|; )g_state=([^;]*)/.exec(document.cookie)?.[1]);
    } catch {
      return {};
    }
  }
  function writeState(state) {
    // biome-ignore lint/suspicious/noDocumentCookie: Google's script writes it this way
    document.cookie = `g_state=${JSON.stringify(state)}; path=/; max-age=15552000; SameSite=Lax`;
  }
  function signedInByHand() {
    if (/(?:^|; )g_state=/.test(document.cookie)) writeState({ i_l: 0 });
  }

  function choose({ state }) {
    const { client_id, nonce, ux_mode, login_uri, callback } = settings;
    const parameters = new URLSearchParams({ client_id, origin: location.origin });
    if (nonce !== undefined) parameters.set('nonce', nonce);
    if (state !== undefined) parameters.set('state', state);
    if (ux_mode === 'redirect') {
      parameters.set('login_uri', login_uri ?? location.href.replace(/[?#].*/, ''));
      parameters.set('g_csrf_token', csrfToken());
      // This page does not learn the result.
      signedInByHand();
      location.assign(`${origin}/gsi/select?${parameters}`);
      return;
    }
    const popup = window.open(`${origin}/gsi/select?${parameters}`, 'gsi-stand-in', 'popup,width=480,height=700');
    const receive = (event) => {
      if (event.origin !== origin || event.source !== popup || typeof event.data?.credential !== 'string') return;
      removeEventListener('message', receive);
      signedInByHand();
      callback?.({ credential: event.data.credential, select_by: 'btn', ...(state !== undefined && { state }) });
    };
    addEventListener('message', receive);
  }

  function logo() {
    const namespace = 'http://www.w3.org/2000/svg';
    const svg = document.createElementNS(namespace, 'svg');
    svg.setAttribute('viewBox', '0 0 18 18');
    svg.setAttribute('aria-hidden', 'true');
    for (const [color, path] of [
      ['#4285f4', 'M17.2 9.2q0-.9-.1-1.7H9v3.3h4.6a4 4 0 0 1-1.7 2.6v2.1h2.7a8.3 8.3 0 0 0 2.6-6.3z'],
      ['#34a853', 'M9 17.6a8.2 8.2 0 0 0 5.7-2.1L12 13.4a5.1 5.1 0 0 1-7.7-2.7H1.5v2.2A8.6 8.6 0 0 0 9 17.6z'],
      ['#fbbc05', 'M4.3 10.7a5.2 5.2 0 0 1 0-3.3V5.2H1.5a8.6 8.6 0 0 0 0 7.7z'],
      ['#ea4335', 'M9 3.9q1.9 0 3.3 1.3l2.4-2.4A8.6 8.6 0 0 0 1.5 5.2l2.8 2.2A5.1 5.1 0 0 1 9 3.9z'],
    ]) {
      const shape = document.createElementNS(namespace, 'path');
      shape.setAttribute('fill', color);
      shape.setAttribute('d', path);
      svg.append(shape);
    }
    return svg;
  }

  function renderButton(parent, options = {}) {
    if (settings === undefined) {
      console.error('[GSI_LOGGER]: Failed to render button before calling initialize().');
      return;
    }
    const button = document.createElement('div');
    const variants = [options.theme, options.size, options.shape, options.type].filter(Boolean);
    button.className = ['gsi-stand-in', ...variants.map((variant) => `gsi-stand-in--${variant}`)].join(' ');
    button.setAttribute('role', 'button');
    button.tabIndex = 0;
    const label = document.createElement('span');
    label.textContent = labels[options.text] ?? labels.signin_with;
    button.setAttribute('aria-label', label.textContent);
    if (options.width !== undefined) button.style.width = `${Number.parseInt(options.width, 10)}px`;
    button.append(logo(), label);
    const press = () => {
      options.click_listener?.();
      choose(options);
    };
    button.addEventListener('click', press);
    button.addEventListener('keydown', (event) => {
      if (event.key !== 'Enter' && event.key !== ' ') return;
      event.preventDefault();
      press();
    });
    const container = document.createElement('div');
    container.append(button);
    parent.replaceChildren(container);
  }

  const moment = (type, reason) => ({
    isDisplayMoment: () => type === 'display',
    isSkippedMoment: () => type === 'skipped',
    isDismissedMoment: () => type === 'dismissed',
    getDismissedReason: () => (type === 'dismissed' ? reason : undefined),
    getMomentType: () => type,
  });

  const hourMs = 3_600_000;
  /** How long One Tap stays hidden after it was closed once, twice, three times, or more often in a row. */
  const coolDownsMs = [2 * hourMs, 24 * hourMs, 7 * 24 * hourMs, 28 * 24 * hourMs];
  /** Removes One Tap, if it is shown. The arguments are the kind of moment and its reason. */
  let endOneTap = (_type, _reason) => {};

  function prompt(listener) {
    if (settings === undefined) {
      console.error('[GSI_LOGGER]: Failed to prompt before calling initialize().');
      return;
    }
    endOneTap('dismissed', 'flow_restarted');
    const { i_p: quietUntil = 0, i_t: left = false } = readState();
    if (Date.now() < quietUntil) {
      listener?.(moment('skipped'));
      return;
    }
    const { client_id, nonce, auto_select, callback } = settings;
    const parameters = new URLSearchParams({ client_id, origin: location.origin });
    if (nonce !== undefined) parameters.set('nonce', nonce);
    if (auto_select === true && !left) parameters.set('auto_select', 'true');
    const frame = document.createElement('iframe');
    frame.className = 'gsi-stand-in-one-tap';
    frame.title = 'One Tap of the stand-in';
    frame.hidden = true;
    frame.src = `${origin}/gsi/iframe/select?${parameters}`;
    const outside = () => {
      if (!frame.hidden) endOneTap('skipped', 'tap_outside');
    };
    const receive = ({ origin: from, source, data }) => {
      if (from !== origin || source !== frame.contentWindow) return;
      if (typeof data?.credential === 'string') {
        if (data.selectBy !== 'auto') signedInByHand();
        endOneTap('dismissed', 'credential_returned');
        callback?.({ credential: data.credential, select_by: data.selectBy });
      } else if (data?.oneTap === 'shown') {
        frame.style.height = `${Number(data.height) + 2}px`;
        frame.hidden = false;
      } else if (data?.oneTap === 'closed') {
        const { i_l: times = 0, ...rest } = readState();
        const coolDownMs = coolDownsMs[Math.min(times, coolDownsMs.length - 1)];
        writeState({ ...rest, i_l: times + 1, i_p: Date.now() + coolDownMs });
        endOneTap('skipped', 'user_cancel');
      } else if (data?.oneTap === 'skipped') endOneTap('skipped');
    };
    endOneTap = (type, reason) => {
      endOneTap = () => {};
      removeEventListener('message', receive);
      removeEventListener('pointerdown', outside);
      frame.remove();
      listener?.(moment(type, reason));
    };
    addEventListener('message', receive);
    addEventListener('pointerdown', outside);
    document.body.append(frame);
  }

  const id = {
    initialize(next) {
      if (typeof next?.client_id === 'string') settings = next;
      else console.error('[GSI_LOGGER]: client_id is required.');
    },
    renderButton,
    prompt,
    cancel: () => endOneTap('dismissed', 'cancel_called'),
    disableAutoSelect: () => writeState({ ...readState(), i_t: true }),
    revoke: (_hint, done) => done?.({ successful: true }),
  };
  window.google = { ...window.google, accounts: { ...window.google?.accounts, id } };
  window.onGoogleLibraryLoad?.();
})();
