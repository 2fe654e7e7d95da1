/** Owns the settings of the site's own CloudFront distribution. Which path is open, and what is checked where, is the edge's. */
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
  /** Where the content lies: the ID of an origin. */
  readonly contentOrigin: string;
  /** Origins beside those of the edge. */
  readonly otherOrigins: readonly CloudfrontDistributionOrigin[];
  /** `undefined`: CloudFront's own host name. */
  readonly domain: CustomDomain | undefined;
}

/** Makes the distribution, as a part of `edge`. */
export function distributionOf(edge: Edge, props: DistributionProps): CloudfrontDistribution {
  const { name, site, contentOrigin, domain } = props;
  return new CloudfrontDistribution(edge, 'distribution', {
    comment: name,
    enabled: true,
    // Its host name is the site's address, and none comes twice.
    lifecycle: { preventDestroy: site.deletionProtection },
    isIpv6Enabled: true,
    httpVersion: 'http2and3',
    priceClass: site.priceClass,
    // Without one, a reader that may list the bucket would list it at `/`.
    defaultRootObject: rootObject,
    origin: [...edge.origins, ...props.otherOrigins],
    // The first pattern that matches decides, so everything open comes before the default, which is not.
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
        // They are the session.
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
