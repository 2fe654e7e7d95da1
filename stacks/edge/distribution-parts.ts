/**
 * The values of a distribution that protects a site: origins, behaviors, error responses. This is the access boundary.
 */
import type {
  CloudfrontDistributionCustomErrorResponse,
  CloudfrontDistributionDefaultCacheBehavior,
  CloudfrontDistributionOrderedCacheBehavior,
  CloudfrontDistributionOrigin,
} from '@cdktf/provider-aws/lib/cloudfront-distribution/index.js';
import { CloudfrontOriginAccessControl } from '@cdktf/provider-aws/lib/cloudfront-origin-access-control/index.js';
import { Construct } from 'constructs';
import type { SiteConfig } from '../../contract/config.ts';
import { apiPattern, contentPrefix, openPattern } from '../../contract/layout.ts';
import type { KeyGroup } from '../keys/key-group.ts';
import type { LoginApi } from '../login/login-api.ts';
import { templateLiteral } from '../text/template-literal.ts';
import type { FunctionOptions } from './function-code.ts';
import { ResponseHeaders } from './response-headers.ts';
import { SiteFunction } from './site-function.ts';

/** An S3 bucket that CloudFront reads: a resource or a data source of the app. */
export interface OriginBucket {
  readonly arn: string;
  readonly bucketRegionalDomainName: string;
}

export interface EdgeProps extends Pick<FunctionOptions, 'files' | 'addresses'> {
  /** Site and stage. */
  readonly name: string;
  readonly site: SiteConfig;
  /** The site's own bucket, which holds the open pages. */
  readonly pages: OriginBucket;
  readonly api: LoginApi;
  readonly keyGroup: KeyGroup;
  /** IDs of the two origins in the distribution. */
  readonly originIds: { readonly pages: string; readonly api: string };
}

/** @see https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-cache-policies.html */
const cachingOptimized = '658327ea-f89d-4fab-a63d-7e88639e58f6';
const cachingDisabled = '4135ea2d-6df8-44a3-9df3-4b5a84be39ad';
/**
 * @see https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-origin-request-policies.html
 */
const allViewerExceptHostHeader = 'b689b0a8-53d0-40ab-baf2-68738e2966ac';

const reading = ['GET', 'HEAD'];

export class Edge extends Construct {
  /** The two origins that the behaviors name: the site's own bucket, and the API. */
  readonly origins: readonly CloudfrontDistributionOrigin[];
  /**
   * Open on every site: `paths.api` and `paths.open`. The first matching pattern decides, so put these before all
   * others.
   */
  readonly openBehaviors: readonly CloudfrontDistributionOrderedCacheBehavior[];
  /** The login page for 403, the not-found page for 404. They apply to the whole distribution. */
  readonly errorResponses: readonly CloudfrontDistributionCustomErrorResponse[];
  private readonly accessControl: CloudfrontOriginAccessControl;
  private readonly headers: ResponseHeaders;
  /** What runs on requests for open files, and for protected ones; undefined: nothing does. */
  private readonly functions: Readonly<Record<'open' | 'protected', SiteFunction | undefined>>;
  private readonly keyGroup: KeyGroup;

