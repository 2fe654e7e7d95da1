/** Owns the picture of one moment of `<secure-login>`: heading, message, the provider's place, actions. Knows no session. */
import { html, nothing, type TemplateResult } from 'lit/html.js';
import { language } from '../words/en/language.ts';
import { lastTime, reference } from '../words/en/login.ts';
import type { Status } from './secure-login-events.ts';

/** A button (what it does) or a link (where it leads). `last`: signed in with the last time. */
export type Action = readonly [label: string, act: (() => unknown) | string, last?: boolean];

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
  /** true: the actions are of no use yet. */
  readonly waiting?: boolean;
}

const usedLast = html`<small part="last">${lastTime}</small>`;

/**
 * The content of the shadow root. Heading and message stay the same nodes throughout: the message is a live region and is announced once a
 * change, the heading takes the focus when the control that had it goes.
 */
export function draw({ status, heading, text, actions = [], requestId, offer, last, waiting }: View): TemplateResult {
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
        const part = index || offer || (status === 'signed-in' && act instanceof Function) ? 'action' : 'action main';
        return typeof act === 'string'
          ? html`<a part=${part} href=${act} target="_top">${label}</a>`
          : html`<button type="button" part=${part} ?disabled=${waiting} @click=${act}>${label}${recent ? usedLast : ''}</button>`;
      })}
    </div>
    ${requestId ? html`<p part="reference">${reference} ${requestId}</p>` : nothing}
  </section>`;
}
