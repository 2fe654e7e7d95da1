/** Registers `<secure-login>`; the entry of the script-tag build. Holds no behavior of its own. */
import { SecureLogin } from './secure-login.ts';

// A page on another origin talks to the site that its module came from.
const { origin, protocol } = new URL(import.meta.url);
if (protocol === 'https:' || protocol === 'http:') SecureLogin.defaultApi = origin;

// Two script tags, perhaps of two sites, may meet on one page; the first one stands.
if (!customElements.get('secure-login')) customElements.define('secure-login', SecureLogin);

declare global {
  interface HTMLElementTagNameMap {
    'secure-login': SecureLogin;
  }
}