  constructor(scope: Construct, id: string, props: EdgeProps) {
    super(scope, id);
    const { name, site, pages, api, keyGroup, originIds } = props;
    this.keyGroup = keyGroup;
    this.headers = new ResponseHeaders(this, 'headers', { name, managedPoliciesOnly: site.managedPoliciesOnly });
    this.functions = this.functionsOf(props);
    this.accessControl = new CloudfrontOriginAccessControl(this, 'access_control', {
      name,
      description: 'Reads the site bucket',
      originAccessControlOriginType: 's3',
      signingBehavior: 'always',
      signingProtocol: 'sigv4',
    });
    this.origins = [
      this.bucketOrigin(originIds.pages, pages, contentPrefix),
      {
        originId: originIds.api,
        domainName: `${api.api.id}.execute-api.${site.region}.amazonaws.com`,
        customOriginConfig: {
          httpPort: 80,
          httpsPort: 443,
          originProtocolPolicy: 'https-only',
          originSslProtocols: ['TLSv1.2'],
        },
      },
    ];
    this.openBehaviors = [
      {
        pathPattern: apiPattern(site.paths),
        targetOriginId: originIds.api,
        // A token sent over http may already have been read. A redirect would hide that, and send the token again.
        viewerProtocolPolicy: 'https-only',
        allowedMethods: ['GET', 'HEAD', 'OPTIONS', 'PUT', 'POST', 'PATCH', 'DELETE'],
        cachedMethods: reading,
        cachePolicyId: cachingDisabled,
        originRequestPolicyId: allViewerExceptHostHeader,
      },
      this.openFiles(openPattern(site.paths), originIds.pages),
    ];
    this.errorResponses = [
      // A viewer without valid cookies gets the login page at the requested address. No cache keeps that answer.
      { errorCode: 403, responseCode: 403, responsePagePath: site.pages.login, errorCachingMinTtl: 0 },
      { errorCode: 404, responseCode: 404, responsePagePath: site.pages.notFound, errorCachingMinTtl: 10 },
      // Otherwise an edge gives one viewer's failed request to the API to everyone for ten seconds, `no-store` or not.
      ...[500, 502, 503, 504].map((errorCode) => ({ errorCode, errorCachingMinTtl: 0 })),
    ];
  }

  /** The folder `prefix` of `bucket` as an origin to which CloudFront signs its requests. `''`: the whole bucket. */
  bucketOrigin(originId: string, bucket: OriginBucket, prefix: string): CloudfrontDistributionOrigin {
    return {
      originId,
      domainName: bucket.bucketRegionalDomainName,
      ...(prefix !== '' && { originPath: `/${prefix}` }),
      originAccessControlId: this.accessControl.id,
    };
  }

  /**
   * Files that only people who are signed in may read. Used as the default behavior, so that nothing is open by
   * oversight.
   */
  protectedFiles(originId: string): CloudfrontDistributionDefaultCacheBehavior {
    return {
      ...this.files(originId, this.functions.protected),
      responseHeadersPolicyId: this.headers.protected,
      trustedKeyGroups: [this.keyGroup.group.id],
    };
  }

  /** Files under `pathPattern` that everybody may read. */
  openFiles(pathPattern: string, originId: string): CloudfrontDistributionOrderedCacheBehavior {
    return {
      ...this.files(originId, this.functions.open),
      pathPattern: templateLiteral(pathPattern),
      responseHeadersPolicyId: this.headers.open,
    };
  }

  /** The fallback page is for people who are signed in, so the function of open files never has it. */
  private functionsOf({ name, site, files, addresses }: EdgeProps): typeof this.functions {
    const { indexRewriting, fallback } = site;
    const open =
      indexRewriting === null
        ? undefined
        : new SiteFunction(this, 'index', {
            name: `${name}-index`,
            comment: 'Answers /dir/ with /dir/index.html, and leads /dir there',
            ...{ indexRewriting, fallback: null, files, addresses },
          });
    if (fallback === null) return { open, protected: open };
    const withFallback = new SiteFunction(this, 'fallback', {
      name: `${name}-fallback`,
      comment: `Answers navigations to addresses without a file with ${fallback.page}`,
      ...{ indexRewriting, fallback, files, addresses },
    });
    return { open, protected: withFallback };
  }

  private files(
    targetOriginId: string,
    viewerRequest: SiteFunction | undefined,
  ): CloudfrontDistributionDefaultCacheBehavior {
    return {
      targetOriginId,
      viewerProtocolPolicy: 'redirect-to-https',
      allowedMethods: reading,
      cachedMethods: reading,
      cachePolicyId: cachingOptimized,
      compress: true,
      ...(viewerRequest !== undefined && {
        functionAssociation: [{ eventType: 'viewer-request', functionArn: viewerRequest.function.arn }],
      }),
    };
  }
}
