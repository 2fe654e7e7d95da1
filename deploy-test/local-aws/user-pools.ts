/**
 * What moto 5.2 loses or lacks of user pools: fields that are set once, tags, and Cognito's own details of an identity
 * provider.
 */
import { TagChanges } from './tag-changes.ts';

// biome-ignore lint/suspicious/noExplicitAny: any JSON of the service
type Json = any;

/** Fields that a pool gets at creation and that can never change. moto loses them with the first change. */
const setOnce = ['UsernameAttributes', 'UsernameConfiguration', 'AliasAttributes'] as const;

/**
 * Details that Cognito adds: discovered from the provider, or generated.
 * @see https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_IdentityProviderType.html
 */
const added: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  OIDC: {
    attributes_url: 'https://provider.example/userinfo',
    attributes_url_add_attributes: 'false',
    authorize_url: 'https://provider.example/authorize',
    jwks_uri: 'https://provider.example/keys',
    token_url: 'https://provider.example/token',
  },
  SAML: {
    ActiveEncryptionCertificate: 'MIIBszCCARwCCQ',
    SLORedirectBindingURI: 'https://provider.example/logout',
    SSORedirectBindingURI: 'https://provider.example/sso',
  },
};

export class UserPools {
  private readonly initialFields = new Map<string, Json>();
  private readonly tags = new TagChanges();

  /** How to change moto's answer to an operation; undefined: not at all. */
  change(operation: string, sent: Json): ((body: Json) => Json) | undefined {
    switch (operation) {
      case 'CreateUserPool':
        return (body) => {
          const kept = setOnce.filter((field) => sent[field] !== undefined).map((field) => [field, sent[field]]);
          this.initialFields.set(body.UserPool.Id, Object.fromEntries(kept));
          this.tags.put(body.UserPool.Id, sent.UserPoolTags ?? {});
          return body;
        };
      case 'DescribeUserPool':
        return ({ UserPool: pool }) => ({
          UserPool: {
            ...pool,
            ...this.initialFields.get(sent.UserPoolId),
            UserPoolTags: this.tags.over(sent.UserPoolId, pool.UserPoolTags ?? {}),
            // The provider omits a value that is false. Cognito returns it.
            AdminCreateUserConfig: { AllowAdminCreateUserOnly: false, ...pool.AdminCreateUserConfig },
          },
        });
      case 'DescribeIdentityProvider':
        return ({ IdentityProvider: provider }) => ({
          IdentityProvider: {
            ...provider,
            ProviderDetails: { ...added[provider.ProviderType], ...provider.ProviderDetails },
          },
        });
      case 'TagResource':
        this.tags.put(sent.ResourceArn.split('userpool/')[1], sent.Tags);
        return undefined;
      case 'UntagResource':
        this.tags.takeOff(sent.ResourceArn.split('userpool/')[1], sent.TagKeys);
        return undefined;
      default:
        return undefined;
    }
  }
}
