/** The attributes and events of `<secure-session>` as types for JSX and Vue. */
import type { InTemplate, JsxElement, JsxListeners, VueElement, VueListeners } from '../shared/framework-types.ts';
import type { SecureSession } from './secure-session.ts';

/** @public Every attribute of its own. */
export interface SecureSessionAttributes {
  api?: string | undefined;
}

/** @public In JSX, as React 19 passes attributes and events on. */
export interface SecureSessionJsx
  extends SecureSessionAttributes,
    JsxListeners<'secure-session'>,
    JsxElement<SecureSession> {}

/** @public In Vue's render functions. */
export interface SecureSessionVue extends SecureSessionAttributes, VueListeners<'secure-session'>, VueElement {}

// Neither framework must be installed: in declarations a missing module is not an error, and these comments are not
// in them.
// @ts-expect-error: it is not installed here
declare module 'react' {
  namespace JSX {
    interface IntrinsicElements {
      'secure-session': SecureSessionJsx;
    }
  }
}
// @ts-expect-error: it is not installed here
declare module 'vue' {
  interface GlobalComponents {
    'secure-session': new () => { $props: InTemplate<SecureSessionVue> };
  }
}
