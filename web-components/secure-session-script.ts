/** Entry of the script-tag build of `<secure-session>`. */
// First, because an element that is in the page already starts as soon as it is registered.
import './shared/script-origin.ts';
import './secure-session-define.ts';
