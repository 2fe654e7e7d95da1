/** The site's own host names: the certificate, and the DNS records if Route 53 hosts the zone. */
import { AcmCertificate } from '@cdktf/provider-aws/lib/acm-certificate/index.js';
import { AcmCertificateValidation } from '@cdktf/provider-aws/lib/acm-certificate-validation/index.js';
import type { CloudfrontDistribution } from '@cdktf/provider-aws/lib/cloudfront-distribution/index.js';
import { DataAwsRoute53Zone } from '@cdktf/provider-aws/lib/data-aws-route53-zone/index.js';
import type { AwsProvider } from '@cdktf/provider-aws/lib/provider/index.js';
import { Route53Record } from '@cdktf/provider-aws/lib/route53-record/index.js';
import { TerraformIterator } from 'cdktf';
import { Construct } from 'constructs';
import type { SiteConfig } from '../../contract/config.ts';
import { setupError } from '../text/setup-error.ts';

export type DomainConfig = NonNullable<SiteConfig['domain']>;

export interface CustomDomainProps {
  readonly domain: DomainConfig;
  /**
   * Provider for us-east-1, the only Region whose certificates CloudFront accepts. `undefined`: a certificate exists.
   */
  readonly certificateProvider: AwsProvider | undefined;
}

export class CustomDomain extends Construct {
  /** Every host of the distribution, canonical first. */
  readonly hosts: readonly string[];
  readonly certificateArn: string;
  private readonly zone: DataAwsRoute53Zone | undefined;

  constructor(scope: Construct, id: string, { domain, certificateProvider }: CustomDomainProps) {
    super(scope, id);
    this.hosts = [domain.name, ...domain.aliases];
    if (domain.hostedZone !== null) {
      this.zone = new DataAwsRoute53Zone(this, 'zone', { name: domain.hostedZone, privateZone: false });
    }
    this.certificateArn = domain.certificateArn ?? this.certificate(domain, certificateProvider);
  }

  /** Points every host at `distribution` if Route 53 hosts the zone. Call it once. */
  pointAt(distribution: CloudfrontDistribution): void {
    if (this.zone === undefined) return;
    // One resource covers all names, so that no ID contains a domain or an index.
    const names = TerraformIterator.fromList([...this.hosts]);
    for (const type of ['A', 'AAAA']) {
      new Route53Record(this, `address_${type.toLowerCase()}`, {
        forEach: names,
        zoneId: this.zone.zoneId,
        name: names.value,
        type,
        alias: { name: distribution.domainName, zoneId: distribution.hostedZoneId, evaluateTargetHealth: false },
      });
    }
  }

  private certificate(domain: DomainConfig, provider: AwsProvider | undefined): string {
    if (provider === undefined) {
      throw setupError(
        'provider_missing',
        `certificateProvider: missing, and domain ${domain.name} has no certificate yet. ` +
          'Fix: pass an AwsProvider with an alias and the region us-east-1, or set domain.certificateArn',
      );
    }
    if (this.zone === undefined) throw new Error('the config allows no domain without a certificate and a zone');
    const certificate = new AcmCertificate(this, 'certificate', {
      provider,
      domainName: domain.name,
      ...(domain.aliases.length > 0 && { subjectAlternativeNames: domain.aliases }),
      validationMethod: 'DNS',
      lifecycle: { createBeforeDestroy: true },
    });
    const records = new Route53Record(this, 'certificate_record', {
      zoneId: this.zone.zoneId,
      name: '${each.value.resource_record_name}',
      type: '${each.value.resource_record_type}',
      records: ['${each.value.resource_record_value}'],
      ttl: 60,
      allowOverwrite: true,
    });
    // Iterate over the set itself. An iterator would make it a list, and a list that is known only after apply has no
    // order, so no keys.
    const options = `${certificate.fqn}.domain_validation_options`;
    records.addOverride('for_each', `\${{ for option in ${options} : option.domain_name => option }}`);
    const validation = new AcmCertificateValidation(this, 'certificate_validation', {
      provider,
      certificateArn: certificate.arn,
    });
    // The bindings cannot iterate over a resource that has for_each.
    validation.addOverride('validation_record_fqdns', `\${[for record in ${records.fqn} : record.fqdn]}`);
    return validation.certificateArn;
  }
}
