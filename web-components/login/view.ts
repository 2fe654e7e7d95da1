/** One view of `<secure-login>`: heading, message, the place of the provider's button, and actions. */
import { html, nothing, type TemplateResult } from 'lit';
import type { UserPoolOffer } from '../../contract/session-api.ts';
import { language } from '../words/en/language.ts';
import { lastTime, reference } from '../words/en/login.ts';
import type { Status } from './secure-login-events.ts';

/** What a viewer can ask the flow for: name and arguments. */
export type Command =
  | readonly ['start', notice?: string, left?: boolean]
  | readonly ['signOut', another?: boolean]
  | readonly ['signIn', idToken: string]
  | readonly ['enter', pool: UserPoolOffer]
  | readonly ['reload'];

/** A button (its command) or a link (its URL). `last`: the viewer signed in with it the last time. */
export type Action = readonly [label: string, act: Command | string, last?: boolean];

export interface View {
  readonly status: Status;
  readonly heading: string;
  readonly text: string;
  /** The first one is the main one, unless all is well and it only leads away. */
  readonly actions?: readonly Action[];
  /** The API's request ID. */
  readonly requestId?: string | undefined;
  /** true: the provider's button is there to be pressed. */
  readonly offer?: boolean | undefined;
  /** true: that button was used the last time. */
  readonly last?: boolean | undefined;
  /** true: the actions cannot be used yet. */
  readonly waiting?: boolean;
}

const usedLast = html`<small part="last">${lastTime}</small>`;

/**
 * The content of the shadow root. Heading and message are always the same nodes: the message is a live region that is
 * announced once per change, and the heading takes the focus when the control that had it disappears.
 */
export function draw(
  { status, heading, text, actions = [], requestId, offer, last, waiting }: View,
  send: (command: Command) => unknown,
): TemplateResult {
  const busy = status === 'checking' || status === 'signing-in';
  return html`<section part="region" lang=${language} aria-labelledby="h">
    <h2 id="h" part="heading" tabindex="-1">${heading}</h2>
    <p part="message" role="status">${text}</p>
    <div part="provider" class=${busy ? 'busy' : nothing} ?hidden=${!busy && !offer}>
      <slot name="provider"></slot>
      ${last ? usedLast : ''}
    </div>
    <div part="actions" ?hidden=${!actions.length}>
      ${actions.map(([label, act, recent], index) => {
        const isLink = typeof act === 'string';
        const part = index || offer || (status === 'signed-in' && !isLink) ? 'action' : 'action main';
        return isLink
          ? html`<a part=${part} href=${act} target="_top">${label}</a>`
          : html`<button type="button" part=${part} ?disabled=${waiting} @click=${() => send(act)}
              >${label}${recent ? usedLast : ''}</button>`;
      })}
    </div>
    ${requestId ? html`<p part="reference">${reference} ${requestId}</p>` : nothing}
  </section>`;
}
