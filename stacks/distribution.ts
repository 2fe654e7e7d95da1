/** Owns the CloudFront distribution: which path goes where, and what needs signed cookies. The whole access boundary is here. */
import {
  CloudfrontDistribution,
  type CloudfrontDistributionConfig,
  type CloudfrontDistributionOrderedCacheBehavior,
} from '@cdktf/provider-aws/lib/cloudfront-distribution/index.js';
import type { CloudfrontKeyGroup } from '@cdktf/provider-aws/lib/cloudfront-key-group/index.js';
import { CloudfrontOriginAccessControl } from '@cdktf/provider-aws/lib/cloudfront-origin-access-control/index.js';
import type { S3Bucket } from '@cdktf/provider-aws/lib/s3-bucket/index.js';
import { Construct } from 'constructs';
import type { SiteConfig } from '../contract/config.ts';
import { authPattern, contentPrefix, publicPattern, rootObject } from '../contract/layout.ts';
import type { CustomDomain } from './custom-domain.ts';
import { IndexRewriting } from './index-rewriting.ts';
import type { LoginApi } from './login-api.ts';
import { ResponseHeaders } from './response-headers.ts';
import { templateLiteral } from './template-literal.ts';

export interface DistributionProps {
  /** Site and stage. */
  readonly name: string;
  readonly site: SiteConfig;
  readonly content: S3Bucket;
  readonly api: LoginApi;
  readonly keyGroup: CloudfrontKeyGroup;
  /** `undefined`: CloudFront's own host name. */
  readonly domain: CustomDomain | undefined;
}

/** @see https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-cache-policies.html */
const cachingOptimized = '658327ea-f89d-4fab-a63d-7e88639e58f6';
const cachingDisabled = '4135ea2d-6df8-44a3-9df3-4b5a84be39ad';
/** @see https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-origin-request-policies.html */
const allViewerExceptHostHeader = 'b689b0a8-53d0-40ab-baf2-68738e2966ac';

const contentOrigin = 'content';
const apiOrigin = 'api';
const reading = ['GET', 'HEAD'];

export class Distribution extends Construct {
  readonly distribution: CloudfrontDistribution;

  constructor(scope: Construct, id: string, { name, site, content, api, keyGroup, domain }: DistributionProps) {
    super(scope, id);
    const headers = new ResponseHeaders(this, 'headers', { name, managedPoliciesOnly: site.managedPoliciesOnly });
    const rewriting = site.indexRewriting ? new IndexRewriting(this, 'index', name) : undefined;
    const accessControl = new CloudfrontOriginAccessControl(this, 'access_control', {
      name,
      description: 'Reads the site bucket',
      originAccessControlOriginType: 's3',
      signingBehavior: 'always',
      signingProtocol: 'sigv4',
    });

    const files = {
      targetOriginId: contentOrigin,
      viewerProtocolPolicy: 'redirect-to-https',
      allowedMethods: reading,
      cachedMethods: reading,
      cachePolicyId: cachingOptimized,
      compress: true,
      ...(rewriting !== undefined && {
        functionAssociation: [{ eventType: 'viewer-request', functionArn: rewriting.function.arn }],
      }),
    };
    const open = (pathPattern: string): CloudfrontDistributionOrderedCacheBehavior => ({
      ...files,
      pathPattern,
      responseHeadersPolicyId: headers.open,
    });

    this.distribution = new CloudfrontDistribution(this, 'distribution', {
      comment: name,
      enabled: true,
      // Its host name is the site's address, and none comes twice.
      lifecycle: { preventDestroy: site.deletionProtection },
      isIpv6Enabled: true,
      httpVersion: 'http2and3',
      priceClass: site.priceClass,
      // Without one, a reader that may list the bucket would list it at `/`.
      defaultRootObject: rootObject,
      origin: [
        {
          originId: contentOrigin,
          domainName: content.bucketRegionalDomainName,
          originPath: `/${contentPrefix}`,
          originAccessControlId: accessControl.id,
        },
        {
          originId: apiOrigin,
          domainName: `${api.api.id}.execute-api.${site.region}.amazonaws.com`,
          customOriginConfig: {
            httpPort: 80,
            httpsPort: 443,
            originProtocolPolicy: 'https-only',
            originSslProtocols: ['TLSv1.2'],
          },
        },
      ],
      // The first pattern that matches decides, so everything open comes before the default, which is not.
      orderedCacheBehavior: [
        {
          pathPattern: authPattern,
          targetOriginId: apiOrigin,
          viewerProtocolPolicy: 'redirect-to-https',
          allowedMethods: ['GET', 'HEAD', 'OPTIONS', 'PUT', 'POST', 'PATCH', 'DELETE'],
          cachedMethods: reading,
          cachePolicyId: cachingDisabled,
          originRequestPolicyId: allViewerExceptHostHeader,
        },
        open(publicPattern),
        ...site.openPaths.map((pattern) => open(templateLiteral(pattern))),
      ],
      defaultCacheBehavior: {
        ...files,
        responseHeadersPolicyId: headers.protected,
        trustedKeyGroups: [keyGroup.id],
      },
      customErrorResponse: [
        // A viewer without valid cookies gets the login page at the address that was asked for, and nobody gets another's copy.
        { errorCode: 403, responseCode: 403, responsePagePath: site.pages.login, errorCachingMinTtl: 0 },
        { errorCode: 404, responseCode: 404, responsePagePath: site.pages.notFound, errorCachingMinTtl: 10 },
      ],
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
