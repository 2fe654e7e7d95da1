/** The names and attributes of every cookie that s3nator sets or reads. */
/**
 * The signed cookies that CloudFront checks; the names are CloudFront's and case-sensitive.
 * @see https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-setting-signed-cookie-custom-policy.html
 */
export const signedCookies = {
  policy: 'CloudFront-Policy',
  signature: 'CloudFront-Signature',
  keyPairId: 'CloudFront-Key-Pair-Id',
  hashAlgorithm: 'CloudFront-Hash-Algorithm',
} as const;

/** Holds the signed session statement. `__Host-` keeps sibling hosts from setting it (RFC 6265bis, 4.1.3.2). */
export const sessionCookie = '__Host-s3nator-session';

/** Binds a sign-in to the browser that began it: the nonce is the hash of its value. */
export const loginCookie = '__Host-s3nator-login';

/** The cookie of Google's form post; Google's script sets it, we only compare it with the field. */
export const googleCsrfCookie = 'g_csrf_token';

/** Attributes of the signed cookies and of the session cookie. Host-only: there is no `Domain`. */
export const sessionCookieAttributes = 'Path=/; Secure; HttpOnly; SameSite=Lax';

/** The login cookie must reach Google's cross-site form post, hence `SameSite=None`. */
export const loginCookieAttributes = 'Path=/; Secure; HttpOnly; SameSite=None';
