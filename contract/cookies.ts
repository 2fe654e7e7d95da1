/** The names and attributes of every cookie that s3nator sets or reads. */

/** Holds the signed session statement. `__Host-` keeps sibling hosts from setting it (RFC 6265bis, 4.1.3.2). */
export const sessionCookie = '__Host-s3nator-session';

/** Ties a sign-in to the browser that began it: the nonce is the hash of this value. */
export const loginCookie = '__Host-s3nator-login';

/** The cookie of Google's form post. Google's script sets it. The API only compares it with the form's field. */
export const googleCsrfCookie = 'g_csrf_token';

/**
 * When the API sets cookies. `sign-in-offered`: in an answer to a signed-out browser. `session-issued`: at a sign-in
 * and at a renewal.
 */
type SetMoment = 'sign-in-offered' | 'session-issued';

/**
 * When the API expires cookies. `signed-in`: at a sign-in. `session-ended`: at a sign-out, and at a renewal that is
 * refused for good. `signed-out`: at a sign-out.
 */
type EndMoment = 'signed-in' | 'session-ended' | 'signed-out';

interface ApiCookie {
  readonly name: string;
  /** Host-only: without `Domain`. */
  readonly attributes: string;
  /** How long the cookie lasts if the config makes cookies persistent; null: always until the browser is closed. */
  readonly life: 'cookieSeconds' | 'sessionSeconds' | null;
  readonly setAt: SetMoment;
  /** An answer may expire this cookie when it sets the others. */
  readonly optional?: true;
  readonly endedAt: readonly [EndMoment, ...EndMoment[]];
}

const attributes = 'Path=/; Secure; HttpOnly; SameSite=Lax';
const signed = { attributes, life: 'cookieSeconds', setAt: 'session-issued', endedAt: ['session-ended'] } as const;

/**
 * Every cookie that the API sets, in the order of its answers. The code that sets cookies at a moment must give a value
 * for each cookie of that moment. The first four are the signed cookies that CloudFront checks; their names are
 * case-sensitive.
 * @see https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-setting-signed-cookie-custom-policy.html
 */
export const apiCookies = {
  policy: { name: 'CloudFront-Policy', ...signed },
  signature: { name: 'CloudFront-Signature', ...signed },
  keyPairId: { name: 'CloudFront-Key-Pair-Id', ...signed },
  hashAlgorithm: { name: 'CloudFront-Hash-Algorithm', ...signed, optional: true },
  session: {
    name: sessionCookie,
    attributes,
    life: 'sessionSeconds',
    setAt: 'session-issued',
    endedAt: ['session-ended'],
  },
  login: {
    name: loginCookie,
    // Must be sent with Google's cross-site form post.
    attributes: 'Path=/; Secure; HttpOnly; SameSite=None',
    life: null,
    setAt: 'sign-in-offered',
    endedAt: ['signed-in', 'signed-out'],
  },
} as const satisfies Record<string, ApiCookie>;
