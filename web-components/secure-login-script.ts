/** Entry of the script-tag build of `<secure-login>`. */
// First, because an element that is in the page already starts as soon as it is registered.
import './shared/script-origin.ts';
import './secure-login-define.ts';
