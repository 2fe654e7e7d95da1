/** Owns the shadow root of `<secure-login>`: draws its scenes, keeps the focus, tells of transitions. Decides no state. */
import { render } from 'lit/html.js';
import { styles } from './login-styles.ts';
import { SecureLoginStatusEvent, type Status } from './secure-login-events.ts';
import { draw, type Scene } from './view.ts';
import { checking } from './views.ts';

/** An element that shows one scene at a time. Drawn by Lit's renderer; LitElement would take a quarter of the module for eight attributes. */
export class SceneElement extends HTMLElement {
  #scene: Scene = checking;
  readonly #root = this.attachShadow({ mode: 'open' });

  constructor() {
    super();
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(styles);
    this.#root.adoptedStyleSheets = [sheet];
  }

  /** Where the element stands. */
  get status(): Status {
    return this.#scene.status;
  }

  /** true: the provider's button is there to be pressed. */
  protected get offers(): boolean | undefined {
    return this.#scene.offer;
  }

  protected show(scene: Scene): void {
    const previous = this.status;
    const { status } = scene;
    const focused = this.matches(':focus-within');
    this.#scene = scene;
    this.setAttribute('status', status);
    render(draw(scene), this.#root);
    if (previous === status) return;
    // The control that was used is gone; focus must not fall back to the top of the page.
    if (focused) this.#root.querySelector('h2')?.focus();
    this.dispatchEvent(new SecureLoginStatusEvent(status, previous));
  }
}
