/** Writes the text of CloudFront's custom policy: one statement for one grant. */

export interface PolicyOptions {
  /** The site's canonical host, from the config; never from a request. */
  readonly host: string;
  /** The grant's path; may end in `*`. */
  readonly path: string;
  /** Seconds since 1970. */
  readonly expiresAt: number;
}

/**
 * Has no whitespace, because the signature covers these bytes. The time is a whole number of seconds, because
 * CloudFront refuses any other.
 * @see https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-setting-signed-cookie-custom-policy.html
 */
export function policyStatement({ host, path, expiresAt }: PolicyOptions): string {
  return JSON.stringify({
    Statement: [
      { Resource: `https://${host}${path}`, Condition: { DateLessThan: { 'AWS:EpochTime': Math.floor(expiresAt) } } },
    ],
  });
}
