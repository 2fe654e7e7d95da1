/**
 * The life of a user pool: created with its federated providers, changed, replaced by an existing pool, and removed;
 * and the path of its secrets.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SiteChanges } from '../clone.ts';
import { readBack } from '../read-back/read-back.ts';
import { searchForTexts } from '../secrets.ts';
import { applyChanges, expectEmptyPlan, expectEveryAnswer, type Scenario, type Stage } from './scenario.ts';

const site = 'docs';
const google = { kind: 'google', clientId: '123-abc.apps.googleusercontent.com' } as const;
const machine = { kind: 'oidc' as const, issuer: 'https://token.actions.githubusercontent.com', audiences: ['docs'] };
const secretName = 's3nator/docs/microsoft';
const secret = 'the-client-secret-of-microsoft-and-nobody-elses';
const microsoft = {
  kind: 'oidc',
  name: 'Microsoft',
  issuer: 'https://login.microsoftonline.com/tenant/v2.0',
  clientId: 'ms-client',
  secret: secretName,
  attributes: { emailVerified: 'xms_edov' },
} as const;
const okta = { kind: 'saml', name: 'Okta', metadata: 'https://example.okta.com/app/x/sso/saml/metadata' } as const;
const state = { bucket: 'states-of-ours', region: 'eu-west-1' };

export const providers: Scenario = {
  name: 'providers',
  title: 'a user pool with OpenID Connect, SAML and passwords; an existing one; none',
  run: async (stage) => {
    const { steps, tools, clone, aws } = stage;
    const apply = async (name: string, changes: SiteChanges): Promise<void> => {
      await readBack(await applyChanges(stage, site, { state, ...changes }, name), steps);
      await expectEmptyPlan(stage, site);
    };

    const LocationConstraint = state.region;
    await aws.sdk.call('s3', 'create_bucket', {
      Bucket: state.bucket,
      CreateBucketConfiguration: { LocationConstraint },
    });
    await aws.sdk.call('secretsmanager', 'create_secret', { Name: secretName, SecretString: secret });
    clone.configure({ [site]: {} });
    await steps.step('npm run keys -- create', () => tools.createKeys(site));

    const provision = { domainPrefix: 'example-docs', passwords: { selfSignUp: false }, federated: [microsoft, okta] };
    await apply('a user pool and Google', {
      deletionProtection: false,
      providers: [google, { kind: 'cognitoUserPool', trustedDomains: { Okta: ['example.com'] }, provision }, machine],
    });
    await checkSecret(stage);
    await apply('anyone may create an account, longer passwords, SAML only', {
      deletionProtection: false,
      providers: [
        google,
        {
          kind: 'cognitoUserPool',
          provision: { ...provision, passwords: { selfSignUp: true, minimumLength: 16 }, federated: [okta] },
        },
      ],
    });

    const existing = await existingPool(stage);
    await apply('an existing user pool, alone', {
      providers: [{ kind: 'cognitoUserPool', existing, logout: true, trustedDomains: { Cognito: ['example.com'] } }],
    });
    await apply('Google alone', { providers: [google] });
    await steps.check('what the stack created is gone, and what existed before is not', async () => {
      const { UserPools } = await aws.sdk.call('cognito-idp', 'list_user_pools', { MaxResults: 60 });
      assert.deepEqual(
        UserPools.map(({ Id }: { Id: string }) => Id),
        [existing.userPoolId],
      );
    });
    await expectEveryAnswer(stage);
  },
};

/** A pool that an operator created elsewhere. */
async function existingPool({ aws }: Stage) {
  const { UserPool } = await aws.sdk.call('cognito-idp', 'create_user_pool', { PoolName: 'company' });
  const parameters = { UserPoolId: UserPool.Id, ClientName: 'docs', GenerateSecret: false };
  const { UserPoolClient } = await aws.sdk.call('cognito-idp', 'create_user_pool_client', parameters);
  return { userPoolId: UserPool.Id, clientId: UserPoolClient.ClientId, domain: 'sign-in.example.com' };
}

async function checkSecret({ steps, aws, clone, tools }: Stage): Promise<void> {
  await steps.check('Cognito has the client secret; the synthesized stack and the output do not', async () => {
    const { UserPools } = await aws.sdk.call('cognito-idp', 'list_user_pools', { MaxResults: 60 });
    const parameters = { UserPoolId: UserPools[0].Id, ProviderName: 'Microsoft' };
    const { IdentityProvider } = await aws.sdk.call('cognito-idp', 'describe_identity_provider', parameters);
    assert.equal(IdentityProvider.ProviderDetails.client_secret, secret);
    const stack = readFileSync(join(clone.root, 'cdktf.out/stacks', site, 'cdk.tf.json'), 'utf8');
    assert.ok(stack.includes(secretName) && !stack.includes(secret));
    const { searched, found } = searchForTexts([secret], [join(clone.root, 'cdktf.out'), tools.logs]);
    assert.ok(searched.length > 5);
    assert.deepEqual(found, []);
  });
  await steps.check('the state has it, as the docs say, and is stored only in its bucket, encrypted', async () => {
    const { Contents } = await aws.sdk.call('s3', 'list_objects_v2', { Bucket: state.bucket });
    const [{ Key }] = Contents;
    const { ServerSideEncryption } = await aws.sdk.call('s3', 'head_object', { Bucket: state.bucket, Key });
    assert.equal(ServerSideEncryption, 'AES256');
  });
}
