import { describe, expect, it } from 'vitest';
import type { ConfigOptions } from '../../contract/config.ts';
import { decodeEnvironment } from '../../contract/environment.ts';
import { synthesizeSite } from '../testing/synthesized-site.ts';

type Providers = ConfigOptions['sites'][string]['providers'];

const google = { kind: 'google' as const, clientId: '1.apps.googleusercontent.com' };
const state = { bucket: 'states', region: 'eu-west-1' };
const provision = {
  domainPrefix: 'example-docs',
  passwords: { selfSignUp: false },
  federated: [
    { kind: 'google' as const, clientId: 'g-client', secret: 's3nator/docs/google' },
    {
      kind: 'apple' as const,
      servicesId: 'com.example.docs',
      teamId: 'ABCDE12345',
      keyId: 'FGHIJ67890',
      secret: 'apple',
    },
    {
      kind: 'oidc' as const,
      name: 'Microsoft',
      issuer: 'https://login.microsoftonline.com/tenant/v2.0',
      clientId: 'ms-client',
      secret: 's3nator/docs/microsoft',
      attributes: { emailVerified: 'xms_edov' },
    },
    { kind: 'saml' as const, name: 'Okta', metadata: 'https://example.okta.com/app/x/sso/saml/metadata' },
    { kind: 'byHand' as const, name: 'Partner' },
  ],
};
const providers: Providers = [
  google,
  { kind: 'cognitoUserPool', trustedDomains: { Okta: ['example.com'] }, provision },
];
const site = synthesizeSite({ site: { providers, state } });

