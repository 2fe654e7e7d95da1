/** Owns the shadow root of `<secure-login>`: draws its views, keeps the focus, tells of transitions. Decides no state. */
import { render } from 'lit/html.js';
import { styles } from './login-styles.ts';
import { SecureLoginStatusEvent, type Status } from './secure-login-events.ts';
import { draw, type View } from './view.ts';
import { checking } from './views.ts';

/** An element that shows one view at a time. Drawn by Lit's renderer; LitElement would take a quarter of the module for eight attributes. */
export class ViewElement extends HTMLElement {
  #view: View = checking;
  readonly #root = this.attachShadow({ mode: 'open' });

  constructor() {
    super();
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(styles);
    this.#root.adoptedStyleSheets = [sheet];
  }

  /** Where the element stands. */
  get status(): Status {
    return this.#view.status;
  }

  /** true: the provider's button is there to be pressed. */
  protected get offers(): boolean | undefined {
    return this.#view.offer;
  }

  protected show(view: View): void {
    const previous = this.status;
    const { status } = view;
    const focused = this.matches(':focus-within');
    this.#view = view;
    this.setAttribute('status', status);
    render(draw(view), this.#root);
    if (previous === status) return;
    // The control that was used is gone; focus must not fall back to the top of the page.
    if (focused) this.#root.querySelector('h2')?.focus();
    this.dispatchEvent(new SecureLoginStatusEvent(status, previous));
  }
}
