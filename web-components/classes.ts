/** The classes alone, for who registers them under a name of their own. Registers nothing. */
export type { SecureLoginAccessRequestedEvent } from './login/access-request.ts';
export { SecureLogin } from './login/secure-login.ts';
export * from './login/secure-login-events.ts';
export { SecureSession } from './session/secure-session.ts';
export * from './session/secure-session-events.ts';
