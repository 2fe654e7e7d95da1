/** Owns what an operator is told after a deploy: what to enter where, in the order in which it is done. Creates no resource. */
import type { CloudfrontDistribution } from '@cdktf/provider-aws/lib/cloudfront-distribution/index.js';
import type { SiteConfig } from '../contract/config.ts';

export interface NextStepsProps {
  readonly siteName: string;
  readonly site: SiteConfig;
  /** Hosts of the distribution, canonical first. */
  readonly hosts: readonly string[];
  readonly distribution: CloudfrontDistribution;
}

/** One line for each step of the first deploy. They stay true afterwards, so every deploy says them again. */
export function nextSteps({ siteName, site, hosts, distribution }: NextStepsProps): string[] {
  const origin = `https://${hosts[0]}`;
  const steps = [
    ...dnsSteps(site, hosts, distribution),
    ...site.providers.map((provider) => googleStep(provider, origin)),
  ];
  if (site.content === null) steps.push(`Upload your site: npm run upload -- DIR --site ${siteName}`);
  steps.push(`Sign in: open ${origin} as somebody whom access.rules in s3nator.config.ts admits.`);
  return steps.map((step, index) => `${index + 1}. ${step}`);
}

function dnsSteps({ domain }: SiteConfig, hosts: readonly string[], { domainName }: CloudfrontDistribution): string[] {
  if (domain === null || domain.hostedZone !== null) return [];
  return [
    `DNS: in the zone of your provider make ${hosts.join(' and ')} a CNAME (at a zone's top an ALIAS) of ${domainName}`,
  ];
}

/** @see https://developers.google.com/identity/gsi/web/guides/get-google-api-clientid */
function googleStep({ clientId }: SiteConfig['providers'][number], origin: string): string {
  return `Google: at https://console.cloud.google.com/auth/clients open ${clientId} and add the authorized JavaScript origin ${origin} and the authorized redirect URI ${origin}/auth/session`;
}
