/** The Cognito user pool that a config asks for: accounts, hosted sign-in, federated providers and one app client. */
import { CognitoUserPool } from '@cdktf/provider-aws/lib/cognito-user-pool/index.js';
import { CognitoUserPoolClient } from '@cdktf/provider-aws/lib/cognito-user-pool-client/index.js';
import { CognitoUserPoolDomain } from '@cdktf/provider-aws/lib/cognito-user-pool-domain/index.js';
import { Construct } from 'constructs';
import { federatedNameOf, type NewUserPoolConfig } from '../../contract/providers.ts';
import { maximumSignInSeconds, userPoolScopes } from '../../contract/session-api.ts';
import { FederatedProvider } from './federated-provider.ts';

export interface UserPoolProps {
  /** Site and stage. */
  readonly name: string;
  readonly settings: NewUserPoolConfig;
  /** Addresses of the login page on every host of the site. The hosted sign-in may return only there. */
  readonly pages: readonly string[];
  readonly deletionProtection: boolean;
}

export class UserPool extends Construct {
  readonly pool: CognitoUserPool;
  readonly client: CognitoUserPoolClient;

  constructor(scope: Construct, id: string, { name, settings, pages, deletionProtection }: UserPoolProps) {
    super(scope, id);
    const { passwords, federated, domainPrefix } = settings;
    this.pool = new CognitoUserPool(this, 'pool', {
      name,
      usernameAttributes: ['email'],
      usernameConfiguration: { caseSensitive: false },
      autoVerifiedAttributes: ['email'],
      // A new address counts only once it is verified. Until then the old one stays.
      userAttributeUpdateSettings: { attributesRequireVerificationBeforeUpdate: ['email'] },
      adminCreateUserConfig: { allowAdminCreateUserOnly: passwords?.selfSignUp !== true },
      // Length makes a password strong (NIST SP 800-63B, 5.1.1.2).
      passwordPolicy: {
        minimumLength: passwords?.minimumLength ?? 99,
        requireLowercase: false,
        requireUppercase: false,
        requireNumbers: false,
        requireSymbols: false,
        temporaryPasswordValidityDays: 7,
      },
      accountRecoverySetting: { recoveryMechanism: [{ name: 'verified_email', priority: 1 }] },
      deletionProtection: deletionProtection ? 'ACTIVE' : 'INACTIVE',
      lifecycle: { preventDestroy: deletionProtection },
    });
    const userPoolId = this.pool.id;
    const domain = new CognitoUserPoolDomain(this, 'domain', { domain: domainPrefix, userPoolId });
    const parts = new Construct(this, 'federated');
    const made = federated
      .filter((one) => one.kind !== 'byHand')
      .map((one) => new FederatedProvider(parts, federatedNameOf(one), { userPoolId, federated: one }).provider);

    this.client = new CognitoUserPoolClient(this, 'client', {
      name,
      userPoolId,
      // A page cannot keep a secret. PKCE (RFC 7636) replaces it.
      generateSecret: false,
      allowedOauthFlowsUserPoolClient: true,
      allowedOauthFlows: ['code'],
      // Without aws.cognito.signin.user.admin, nobody can change an attribute with this client's tokens.
      allowedOauthScopes: [...userPoolScopes],
      callbackUrls: [...pages],
      logoutUrls: [...pages],
      supportedIdentityProviders: [...(passwords === null ? [] : ['COGNITO']), ...federated.map(federatedNameOf)],
      // Sign-in works only on the hosted page, which handles the nonce.
      explicitAuthFlows: ['ALLOW_REFRESH_TOKEN_AUTH'],
      preventUserExistenceErrors: 'ENABLED',
      enableTokenRevocation: true,
      // The client must be allowed to write what Cognito maps from a federated provider.
      writeAttributes: ['email'],
      // An explicit list would have to name `identities`, so that the ID token says who vouches. Cognito knows that
      // name only once a provider is linked. With the default list, AWS includes the claim.
      ...(federated.length === 0 && { readAttributes: ['email', 'email_verified'] }),
      // The ID token is used at once, and the other two are not used. These are the shortest lifetimes that Cognito
      // allows.
      tokenValidityUnits: [{ idToken: 'minutes', accessToken: 'minutes', refreshToken: 'minutes' }],
      idTokenValidity: maximumSignInSeconds / 60,
      accessTokenValidity: 5,
      refreshTokenValidity: 60,
      dependsOn: [domain, ...made],
    });
  }

  /** The IDs by which the Lambda and the identity pool know it. */
  get ids(): { readonly id: string; readonly clientId: string } {
    return { id: this.pool.id, clientId: this.client.id };
  }
}
