/** Owns what moto 5.2 loses or lacks of user pools: what is set once stays set, tags too, and Cognito's own details of an identity provider. */
import { TagChanges } from './tag-changes.ts';

// biome-ignore lint/suspicious/noExplicitAny: whatever JSON the service speaks
type Json = any;

/** What a pool is given when it is made and can never be changed; moto loses it with the first change. */
const setOnce = ['UsernameAttributes', 'UsernameConfiguration', 'AliasAttributes'] as const;

/**
 * What Cognito adds to what it is given: found out from the provider, or made by itself.
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
  private readonly beginnings = new Map<string, Json>();
  private readonly tags = new TagChanges();

  /** How moto's answer to an operation is to be changed; undefined: not at all. */
  change(operation: string, sent: Json): ((body: Json) => Json) | undefined {
    switch (operation) {
      case 'CreateUserPool':
        return (body) => {
          const kept = setOnce.filter((field) => sent[field] !== undefined).map((field) => [field, sent[field]]);
          this.beginnings.set(body.UserPool.Id, Object.fromEntries(kept));
          this.tags.put(body.UserPool.Id, sent.UserPoolTags ?? {});
          return body;
        };
      case 'DescribeUserPool':
        return ({ UserPool: pool }) => ({
          UserPool: {
            ...pool,
            ...this.beginnings.get(sent.UserPoolId),
            UserPoolTags: this.tags.over(sent.UserPoolId, pool.UserPoolTags ?? {}),
            // The provider leaves out what is false; Cognito says it.
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
