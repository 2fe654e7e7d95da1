/**
 * Asks a refused account why it needs access. A script of its own, loaded by the few who may ask. It uses plain DOM and
 * nothing that `<secure-login>` has loaded.
 */
import {
  type AccessRequestAnswer,
  type AccessRequestStatus,
  accessRequestsPath,
  maximumReasonLength,
  type Problem,
  type ProblemCode,
} from '../../contract/session-api.ts';
import * as words from '../words/en/access-request.ts';
import { language } from '../words/en/language.ts';

/** Longest wait for an answer, in milliseconds. */
const timeoutMs = 15_000;

const styles = `
[part=request] { min-height: 0 }
form { display: grid; gap: .5rem; margin-top: 1.25rem; unicode-bidi: plaintext }
label { opacity: .8 }
textarea {
  box-sizing: border-box; width: 100%; min-height: 5.5rem; padding: .5rem .75rem; resize: vertical;
  border: 1px solid color-mix(in srgb, currentcolor 50%, #0000); border-radius: var(--secure-login-radius, 8px);
  background: none; color: inherit; font: inherit;
}
[part=request-message] { margin-top: .75rem }
[part=request-message]:empty { display: none }
[part=request-message]:focus { outline: 0 }
@media (forced-colors: active) { label { opacity: 1 } }
`;

/** What the person reads when a request was not sent, and whether they can send it again. */
interface Failure {
  readonly why: string;
  readonly again: boolean;
}

const failed: Failure = { why: words.failed, again: true };
const tooOld: Failure = { why: words.signInFirst, again: false };

/** Complete: a new code of the API does not compile without an entry. */
const failures: Record<ProblemCode, Failure> = {
  invalid_request: failed,
  invalid_token: tooOld,
  access_denied: { why: words.mayNotAsk, again: false },
  sign_in_expired: tooOld,
  session_expired: failed,
  too_many_requests: { why: words.tooMany, again: true },
  temporarily_unavailable: failed,
  server_error: failed,
};

/** `secure-login-access-requested`: the person asked for access, and this is where their request stands. */
export class SecureLoginAccessRequestedEvent extends Event {
  readonly request: AccessRequestStatus;

  constructor(request: AccessRequestStatus) {
    super('secure-login-access-requested', { bubbles: true, composed: true });
    this.request = request;
  }
}

/** Where the request stands, or why it was not sent. */
async function send(api: string, idToken: string, reason: string): Promise<AccessRequestStatus | Failure> {
  try {
    const response = await fetch(new URL(accessRequestsPath, api).href, {
      method: 'POST',
      credentials: 'include',
      cache: 'no-store',
      signal: AbortSignal.timeout(timeoutMs),
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ idToken, reason }),
    });
    const content = (await response.json()) as Partial<AccessRequestAnswer & Problem>;
    const { status, code = 'server_error' } = content as { status?: AccessRequestStatus; code?: ProblemCode };
    if (response.ok && status !== undefined && Object.hasOwn(words.answers, status)) return status;
    return Object.hasOwn(failures, code) ? failures[code] : failed;
  } catch {
    return failed;
  }
}

/** What takes the question of an element away. */
const ends = new WeakMap<HTMLElement, () => void>();

/**
 * Adds the question to a `<secure-login>` that shows a refusal, until it shows something else.
 *
 * @internal
 */
export function offer(element: HTMLElement, api: string, idToken: string): void {
  const root = element.shadowRoot;
  // Meanwhile the viewer may have gone on.
  if (!root || element.getAttribute('status') !== 'denied') return;
  ends.get(element)?.();

  const sheet = new CSSStyleSheet();
  sheet.replaceSync(styles);
  const make = <Name extends keyof HTMLElementTagNameMap>(
    name: Name,
    set: Partial<HTMLElementTagNameMap[Name]>,
    part?: string,
  ): HTMLElementTagNameMap[Name] => {
    const made = Object.assign(document.createElement(name), set);
    if (part) made.setAttribute('part', part);
    return made;
  };
  const label = make('label', { htmlFor: 'reason', textContent: words.question });
  const reason = make('textarea', { id: 'reason', maxLength: maximumReasonLength, rows: 3 }, 'reason');
  const button = make('button', { type: 'submit', textContent: words.ask }, 'action');
  const message = make('p', { tabIndex: -1 }, 'request-message');
  message.setAttribute('role', 'status');
  const form = make('form', {}, 'request-form');
  form.append(label, reason, button);
  const whole = make('section', { lang: language }, 'request');
  whole.setAttribute('aria-label', words.ask);
  whole.append(form, message);

  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    if (button.disabled) return;
    button.disabled = true;
    message.textContent = words.sending;
    const { value } = reason;
    const answer = await send(api, idToken, value);
    button.disabled = false;
    const isSent = typeof answer === 'string';
    message.textContent = isSent ? words.answers[answer] : answer.why;
    if (isSent) element.dispatchEvent(new SecureLoginAccessRequestedEvent(answer));
    else if (answer.again) return;
    // The control that was used is gone; focus must not fall back to the top of the page.
    const focused = whole.contains(root.activeElement);
    form.remove();
    if (focused) message.focus();
  });

  const end = (): void => {
    whole.remove();
    root.adoptedStyleSheets = root.adoptedStyleSheets.filter((other) => other !== sheet);
    element.removeEventListener('secure-login-status', end);
    ends.delete(element);
  };
  ends.set(element, end);
  element.addEventListener('secure-login-status', end);
  root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet];
  root.append(whole);
}

declare global {
  interface HTMLElementEventMap {
    'secure-login-access-requested': SecureLoginAccessRequestedEvent;
  }
}
