/** The one script that the elements may load from another origin. */
import { googleScriptUrl } from '../../contract/session-api.ts';

/** A stand-in for Google on this machine. */
const standIn = /^https?:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d+)?\/gsi\/client$/;

/** `pageHost`: host name of the page that would run it. */
export const isGoogleScript = (url: string, pageHost: string): boolean =>
  url === googleScriptUrl || (standIn.test(url) && standIn.test(`http://${pageHost}/gsi/client`));
