/**
 * The styles of `<secure-session>`: one line, as high as its button. Its custom properties default to those of
 * `<secure-login>`.
 */
export const styles = `
:host {
  display: block;
  line-height: 1.5;
  --_accent: var(--secure-session-accent, var(--secure-login-accent, light-dark(#1a56c4, #8ab4f8)));
}
:host([hidden]), [hidden] { display: none !important }
section { display: flex; flex-wrap: wrap; align-items: center; gap: .25rem .75rem; min-height: 2.25rem }
p { margin: 0; unicode-bidi: plaintext; overflow-wrap: anywhere }
p:empty { position: absolute }
:host([status=expired]) p::before, :host([status=expiring]) p::before {
  content: "!" / ""; display: inline-block; width: 1.3em; margin-inline-end: .5em; border-radius: 50%;
  line-height: 1.3; font-weight: 700;
  text-align: center; background: light-dark(#b3261e, #f2b8b5); color: light-dark(#fff, #410e0b);
}
button, a {
  box-sizing: border-box; min-height: 2.25rem; padding: .25rem .75rem;
  border: 1px solid color-mix(in srgb, currentcolor 50%, #0000);
  border-radius: var(--secure-session-radius, var(--secure-login-radius, 8px)); background: none; color: inherit;
  font: inherit; font-weight: 550;
  text-decoration: none; cursor: pointer;
}
[part~=main] {
  border-color: #0000; background: var(--_accent);
  color: var(--secure-session-on-accent, var(--secure-login-on-accent, light-dark(#fff, #10131a)));
}
:disabled { opacity: .5; cursor: default }
button:enabled:hover, a:hover { text-decoration: underline }
:focus-visible { outline: 2px solid var(--_accent); outline-offset: 3px }
`;