describe('UserPool', () => {
  it('lets pages sign in by authorization code, without a secret, and return to the login page only', () => {
    expect(site.only('aws_cognito_user_pool_client')).toMatchObject({
      generate_secret: false,
      allowed_oauth_flows_user_pool_client: true,
      allowed_oauth_flows: ['code'],
      callback_urls: ['https://<site/cdn/distribution.domain_name>/public/login.html'],
      logout_urls: ['https://<site/cdn/distribution.domain_name>/public/login.html'],
      explicit_auth_flows: ['ALLOW_REFRESH_TOKEN_AUTH'],
      prevent_user_existence_errors: 'ENABLED',
      supported_identity_providers: ['COGNITO', 'Google', 'SignInWithApple', 'Microsoft', 'Okta', 'Partner'],
    });
  });

  it('treats an address in any case as the name of one account, and only mail to it can recover the account', () => {
    expect(site.only('aws_cognito_user_pool')).toMatchObject({
      username_attributes: ['email'],
      username_configuration: { case_sensitive: false },
      account_recovery_setting: { recovery_mechanism: [{ name: 'verified_email', priority: 1 }] },
    });
  });

  it('requires only a password length, and a week for a temporary password', () => {
    expect(site.only('aws_cognito_user_pool').password_policy).toEqual({
      minimum_length: 12,
      require_lowercase: false,
      require_uppercase: false,
      require_numbers: false,
      require_symbols: false,
      temporary_password_validity_days: 7,
    });
  });

  it('keeps tokens as short-lived as Cognito allows, and lets them be revoked', () => {
    expect(site.only('aws_cognito_user_pool_client')).toMatchObject({
      enable_token_revocation: true,
      token_validity_units: [{ id_token: 'minutes', access_token: 'minutes', refresh_token: 'minutes' }],
      id_token_validity: 10,
      access_token_validity: 5,
      refresh_token_validity: 60,
    });
  });

  it('creates the domain and the providers before the client that names them', () => {
    const { aws_cognito_identity_provider: made, aws_cognito_user_pool_domain: domain } = site.json.resource;
    const names = [
      ...Object.keys(domain).map((name) => `aws_cognito_user_pool_domain.${name}`),
      ...Object.keys(made).map((name) => `aws_cognito_identity_provider.${name}`),
    ];
    expect(names).toHaveLength(5);
    expect(site.only('aws_cognito_user_pool_client').depends_on.sort()).toEqual(names.sort());
  });

  it('gives nobody a token that could change an attribute', () => {
    const { allowed_oauth_scopes, write_attributes } = site.only('aws_cognito_user_pool_client');
    expect([allowed_oauth_scopes, write_attributes]).toEqual([['openid', 'email'], ['email']]);
    expect(site.only('aws_cognito_user_pool')).toMatchObject({
      auto_verified_attributes: ['email'],
      user_attribute_update_settings: { attributes_require_verification_before_update: ['email'] },
    });
  });

  it('keeps `identities`, which says who vouches for an address, in the tokens of a pool with other providers', () => {
    expect(site.only('aws_cognito_user_pool_client')).not.toHaveProperty('read_attributes');
    const alone: Providers = [{ kind: 'cognitoUserPool', provision: { ...provision, federated: [] } }];
    const synthesized = synthesizeSite({ site: { providers: alone, access: { blocked: [], rules: [] } } });
    const { read_attributes } = synthesized.only('aws_cognito_user_pool_client');
    expect(read_attributes).toEqual(['email', 'email_verified']);
  });

  it('registers every host of a custom domain', () => {
    const domain = { name: 'docs.example.com', aliases: ['www.example.com'], hostedZone: 'example.com' };
    const { callback_urls } = synthesizeSite({ site: { providers, state, domain } }).only(
      'aws_cognito_user_pool_client',
    );
    expect(callback_urls).toEqual([
      'https://docs.example.com/public/login.html',
      'https://www.example.com/public/login.html',
    ]);
  });

  it.each([
    ['only operators create accounts', { selfSignUp: false }, true, 12],
    ['anyone creates an account', { selfSignUp: true, minimumLength: 16 }, false, 16],
  ])('%s, if the config says so', (_, passwords, adminOnly, minimumLength) => {
    const pool: Providers = [{ kind: 'cognitoUserPool', provision: { domainPrefix: 'x', passwords } }];
    const changes = { providers: pool, access: { blocked: [], rules: [] } };
    expect(synthesizeSite({ site: changes }).only('aws_cognito_user_pool')).toMatchObject({
      admin_create_user_config: { allow_admin_create_user_only: adminOnly },
      password_policy: { minimum_length: minimumLength },
    });
  });

  it('offers no passwords without them, and lets nobody create an account', () => {
    const pool: Providers = [
      {
        kind: 'cognitoUserPool',
        provision: { ...provision, passwords: null, federated: provision.federated.slice(3) },
      },
    ];
    const synthesized = synthesizeSite({ site: { providers: pool, access: { blocked: [], rules: [] } } });
    expect(synthesized.only('aws_cognito_user_pool_client').supported_identity_providers).toEqual(['Okta', 'Partner']);
    expect(synthesized.only('aws_cognito_user_pool')).toMatchObject({
      admin_create_user_config: { allow_admin_create_user_only: true },
      password_policy: { minimum_length: 99 },
    });
  });

  it('protects the accounts from a deploy that would delete them', () => {
    expect(site.only('aws_cognito_user_pool')).toMatchObject({
      deletion_protection: 'ACTIVE',
      lifecycle: { prevent_destroy: true },
    });
    const open = synthesizeSite({ site: { providers, state, deletionProtection: false } });
    expect(open.only('aws_cognito_user_pool')).toMatchObject({
      deletion_protection: 'INACTIVE',
      lifecycle: { prevent_destroy: false },
    });
  });

  it('reaches the Lambda by plain references, and the rest in its settings', () => {
    const { variables } = site.only('aws_lambda_function').environment;
    expect(variables).toMatchObject({
      S3NATOR_USER_POOL_ID: '<site/users/pool.id>',
      S3NATOR_USER_POOL_CLIENT_ID: '<site/users/client.id>',
    });
    expect(decodeEnvironment(variables).providers[1]).toEqual({
      kind: 'cognitoUserPool',
      label: 'Sign in with your account',
      hostedSignIn: 'example-docs.auth.eu-west-1.amazoncognito.com',
      callbackPath: '/public/login.html',
      logout: false,
      endpoint: 'https://cognito-idp.eu-west-1.amazonaws.com',
      trustedDomains: { Okta: ['example.com'] },
    });
  });

  it("returns to the site's own login page, where the config names one", () => {
    const pages = { login: '/public/enter.html', notFound: '/public/not-found.html' };
    const own = synthesizeSite({
      site: { providers, state, pages, content: 'www' },
      files: {
        'www/public/enter.html':
          '<script type="module" src="/public/secure-login.js"></script><secure-login></secure-login>',
      },
    });
    const page = 'https://<site/cdn/distribution.domain_name>/public/enter.html';
    expect(own.only('aws_cognito_user_pool_client')).toMatchObject({ callback_urls: [page], logout_urls: [page] });
    const { variables } = own.only('aws_lambda_function').environment;
    expect(decodeEnvironment(variables).providers[1]).toMatchObject({ callbackPath: '/public/enter.html' });
  });

  it('is known to the identity pool next to Google', () => {
    expect(site.only('aws_cognito_identity_pool')).toMatchObject({
      supported_login_providers: { 'accounts.google.com': '1.apps.googleusercontent.com' },
      cognito_identity_providers: [
        {
          client_id: '<site/users/client.id>',
          provider_name: 'cognito-idp.eu-west-1.amazonaws.com/<site/users/pool.id>',
        },
      ],
    });
  });

  it('says after the deploy which values to enter where', () => {
    const [, { value = '' } = {}] =
      Object.entries<{ value: string }>(site.json.output).find(([name]) => name === 'next_steps') ?? [];
    expect(value).toContain(
      'Okta: enter the assertion consumer URL https://example-docs.auth.eu-west-1.amazoncognito.com/saml2/idpresponse',
    );
    expect(value).toContain(
      'Microsoft, for the user pool: enter the redirect URL ' +
        'https://example-docs.auth.eu-west-1.amazoncognito.com/oauth2/idpresponse',
    );
    expect(value).toContain('Partner: it must be an identity provider of user pool');
    expect(value).toContain('aws cognito-idp admin-create-user --region eu-west-1');
  });
});

