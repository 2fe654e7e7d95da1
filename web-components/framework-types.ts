/** Owns how frameworks see `<secure-login>`: the types of its attributes and events in JSX and in Vue. Types only. */
import type { SecureLoginAccessRequestedEvent } from './access-request.ts';
import type { SecureLogin } from './secure-login.ts';
import type {
  SecureLoginDeniedEvent,
  SecureLoginFailedEvent,
  SecureLoginSignedInEvent,
  SecureLoginSignedOutEvent,
  SecureLoginStatusEvent,
} from './secure-login-events.ts';

/** Every attribute of its own. */
export interface SecureLoginAttributes {
  api?: string | undefined;
  'after-sign-in'?: 'stay' | 'return' | undefined;
  'denied-url'?: string | undefined;
  provider?: 'google' | 'cognitoUserPool' | undefined;
  'ux-mode'?: 'popup' | 'redirect' | undefined;
  'one-tap'?: boolean | undefined;
  'auto-sign-in'?: boolean | undefined;
  locale?: string | undefined;
  id?: string | undefined;
  class?: string | undefined;
  slot?: string | undefined;
  hidden?: boolean | undefined;
}

/** In JSX, as React 19 passes attributes and events on. */
export interface SecureLoginJsx extends SecureLoginAttributes {
  className?: string | undefined;
  style?: object | undefined;
  key?: string | number | bigint | null | undefined;
  ref?: ((element: SecureLogin | null) => unknown) | { current: SecureLogin | null } | null | undefined;
  'onsecure-login-status'?: ((event: SecureLoginStatusEvent) => void) | undefined;
  'onsecure-login-signed-in'?: ((event: SecureLoginSignedInEvent) => void) | undefined;
  'onsecure-login-signed-out'?: ((event: SecureLoginSignedOutEvent) => void) | undefined;
  'onsecure-login-denied'?: ((event: SecureLoginDeniedEvent) => void) | undefined;
  'onsecure-login-access-requested'?: ((event: SecureLoginAccessRequestedEvent) => void) | undefined;
  'onsecure-login-failed'?: ((event: SecureLoginFailedEvent) => void) | undefined;
}

/** In Vue's templates, where `@secure-login-signed-in` listens. */
export interface SecureLoginVue extends SecureLoginAttributes {
  onSecureLoginStatus?: ((event: SecureLoginStatusEvent) => void) | undefined;
  onSecureLoginSignedIn?: ((event: SecureLoginSignedInEvent) => void) | undefined;
  onSecureLoginSignedOut?: ((event: SecureLoginSignedOutEvent) => void) | undefined;
  onSecureLoginDenied?: ((event: SecureLoginDeniedEvent) => void) | undefined;
  onSecureLoginAccessRequested?: ((event: SecureLoginAccessRequestedEvent) => void) | undefined;
  onSecureLoginFailed?: ((event: SecureLoginFailedEvent) => void) | undefined;
}

// Neither framework need be installed: in declarations a missing module is no error, and these comments are not in them.
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
    'secure-login': new () => { $props: SecureLoginVue };
  }
}
