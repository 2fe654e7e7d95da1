/** Registers `<secure-session>`. Apps with a bundler import this. */
import { SecureSession } from './session/secure-session.ts';

export type * from './session/secure-session-frameworks.ts';

// Two scripts, perhaps of two sites, may meet on one page; the first one stands.
if (!customElements.get('secure-session')) customElements.define('secure-session', SecureSession);

declare global {
  interface HTMLElementTagNameMap {
    'secure-session': SecureSession;
  }
}
