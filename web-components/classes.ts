/** The classes alone, for who registers them under a name of their own. Registers nothing. */
export type { SecureLoginAccessRequestedEvent } from './access-request.ts';
export { SecureLogin } from './secure-login.ts';
export * from './secure-login-events.ts';
export { SecureSession } from './secure-session.ts';
export * from './secure-session-events.ts';
