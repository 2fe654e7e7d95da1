/** Registers `<secure-login>`. Apps with a bundler import this. */
import { SecureLogin } from './login/secure-login.ts';

export type * from './login/secure-login-frameworks.ts';

// Two scripts, perhaps of two sites, may meet on one page; the first one stands.
if (!customElements.get('secure-login')) customElements.define('secure-login', SecureLogin);

declare global {
  interface HTMLElementTagNameMap {
    'secure-login': SecureLogin;
  }
}
