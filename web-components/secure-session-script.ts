/** Entry of the script-tag build of `<secure-session>`. */
// First: an element that stands in the page starts as soon as it is registered.
import './shared/script-origin.ts';
import './secure-session-define.ts';
