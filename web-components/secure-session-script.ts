/** The entry of the script-tag build. Holds no behavior of its own. */
// First: an element that stands in the page starts as soon as it is registered.
import './shared/script-origin.ts';
import './secure-session-define.ts';
