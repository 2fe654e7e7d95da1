/** The steps that an operator sees after a deploy: what to enter where, in order. */
import type { CloudfrontDistribution } from '@cdktf/provider-aws/lib/cloudfront-distribution/index.js';
import type { SiteConfig } from '../contract/config.ts';
import { withPaths } from '../contract/layout.ts';
import {
  type FederatedConfig,
  federatedNameOf,
  type GoogleConfig,
  type ProviderConfig,
  type UserPoolConfig,
  userPoolAddresses,
} from '../contract/providers.ts';
import { sessionPath } from '../contract/session-api.ts';
import { visible } from '../contract/visible-text.ts';
import type { UserPool } from './login/user-pool.ts';

export interface NextStepsProps {
  readonly siteName: string;
  readonly site: SiteConfig;
  /** Hosts of the distribution, canonical first. */
  readonly hosts: readonly string[];
  readonly distribution: CloudfrontDistribution;
  /** The user pool that the stack creates; undefined: none. */
  readonly userPool: UserPool | undefined;
}

/** One line for each step after the first deploy. The steps stay valid, so every deploy prints them again. */
export function nextSteps(props: NextStepsProps): string[] {
  const { siteName, site, hosts, distribution } = props;
  const origin = `https://${hosts[0]}`;
  const steps = [
    ...dnsSteps(site, hosts, distribution),
    ...site.providers.flatMap((provider) => providerSteps(provider, props, origin)),
  ];
  if (site.content === null) steps.push(`Upload your site: npm run upload -- DIR --site ${siteName}`);
  steps.push(`Sign in: open ${origin} as somebody whom access.rules in s3nator.config.ts admits.`);
  // Terraform prints them as they are.
  return steps.map((step, index) => visible(`${index + 1}. ${step}`));
}

function dnsSteps({ domain }: SiteConfig, hosts: readonly string[], { domainName }: CloudfrontDistribution): string[] {
  if (domain === null || domain.hostedZone !== null) return [];
  return [
    `DNS: in the zone of your provider make ${hosts.join(' and ')} a CNAME (at a zone's top an ALIAS) of ${domainName}`,
  ];
}

function providerSteps(provider: ProviderConfig, props: NextStepsProps, origin: string): string[] {
  switch (provider.kind) {
    case 'google':
      return [googleStep(provider, origin, withPaths(sessionPath, props.site.paths))];
    case 'cognitoUserPool':
      return userPoolSteps(provider, props);
    case 'oidc':
      return [];
  }
}

/** @see https://developers.google.com/identity/gsi/web/guides/get-google-api-clientid */
function googleStep({ clientId }: GoogleConfig, origin: string, path: string): string {
  return (
    `Google: at https://console.cloud.google.com/auth/clients open ${clientId} and add ` +
    `the authorized JavaScript origin ${origin} and the authorized redirect URI ${origin}${path}`
  );
}

function userPoolSteps(provider: UserPoolConfig, { site, hosts, userPool }: NextStepsProps): string[] {
  const { existing, provision } = provider;
  const signIn = `https://${userPoolAddresses(provider, site.region).hostedSignIn}`;
  if (existing !== undefined) {
    const pages = hosts.map((host) => `https://${host}${site.pages.login}`).join(' and ');
    return [
      `User pool: in app client ${existing.clientId} of ${existing.userPoolId} ` +
        `add the callback and sign-out URL ${pages}`,
    ];
  }
  const poolId = userPool?.pool.id;
  const { federated = [], passwords = null } = provision ?? {};
  const steps = federated.map((one) => federatedStep(one, signIn, `${poolId}`));
  if (passwords?.selfSignUp === false) {
    steps.push(
      `Accounts: aws cognito-idp admin-create-user --region ${site.region} --user-pool-id ${poolId} --username ADDRESS`,
    );
  }
  return steps;
}

/**
 * @see https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-oidc-idp.html
 * @see https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-configuring-federation-with-saml-2-0-idp.html
 */
function federatedStep(federated: FederatedConfig, signIn: string, userPoolId: string): string {
  switch (federated.kind) {
    case 'saml':
      return (
        `${federated.name}: enter the assertion consumer URL ${signIn}/saml2/idpresponse ` +
        `and the audience urn:amazon:cognito:sp:${userPoolId}`
      );
    case 'byHand':
      return `${federated.name}: it must be an identity provider of user pool ${userPoolId}, which you make`;
    case 'google':
    case 'apple':
    case 'oidc':
      return `${federatedNameOf(federated)}, for the user pool: enter the redirect URL ${signIn}/oauth2/idpresponse`;
  }
}
