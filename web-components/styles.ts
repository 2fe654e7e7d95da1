/** Owns the look of `<secure-login>`: custom properties and parts. Colors follow the text color and `color-scheme` of the page around. */

// The section is as tall as the states that come next, so that nothing below it jumps. The provider's frame is light and would stand on a
// white patch in a dark page. In forced-colors mode the browser draws every border, the transparent one too.
export const styles = `
:host { display: block; max-width: 25rem; line-height: 1.5; --accent: var(--secure-login-accent, light-dark(#1a56c4, #8ab4f8)) }
:host([hidden]), [hidden] { display: none !important }
section { min-height: 8.75rem }
h2 { margin: 0 0 .25rem; font-size: 1.25em; line-height: 1.3; text-wrap: balance }
h2:focus { outline: 0 }
p { margin: 0; opacity: .8; overflow-wrap: anywhere }
[part=reference] { margin-top: 1rem; font-size: .8em }
div { display: flex; flex-wrap: wrap; gap: .75rem; margin-top: 1.25rem }
slot { display: block; flex: 1; min-height: 44px; min-width: 0; border-radius: 4px }
::slotted(*) { color-scheme: light }
.busy slot { background: color-mix(in srgb, currentcolor 9%, transparent); animation: wait 1.2s ease-in-out infinite alternate }
.busy ::slotted(*) { visibility: hidden }
@keyframes wait { to { opacity: .5 } }
@media (prefers-reduced-motion) { .busy slot { animation: none } }
button, a {
  box-sizing: border-box; min-height: 44px; padding: .5rem 1.125rem;
  border: 1px solid color-mix(in srgb, currentcolor 50%, transparent); border-radius: var(--secure-login-radius, 8px);
  background: none; color: inherit; font: inherit; font-weight: 550; line-height: 1.6; text-decoration: none; cursor: pointer;
}
[part~=main] { border-color: transparent; background: var(--accent); color: var(--secure-login-on-accent, light-dark(#fff, #10131a)) }
:disabled { opacity: .5; cursor: default }
:is(button, a):hover:enabled, a:hover { text-decoration: underline; text-underline-offset: .2em }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 3px }
`;
