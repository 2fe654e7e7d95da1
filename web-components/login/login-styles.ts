/** The styles of `<secure-login>`. Colors follow the text color and the `color-scheme` of the page. */

// The section is as tall as the next states, so that nothing below it jumps. The main action has the place and size of
// the provider's button. That button's frame is light and would have a white patch around it in a dark page; its width
// is in pixels and must not keep a zoomed page wide. The texts are English on any page: `plaintext` keeps their periods
// at the end in a right-to-left page. In forced-colors mode the browser draws every border and outline, also
// transparent ones.
export const styles = `
:host { display: block; max-width: 25rem; line-height: 1.5;
  --_accent: var(--secure-login-accent, light-dark(#1a56c4, #8ab4f8)) }
:host([hidden]), [hidden] { display: none !important }
section { min-height: 8.75rem }
section:dir(rtl) { text-align: right }
h2, p { margin: 0; unicode-bidi: plaintext; overflow-wrap: anywhere }
h2 { margin-bottom: .375rem; font-size: 1.25em; line-height: 1.3; text-wrap: balance; &:focus { outline: 0 } }
p { opacity: .8 }
:host(:is([status=denied], [status=failed], [status=looping])) h2 { display: flex; gap: .5em;
  &::before { content: "!" / ""; flex: 0 0 1.3em; height: 1.3em; border-radius: 50%; text-align: center;
  background: light-dark(#b3261e, #f2b8b5); color: light-dark(#fff, #410e0b) } }
[part=reference] { margin-top: 1rem; font-size: .8em }
small { display: block; width: 100%; font-weight: 400; text-align: center }
div { display: flex; flex-wrap: wrap; gap: .75rem; margin-top: 1.25rem }
slot { display: block; flex: 1; contain: inline-size }
slot, ::slotted(*) { min-height: 44px; border-radius: 4px; color-scheme: light }
.busy ::slotted(*) { visibility: hidden }
.busy slot, ::slotted(:empty) { outline: 1px solid #0000; background: #8883;
  animation: wait 1.2s ease-in-out infinite alternate }
@keyframes wait { to { opacity: .5 } }
@media (prefers-reduced-motion) { .busy slot, ::slotted(:empty) { animation: none } }
button, a { flex: auto; box-sizing: border-box; min-height: 44px; padding: .5rem .75rem;
  border: 1px solid color-mix(in srgb, currentcolor 50%, #0000); border-radius: var(--secure-login-radius, 8px);
  background: none; color: inherit; font: inherit; font-weight: 550; line-height: 1.6; text-align: center;
  text-decoration: none; cursor: pointer }
[part~=main] { flex-basis: 100%; border-color: #0000; background: var(--_accent);
  color: var(--secure-login-on-accent, light-dark(#fff, #10131a)) }
:disabled { opacity: .5; cursor: default }
button:enabled:hover, a:hover { text-decoration: underline }
:focus-visible { outline: 2px solid var(--_accent); outline-offset: 3px }
@media (forced-colors: active) { p, :disabled { opacity: 1 } }
`;
