/** The values of CloudFront's signed cookies, and how CloudFront encodes bytes in them. */
import type { CookieValues } from '../receive/set-cookies.ts';

/** Hash of a signature. CloudFront takes SHA-1 unless the fourth cookie names SHA-256. */
export type SignatureHash = 'SHA256' | 'SHA1';

export type SignedCookies = Omit<CookieValues<'session-issued'>, 'session'>;

/**
 * Base64, with the three characters replaced that a query may not hold.
 * @see https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-setting-signed-cookie-custom-policy.html
 */
export const toCloudFrontBase64 = (bytes: Uint8Array): string =>
  Buffer.from(bytes).toString('base64').replaceAll('+', '-').replaceAll('=', '_').replaceAll('/', '~');

export const fromCloudFrontBase64 = (text: string): Buffer =>
  Buffer.from(text.replaceAll('-', '+').replaceAll('_', '=').replaceAll('~', '/'), 'base64');

/** The cookies of a policy whose signature was made elsewhere: AWS's library wants the private key in memory. */
export const signedCookiesOf = (
  policy: string,
  { signature, keyPairId, hash }: { signature: Uint8Array; keyPairId: string; hash: SignatureHash },
): SignedCookies => ({
  policy: toCloudFrontBase64(Buffer.from(policy)),
  signature: toCloudFrontBase64(signature),
  keyPairId,
  // Without this cookie, CloudFront takes SHA-1. One that is left from before a change of the config would spoil the
  // signature, so it is expired then.
  hashAlgorithm: hash === 'SHA256' ? hash : null,
});
