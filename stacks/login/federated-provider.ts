/** One identity provider of a user pool: Google, Apple, OpenID Connect or SAML. Terraform reads its secret by name. */
import { CognitoIdentityProvider } from '@cdktf/provider-aws/lib/cognito-identity-provider/index.js';
import { DataAwsSecretsmanagerSecretVersion } from '@cdktf/provider-aws/lib/data-aws-secretsmanager-secret-version/index.js';
import { Token } from 'cdktf';
import { Construct } from 'constructs';
import { type FederatedConfig, federatedNameOf } from '../../contract/providers.ts';
import { templateLiteral } from '../text/template-literal.ts';

/** A provider that the stack creates. */
type MadeProvider = Exclude<FederatedConfig, { kind: 'byHand' }>;

export interface FederatedProviderProps {
  readonly userPoolId: string;
  readonly federated: MadeProvider;
}

interface Settings {
  readonly providerType: string;
  readonly providerDetails: Record<string, string>;
  /** User pool attribute to provider attribute. */
  readonly attributeMapping: Record<string, string>;
  /** Details that Cognito adds by itself, and that a plan would try to remove. */
  readonly added: readonly string[];
}

/** `secret`: a reference, never the text. */
function settingsOf(federated: MadeProvider, secret: string): Settings {
  switch (federated.kind) {
    case 'google':
      return {
        providerType: 'Google',
        providerDetails: {
          client_id: federated.clientId,
          client_secret: secret,
          authorize_scopes: 'openid email profile',
        },
        attributeMapping: { email: 'email', email_verified: 'email_verified', username: 'sub' },
        added: [
          'attributes_url',
          'attributes_url_add_attributes',
          'authorize_url',
          'oidc_issuer',
          'token_request_method',
          'token_url',
        ],
      };
    case 'apple':
      return {
        providerType: 'SignInWithApple',
        providerDetails: {
          client_id: federated.servicesId,
          team_id: federated.teamId,
          key_id: federated.keyId,
          private_key: secret,
          authorize_scopes: 'email name',
        },
        attributeMapping: { email: 'email', email_verified: 'email_verified', username: 'sub' },
        added: ['attributes_url_add_attributes', 'authorize_url', 'oidc_issuer', 'token_request_method', 'token_url'],
      };
    case 'oidc': {
      const { email, emailVerified } = federated.attributes;
      return {
        providerType: 'OIDC',
        providerDetails: {
          client_id: federated.clientId,
          client_secret: secret,
          oidc_issuer: federated.issuer,
          authorize_scopes: federated.scopes.join(' '),
          attributes_request_method: 'GET',
        },
        attributeMapping: { email, ...(emailVerified !== null && { email_verified: emailVerified }), username: 'sub' },
        added: ['attributes_url', 'attributes_url_add_attributes', 'authorize_url', 'jwks_uri', 'token_url'],
      };
    }
    case 'saml': {
      const { email, emailVerified } = federated.attributes;
      const metadata: Record<string, string> = federated.metadata.startsWith('https://')
        ? { MetadataURL: federated.metadata }
        : { MetadataFile: federated.metadata };
      return {
        providerType: 'SAML',
        providerDetails: metadata,
        attributeMapping: { email, ...(emailVerified !== null && { email_verified: emailVerified }) },
        added: ['ActiveEncryptionCertificate', 'SLORedirectBindingURI', 'SSORedirectBindingURI'],
      };
    }
  }
}

/** The config's texts, escaped for Terraform. Only the secret is a reference. */
const literally = (texts: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(texts).map(([name, text]) => [name, Token.isUnresolved(text) ? text : templateLiteral(text)]),
  );

export class FederatedProvider extends Construct {
  readonly provider: CognitoIdentityProvider;

  constructor(scope: Construct, id: string, { userPoolId, federated }: FederatedProviderProps) {
    super(scope, id);
    const secret =
      'secret' in federated
        ? new DataAwsSecretsmanagerSecretVersion(this, 'secret', { secretId: federated.secret }).secretString
        : '';
    const { providerType, providerDetails, attributeMapping, added } = settingsOf(federated, secret);
    this.provider = new CognitoIdentityProvider(this, 'provider', {
      userPoolId,
      providerName: federatedNameOf(federated),
      providerType,
      providerDetails: literally(providerDetails),
      attributeMapping: literally(attributeMapping),
      lifecycle: { ignoreChanges: added.map((name) => `provider_details["${name}"]`) },
    });
  }
}
