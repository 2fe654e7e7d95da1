/** Tells the element that the site its script came from is the one to sign in to: a page of another origin may embed it. Registers nothing. */
import { SecureLogin } from './secure-login.ts';

const { origin, protocol } = new URL(import.meta.url);
if (protocol === 'https:' || protocol === 'http:') SecureLogin.defaultApi = origin;
