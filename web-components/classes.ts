/** The classes alone, for apps that register them under names of their own. */
export type { SecureLoginAccessRequestedEvent } from './login/access-request.ts';
export { SecureLogin } from './login/secure-login.ts';
export * from './login/secure-login-events.ts';
export { SecureSession } from './session/secure-session.ts';
export * from './session/secure-session-events.ts';
