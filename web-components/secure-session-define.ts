/** Registers `<secure-session>`; what an app imports that brings its own bundler. Holds no behavior of its own. */
import { SecureSession } from './secure-session.ts';

export type * from './secure-session-frameworks.ts';

// Two scripts, perhaps of two sites, may meet on one page; the first one stands.
if (!customElements.get('secure-session')) customElements.define('secure-session', SecureSession);

declare global {
  interface HTMLElementTagNameMap {
    'secure-session': SecureSession;
  }
}
