/** Owns the headers that CloudFront adds to the site's files. The strict policy of the login page is in the page itself. */
import {
  CloudfrontResponseHeadersPolicy,
  type CloudfrontResponseHeadersPolicySecurityHeadersConfig,
} from '@cdktf/provider-aws/lib/cloudfront-response-headers-policy/index.js';
import { Construct } from 'constructs';

export interface ResponseHeadersProps {
  /** Site and stage. */
  readonly name: string;
  /** true: the nearest policies of AWS's own, because the price plan allows no others. */
  readonly managedPoliciesOnly: boolean;
}

/** @see https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-response-headers-policies.html */
const managedSecurityHeaders = '67f7725c-6f97-4210-82d7-5512b31e9d03';
const managedCorsAndSecurityHeaders = 'e61eb60c-9c35-4d20-a928-2b84e02af89c';

// The same on every file: a policy belongs to the requested behavior, and the login page renders under all of them.
const securityHeadersConfig: CloudfrontResponseHeadersPolicySecurityHeadersConfig = {
  contentSecurityPolicy: { contentSecurityPolicy: "frame-ancestors 'self'", override: true },
  contentTypeOptions: { override: true },
  // Google refuses sign-in from pages that send it no origin.
  referrerPolicy: { referrerPolicy: 'strict-origin-when-cross-origin', override: true },
  // Without subdomains and preload: those decide for siblings of a custom domain.
  strictTransportSecurity: { accessControlMaxAgeSec: 31_536_000, override: true },
};

/**
 * A page that opened one of ours, or that ours opened, keeps no handle on it across sites. A window that a page of ours
 * opened to a page without a policy of its own, such as Google's, can still send its answer back.
 */
const openerPolicy = { header: 'Cross-Origin-Opener-Policy', value: 'same-origin-allow-popups', override: true };
/**
 * Which pages may load a file as a script, an image or a style: browsers send our `SameSite=Lax` cookies to the files
 * for any host of the site.
 */
const loadableBy = (pages: 'same-origin' | 'cross-origin') => ({
  header: 'Cross-Origin-Resource-Policy',
  value: pages,
  override: true,
});

// Without it a policy that the config drops would be deleted while the distribution still uses it, which CloudFront refuses.
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
