/** The attributes and events of `<secure-login>` as types for JSX and Vue. */
import type {
  InTemplate,
  JsxElement,
  JsxListeners,
  JsxSwitch,
  VueElement,
  VueListeners,
  VueSwitch,
} from '../shared/framework-types.ts';
import type { SecureLogin } from './secure-login.ts';

/** @public So that these types declare its event too: the script that fires it is loaded on demand only. */
export type { SecureLoginAccessRequestedEvent } from './access-request.ts';

/** @public Every attribute of its own. `Switch`: of those that are there or not. */
export interface SecureLoginAttributes<Switch> {
  api?: string | undefined;
  'after-sign-in'?: 'stay' | 'return' | undefined;
  'denied-url'?: string | undefined;
  provider?: 'google' | 'cognitoUserPool' | undefined;
  'ux-mode'?: 'popup' | 'redirect' | undefined;
  'one-tap'?: Switch | undefined;
  'auto-sign-in'?: Switch | undefined;
  locale?: string | undefined;
}

/** @public In JSX, as React 19 passes attributes and events on. */
export interface SecureLoginJsx
  extends SecureLoginAttributes<JsxSwitch>,
    JsxListeners<'secure-login'>,
    JsxElement<SecureLogin> {}

/** @public In Vue's render functions. */
export interface SecureLoginVue extends SecureLoginAttributes<VueSwitch>, VueListeners<'secure-login'>, VueElement {}

// Neither framework must be installed: in declarations a missing module is not an error, and these comments are not
// in them.
// @ts-expect-error: it is not installed here
declare module 'react' {
  namespace JSX {
    interface IntrinsicElements {
      'secure-login': SecureLoginJsx;
    }
  }
}
// @ts-expect-error: it is not installed here
declare module 'vue' {
  interface GlobalComponents {
    'secure-login': new () => { $props: InTemplate<SecureLoginVue> };
  }
}
