/** A whole site: a login and the distribution that it protects. */
import type { CloudfrontDistribution } from '@cdktf/provider-aws/lib/cloudfront-distribution/index.js';
import type { AwsProvider } from '@cdktf/provider-aws/lib/provider/index.js';
import type { Construct } from 'constructs';
import { CustomDomain } from './edge/custom-domain.ts';
import { distributionOf } from './edge/distribution.ts';
import { distributionReader } from './edge/distribution-access.ts';
import type { OriginBucket } from './edge/distribution-parts.ts';
import type { LoginFunction } from './login/login-function.ts';
import { requireOpenPages } from './site-login.ts';
import { SiteParts, type SitePartsProps } from './site-parts.ts';
import type { Statement } from './text/policy-document.ts';
import { setupError } from './text/setup-error.ts';

export interface SecureSiteProps extends SitePartsProps {
  /** Provider for us-east-1. Required if the site has a `domain` and no certificate yet; default: none. */
  readonly certificateProvider?: AwsProvider;
  /**
   * An existing bucket with the content. s3nator reads it, and writes nothing into it, not even a policy:
   * `contentStatements` lists what its policy must allow. Default: the site's own bucket holds the content.
   */
  readonly contentBucket?: ContentSource;
}

/** Content in a bucket of the app. */
export interface ContentSource {
  /** A resource or a data source of the app. */
  readonly bucket: OriginBucket;
  /** Folder of the content, without a slash before or after it; `''`: the whole bucket. */
  readonly prefix: string;
}

/** The origin that the content comes from. */
const contentOrigin = 'content';

export class SecureSite extends SiteParts {
  readonly distribution: CloudfrontDistribution;
  readonly function: LoginFunction;
  /** Hosts of the distribution, canonical first. */
  readonly hosts: readonly string[];
  /** What the policy of `contentBucket` must allow; empty if the site's own bucket holds the content. */
  readonly contentStatements: readonly Statement[];

  constructor(scope: Construct, id: string, props: SecureSiteProps) {
    const { site, contentBucket, certificateProvider } = props;
    if (contentBucket !== undefined) checkSource(contentBucket, props);
    super(scope, id, props, { pages: contentBucket === undefined ? contentOrigin : 'pages', api: 'api' });

    const domain =
      site.domain === null ? undefined : new CustomDomain(this, 'domain', { domain: site.domain, certificateProvider });
    this.distribution = distributionOf(this.edge, {
      name: this.name,
      site,
      contentOrigin,
      otherOrigins:
        contentBucket === undefined
          ? []
          : [this.edge.bucketOrigin(contentOrigin, contentBucket.bucket, contentBucket.prefix)],
      domain,
    });
    domain?.pointAt(this.distribution);
    this.hosts = domain?.hosts ?? [this.distribution.domainName];
    const { arn } = this.distribution;
    this.contentStatements =
      contentBucket === undefined ? [] : distributionReader(contentBucket.bucket.arn, contentBucket.prefix, arn);
    this.function = this.attach({ distribution: this.distribution, hosts: this.hosts });
  }
}

function checkSource({ prefix }: ContentSource, { files, site }: SecureSiteProps): void {
  requireOpenPages(files, site.paths);
  // CloudFront puts the prefix before the path unchanged, and IAM reads `*` and `?` in it as wildcards.
  if (!/^([A-Za-z0-9!_.'()-]+(\/[A-Za-z0-9!_.'()-]+)*)?$/.test(prefix) || /(^|\/)\.\.?(\/|$)/.test(prefix)) {
    throw setupError(
      'config_wrong',
      `contentBucket.prefix: got ${JSON.stringify(prefix)}; allowed: a folder such as www or site/v2, ` +
        "without a slash before or after it, or '' for the whole bucket",
    );
  }
}
