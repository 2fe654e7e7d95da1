/** One Terraform stack: the providers and the outputs. `SecureSite` creates the resources. */
import { AwsProvider } from '@cdktf/provider-aws/lib/provider/index.js';
import { TerraformOutput, TerraformStack } from 'cdktf';
import type { Construct } from 'constructs';
import type { SiteConfig } from '../contract/config.ts';
import { apiPattern } from '../contract/layout.ts';
import { nextSteps } from './next-steps.ts';
import { SecureSite } from './secure-site.ts';
import type { SitePartsProps } from './site-parts.ts';
import { keepState } from './state/state-backend.ts';

export type SiteStackProps = SitePartsProps;

/** Versions of the AWS provider that the stack is written for. Every attribute it uses exists in all of them. */
const providerVersions = '>= 5.100.0, < 7.0.0';

/** CloudFront accepts certificates from this Region only. */
const certificateRegion = 'us-east-1';

export class SiteStack extends TerraformStack {
  constructor(scope: Construct, id: string, props: SiteStackProps) {
    super(scope, id);
    const { site, siteName } = props;
    keepState(this, siteName, site);

    const defaultTags = [{ tags: tags(site, siteName) }];
    new AwsProvider(this, 'aws', { region: site.region, defaultTags });
    // Needed even without a custom domain: the deploy that gives one up must delete the certificate.
    const certificateProvider = new AwsProvider(this, 'aws_certificates', {
      alias: 'certificates',
      region: certificateRegion,
      defaultTags,
    });
    // The bindings ask for the one version that they were generated from.
    this.addOverride('terraform.required_providers.aws.version', providerVersions);

    const { hosts, distribution, content, ...parts } = new SecureSite(this, 'site', { ...props, certificateProvider });
    this.output('site_url', `https://${hosts[0]}`, 'Where the site is served');
    this.output('distribution_id', distribution.id, 'CloudFront distribution');
    this.output('content_bucket', content.locked.bucket.bucket, "Bucket with the site's files, under www/");
    this.output('content_by', site.content === null ? 'upload' : 'deploy', 'Who puts the content there');
    this.output('private_bucket', parts.private.locked.bucket.bucket, 'Bucket with signing keys and access documents');
    this.output('api_url', parts.api.api.apiEndpoint, `HTTP API behind ${apiPattern(site.paths)}`);
    this.output('signer_key_pair_id', parts.keyGroup.signer.id, 'Key pair ID that signs');
    this.output('next_key_pair_id', parts.keyGroup.next.id, 'Key pair ID that signs after the next rotation');
    if (parts.identityPool !== undefined) {
      this.output('identity_pool_id', parts.identityPool.pool.id, 'Cognito identity pool');
    }
    if (parts.userPool !== undefined) {
      this.output('user_pool_id', parts.userPool.pool.id, 'Cognito user pool');
      this.output('user_pool_client_id', parts.userPool.client.id, 'Its app client');
    }
    const steps = nextSteps({ siteName, site, hosts, distribution, userPool: parts.userPool });
    this.output('next_steps', steps.join('\n'), 'What is to do after the first deploy');
  }

  private output(id: string, value: string, description: string): void {
    new TerraformOutput(this, id, { value, description });
  }
}

const tags = ({ stage, tags }: SiteConfig, siteName: string): Record<string, string> => ({
  app: 's3nator',
  site: siteName,
  stage,
  ...tags,
});
