/** The CloudFront distribution of the site. `Edge` decides which paths are open and what is checked where. */
import {
  CloudfrontDistribution,
  type CloudfrontDistributionConfig,
  type CloudfrontDistributionOrigin,
} from '@cdktf/provider-aws/lib/cloudfront-distribution/index.js';
import type { SiteConfig } from '../../contract/config.ts';
import { rootObject } from '../../contract/layout.ts';
import { templateLiteral } from '../text/template-literal.ts';
import type { CustomDomain } from './custom-domain.ts';
import type { Edge } from './distribution-parts.ts';

export interface DistributionProps {
  /** Site and stage. */
  readonly name: string;
  readonly site: SiteConfig;
  /** ID of the origin with the content. */
  readonly contentOrigin: string;
  /** Origins besides those of the edge. */
  readonly otherOrigins: readonly CloudfrontDistributionOrigin[];
  /** `undefined`: CloudFront's own host name. */
  readonly domain: CustomDomain | undefined;
}

/** Creates the distribution as a child of `edge`. */
export function distributionOf(edge: Edge, props: DistributionProps): CloudfrontDistribution {
  const { name, site, contentOrigin, domain } = props;
  return new CloudfrontDistribution(edge, 'distribution', {
    comment: name,
    enabled: true,
    // Its host name is the site's address, and CloudFront never assigns the same one again.
    lifecycle: { preventDestroy: site.deletionProtection },
    isIpv6Enabled: true,
    httpVersion: 'http2and3',
    priceClass: site.priceClass,
    // Without one, a reader that may list the bucket would get the listing at `/`.
    defaultRootObject: rootObject,
    origin: [...edge.origins, ...props.otherOrigins],
    // The first matching pattern decides, so the open patterns come before the protected default.
    orderedCacheBehavior: [
      ...edge.openBehaviors,
      ...site.openPaths.map((pattern) => edge.openFiles(pattern, contentOrigin)),
    ],
    defaultCacheBehavior: edge.protectedFiles(contentOrigin),
    customErrorResponse: [...edge.errorResponses],
    restrictions: { geoRestriction: { restrictionType: 'none' } },
    ...hostNames(domain),
    ...(site.webAclArn !== null && { webAclId: site.webAclArn }),
    ...(site.accessLogs !== null && {
      loggingConfig: {
        bucket: site.accessLogs.bucket,
        prefix: templateLiteral(site.accessLogs.prefix),
        // The cookies are the session.
        includeCookies: false,
      },
    }),
  });
}

function hostNames(
  domain: CustomDomain | undefined,
): Pick<CloudfrontDistributionConfig, 'aliases' | 'viewerCertificate'> {
  if (domain === undefined) return { viewerCertificate: { cloudfrontDefaultCertificate: true } };
  return {
    aliases: [...domain.hosts],
    viewerCertificate: {
      acmCertificateArn: domain.certificateArn,
      sslSupportMethod: 'sni-only',
      minimumProtocolVersion: 'TLSv1.2_2021',
    },
  };
}