describe('FederatedProvider', () => {
  const of = (name: string) =>
    site.resources('aws_cognito_identity_provider').find(({ block }) => block.provider_name === name)?.block;

  it('is created for all providers except those that an operator creates by hand', () => {
    const names = site.resources('aws_cognito_identity_provider').map(({ block }) => block.provider_name);
    expect(names.sort()).toEqual(['Google', 'Microsoft', 'Okta', 'SignInWithApple']);
  });

  it('names its client secret, which Terraform reads; the secret itself appears nowhere', () => {
    expect(of('Microsoft').provider_details).toMatchObject({
      client_id: 'ms-client',
      client_secret: expect.stringMatching(/^\$\{data\.aws_secretsmanager_secret_version\.\w+\.secret_string\}$/),
      oidc_issuer: 'https://login.microsoftonline.com/tenant/v2.0',
      authorize_scopes: 'openid email profile',
    });
    expect(of('SignInWithApple').provider_details).toMatchObject({
      key_id: 'FGHIJ67890',
      private_key: expect.stringMatching(/^\$\{data\.aws_secretsmanager_secret_version\./),
    });
    const names = Object.values<{ secret_id: string }>(site.json.data.aws_secretsmanager_secret_version);
    expect(names.map(({ secret_id }) => secret_id).sort()).toEqual([
      'apple',
      's3nator/docs/google',
      's3nator/docs/microsoft',
    ]);
  });

  it('treats an address as verified only if the provider says so', () => {
    expect(of('Google').attribute_mapping).toEqual({
      email: 'email',
      email_verified: 'email_verified',
      username: 'sub',
    });
    expect(of('Microsoft').attribute_mapping).toEqual({ email: 'email', email_verified: 'xms_edov', username: 'sub' });
    expect(of('Okta').attribute_mapping).toEqual({
      email: 'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress',
    });
  });

  it('reads the metadata of a SAML provider where the provider publishes it', () => {
    expect(of('Okta').provider_details).toEqual({
      MetadataURL: 'https://example.okta.com/app/x/sso/saml/metadata',
    });
  });

  it('asks Google and Apple for the address', () => {
    expect(of('Google').provider_details.authorize_scopes.split(' ')).toEqual(
      expect.arrayContaining(['openid', 'email']),
    );
    expect(of('SignInWithApple').provider_details.authorize_scopes.split(' ')).toContain('email');
    expect(of('SignInWithApple').attribute_mapping).toEqual({
      email: 'email',
      email_verified: 'email_verified',
      username: 'sub',
    });
  });

  it('tries to remove nothing that Cognito adds by itself, and manages all that the config says', () => {
    for (const { block } of site.resources('aws_cognito_identity_provider')) {
      const ignored: string[] = block.lifecycle.ignore_changes;
      expect(ignored.length).toBeGreaterThan(2);
      for (const name of Object.keys(block.provider_details)) {
        expect(ignored).not.toContain(`provider_details["${name}"]`);
      }
    }
  });

  it('ignores what Cognito adds by itself', () => {
    expect(of('Okta').lifecycle.ignore_changes).toContain('provider_details["ActiveEncryptionCertificate"]');
    expect(of('Microsoft').lifecycle.ignore_changes).toContain('provider_details["jwks_uri"]');
  });

  it('accepts inline metadata that is not published, including dollar signs', () => {
    const metadata = '<EntityDescriptor entityID="x">${y}</EntityDescriptor>';
    const saml = { kind: 'saml' as const, name: 'Corp', metadata, attributes: { emailVerified: 'verified' } };
    const pool: Providers = [
      google,
      { kind: 'cognitoUserPool', provision: { domainPrefix: 'x', passwords: null, federated: [saml] } },
    ];
    const block = synthesizeSite({ site: { providers: pool } }).only('aws_cognito_identity_provider');
    expect(block.provider_details).toEqual({ MetadataFile: metadata.replace('${', () => '$${') });
    expect(block.attribute_mapping.email_verified).toBe('verified');
  });
});

describe('an existing user pool', () => {
  const existing = { userPoolId: 'eu-central-1_AbC123', clientId: '1existing', domain: 'sign-in.example.com' };
  const there = synthesizeSite({ site: { providers: [google, { kind: 'cognitoUserPool', existing, logout: true }] } });

  it('is passed to the Lambda, and nothing of it is created', () => {
    for (const type of ['', '_client', '_domain']) expect(there.resources(`aws_cognito_user_pool${type}`)).toEqual([]);
    expect(there.resources('aws_cognito_identity_provider')).toEqual([]);
    const { variables } = there.only('aws_lambda_function').environment;
    expect(decodeEnvironment(variables)).toMatchObject({
      userPool: { id: 'eu-central-1_AbC123', clientId: '1existing' },
      providers: [
        {},
        {
          hostedSignIn: 'sign-in.example.com',
          endpoint: 'https://cognito-idp.eu-central-1.amazonaws.com',
          logout: true,
        },
      ],
    });
  });

  it('is known to the identity pool, in its own Region', () => {
    expect(there.only('aws_cognito_identity_pool').cognito_identity_providers).toEqual([
      {
        client_id: '1existing',
        provider_name: 'cognito-idp.eu-central-1.amazonaws.com/eu-central-1_AbC123',
        server_side_token_check: false,
      },
    ]);
  });

  it('asks the operator to register the login page', () => {
    expect(there.text).toContain(
      'User pool: in app client 1existing of eu-central-1_AbC123 add the callback and sign-out URL',
    );
  });
});

describe('a site without Google', () => {
  const alone: Providers = [
    { kind: 'cognitoUserPool', provision: { domainPrefix: 'x', passwords: { selfSignUp: true } } },
  ];
  const changes = { providers: alone, access: { blocked: [], rules: [{ who: { anyone: true as const } }] } };

  it('loads nothing from Google, and its identity pool accepts no Google account', () => {
    const synthesized = synthesizeSite({ site: changes });
    expect(synthesized.text).not.toContain('google');
    expect(synthesized.only('aws_cognito_identity_pool').supported_login_providers).toBeUndefined();
  });
});
