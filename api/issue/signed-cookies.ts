/** Builds the values of CloudFront's signed cookies, with CloudFront's encoding. */
import type { CookieValues } from '../receive/set-cookies.ts';

/** Hash of a signature. CloudFront assumes SHA-1 unless the fourth cookie names SHA-256. */
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

/**
 * Builds the cookies from a policy and a finished signature. AWS's library can only sign with a private key in memory.
 */
export const signedCookiesOf = (
  policy: string,
  { signature, keyPairId, hash }: { signature: Uint8Array; keyPairId: string; hash: SignatureHash },
): SignedCookies => ({
  policy: toCloudFrontBase64(Buffer.from(policy)),
  signature: toCloudFrontBase64(signature),
  keyPairId,
  // Without this cookie, CloudFront assumes SHA-1. The code expires an old one, because after a config change it would
  // make the signature invalid.
  hashAlgorithm: hash === 'SHA256' ? hash : null,
});
