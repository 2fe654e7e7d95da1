/** Checks a live user pool: its accounts, its only app client, its hosted sign-in and its federated providers. */
import assert from 'node:assert/strict';
import { federatedNameOf, type NewUserPoolConfig } from '../../contract/providers.ts';
import type { Answer } from '../local-aws/sdk.ts';
import type { Steps } from '../report.ts';
import type { LiveSite } from './live-site.ts';

/** The user pools of a site. There should be at most one. */
async function userPoolsOf({ sdk, prefix }: Pick<LiveSite, 'sdk' | 'prefix'>): Promise<Answer[]> {
  const { UserPools } = await sdk.call('cognito-idp', 'list_user_pools', { MaxResults: 60 });
  return UserPools.filter(({ Name }: Answer) => Name === prefix);
}

export async function checkUserPool(site: LiveSite, steps: Steps): Promise<void> {
  const { sdk, config, identityPool } = site;
  const provider = config.providers.find((one) => one.kind === 'cognitoUserPool');
  const { S3NATOR_USER_POOL_ID, S3NATOR_USER_POOL_CLIENT_ID } = site.function.Environment.Variables;
  const pools = await userPoolsOf(site);

  if (provider?.provision === undefined) {
    await steps.check('no user pool is created', () => {
      assert.equal(pools.length, 0);
      assert.equal(S3NATOR_USER_POOL_ID, provider?.existing?.userPoolId);
      assert.equal(S3NATOR_USER_POOL_CLIENT_ID, provider?.existing?.clientId);
    });
  } else {
    const { provision } = provider;
    const [found] = pools;
    await steps.check('the Lambda knows the user pool, and there is one', () => {
      assert.deepEqual([pools.length, found?.Id], [1, S3NATOR_USER_POOL_ID]);
    });
    const { UserPool } = await sdk.call('cognito-idp', 'describe_user_pool', { UserPoolId: found?.Id });
    await steps.check('accounts and passwords are as the config says', () => {
      assert.equal(UserPool.AdminCreateUserConfig.AllowAdminCreateUserOnly, provision.passwords?.selfSignUp !== true);
      assert.equal(UserPool.Policies.PasswordPolicy.MinimumLength, provision.passwords?.minimumLength ?? 99);
      assert.deepEqual([UserPool.UsernameAttributes, UserPool.AutoVerifiedAttributes], [['email'], ['email']]);
      assert.equal(UserPool.UsernameConfiguration.CaseSensitive, false);
      assert.equal(UserPool.Domain, provision.domainPrefix);
    });
    await checkClient(site, found?.Id, provision, steps);
    await checkFederated(site, found?.Id, provision, steps);
  }

  await steps.check('the identity pool knows the user pool of the config, and no others', () => {
    const known = identityPool?.CognitoIdentityProviders ?? [];
    if (S3NATOR_USER_POOL_ID === undefined || identityPool === undefined) return assert.deepEqual(known, []);
    const region = S3NATOR_USER_POOL_ID.split('_')[0];
    return assert.deepEqual(
      known.map(({ ProviderName, ClientId }: Answer) => [ProviderName, ClientId]),
      [[`cognito-idp.${region}.amazonaws.com/${S3NATOR_USER_POOL_ID}`, S3NATOR_USER_POOL_CLIENT_ID]],
    );
  });
}

async function checkClient(site: LiveSite, UserPoolId: string, provision: NewUserPoolConfig, steps: Steps) {
  const { sdk, config, distribution } = site;
  await steps.check('its only app client has no secret, and sends codes to the login page only', async () => {
    const { UserPoolClients } = await sdk.call('cognito-idp', 'list_user_pool_clients', { UserPoolId });
    assert.equal(UserPoolClients.length, 1);
    const { ClientId } = UserPoolClients[0];
    assert.equal(ClientId, site.function.Environment.Variables.S3NATOR_USER_POOL_CLIENT_ID);
    const { UserPoolClient: client } = await sdk.call('cognito-idp', 'describe_user_pool_client', {
      UserPoolId,
      ClientId,
    });
    assert.equal(client.ClientSecret, undefined);
    const { domain, pages } = config;
    const hosts = domain === null ? [distribution.DomainName] : [domain.name, ...domain.aliases];
    const login = hosts.map((host) => `https://${host}${pages.login}`).sort();
    assert.deepEqual([client.CallbackURLs.sort(), client.LogoutURLs.sort()], [login, login]);
    assert.deepEqual(client.AllowedOAuthFlows, ['code']);
    assert.deepEqual(client.AllowedOAuthScopes.sort(), ['email', 'openid']);
    assert.deepEqual(client.ExplicitAuthFlows, ['ALLOW_REFRESH_TOKEN_AUTH']);
    assert.deepEqual(client.WriteAttributes, ['email']);
    const own = provision.passwords === null ? [] : ['COGNITO'];
    const names = [...own, ...provision.federated.map(federatedNameOf)];
    assert.deepEqual([...client.SupportedIdentityProviders].sort(), names.sort());
  });
}

async function checkFederated({ sdk }: LiveSite, UserPoolId: string, { federated }: NewUserPoolConfig, steps: Steps) {
  await steps.check("it has the config's providers, and treats addresses as verified only if they say so", async () => {
    for (const one of federated) {
      const ProviderName = federatedNameOf(one);
      const parameters = { UserPoolId, ProviderName };
      const { IdentityProvider } = await sdk.call('cognito-idp', 'describe_identity_provider', parameters);
      const { AttributeMapping: mapping, ProviderDetails: details } = IdentityProvider;
      if (one.kind === 'oidc') {
        assert.deepEqual([details.oidc_issuer, details.client_id], [one.issuer, one.clientId]);
        assert.ok(details.client_secret);
      }
      if (one.kind === 'saml') assert.equal(details.MetadataURL ?? details.MetadataFile, one.metadata);
      if (one.kind === 'oidc' || one.kind === 'saml') {
        assert.equal(mapping.email, one.attributes.email);
        assert.equal(mapping.email_verified ?? null, one.attributes.emailVerified);
      }
    }
    const { Providers } = await sdk.call('cognito-idp', 'list_identity_providers', { UserPoolId });
    assert.equal(Providers.length, federated.length);
  });
}
