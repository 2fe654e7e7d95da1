/** The headers that CloudFront adds to the site's files. The login page contains its own strict policy. */
import {
  CloudfrontResponseHeadersPolicy,
  type CloudfrontResponseHeadersPolicySecurityHeadersConfig,
} from '@cdktf/provider-aws/lib/cloudfront-response-headers-policy/index.js';
import { Construct } from 'constructs';

export interface ResponseHeadersProps {
  /** Site and stage. */
  readonly name: string;
  /** true: use the closest managed policies of AWS, because the price plan allows no others. */
  readonly managedPoliciesOnly: boolean;
}

/**
 * @see https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-response-headers-policies.html
 */
const managedSecurityHeaders = '67f7725c-6f97-4210-82d7-5512b31e9d03';
const managedCorsAndSecurityHeaders = 'e61eb60c-9c35-4d20-a928-2b84e02af89c';

// The same for every file: a policy belongs to the requested behavior, and every behavior can show the login page.
const securityHeadersConfig: CloudfrontResponseHeadersPolicySecurityHeadersConfig = {
  contentSecurityPolicy: { contentSecurityPolicy: "frame-ancestors 'self'", override: true },
  contentTypeOptions: { override: true },
  // Google refuses sign-in from pages that send it no origin.
  referrerPolicy: { referrerPolicy: 'strict-origin-when-cross-origin', override: true },
  // Without subdomains and preload, which would affect siblings of a custom domain.
  strictTransportSecurity: { accessControlMaxAgeSec: 31_536_000, override: true },
};

/**
 * Across sites, pages that opened one of ours, or that ours opened, keep no handle on it. A window that our page opened
 * can still send its answer back if its page, such as Google's, has no policy of this kind.
 */
const openerPolicy = { header: 'Cross-Origin-Opener-Policy', value: 'same-origin-allow-popups', override: true };
/**
 * Which pages may load a file as a script, an image or a style. Browsers send our `SameSite=Lax` cookies with file
 * requests from any host of the site.
 */
const loadableBy = (pages: 'same-origin' | 'cross-origin') => ({
  header: 'Cross-Origin-Resource-Policy',
  value: pages,
  override: true,
});

// Otherwise Terraform would delete a policy that the config drops while the distribution still uses it, and CloudFront
// refuses that.
const lifecycle = { createBeforeDestroy: true };

export class ResponseHeaders extends Construct {
  /** Policy ID for files that are served without cookies. */
  readonly open: string;
  /** Policy ID for files behind the signature check. */
  readonly protected: string;

  constructor(scope: Construct, id: string, { name, managedPoliciesOnly }: ResponseHeadersProps) {
    super(scope, id);
    if (managedPoliciesOnly) {
      this.open = managedCorsAndSecurityHeaders;
      this.protected = managedSecurityHeaders;
      return;
    }
    this.open = new CloudfrontResponseHeadersPolicy(this, 'open', {
      name: `${name}-open`,
      comment: 'Open files: any page may load them',
      securityHeadersConfig,
      corsConfig: {
        accessControlAllowCredentials: false,
        accessControlAllowHeaders: { items: ['*'] },
        accessControlAllowMethods: { items: ['GET', 'HEAD'] },
        accessControlAllowOrigins: { items: ['*'] },
        originOverride: true,
      },
      customHeadersConfig: {
        items: [loadableBy('cross-origin'), openerPolicy],
      },
      lifecycle,
    }).id;
    this.protected = new CloudfrontResponseHeadersPolicy(this, 'protected', {
      name: `${name}-protected`,
      comment:
        'Protected files: no page of another origin loads them; no copy outlives the session unless the file says so',
      securityHeadersConfig,
      customHeadersConfig: {
        items: [
          { header: 'Cache-Control', value: 'private, no-store', override: false },
          loadableBy('same-origin'),
          openerPolicy,
        ],
      },
      lifecycle,
    }).id;
  }
}
