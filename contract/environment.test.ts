import { describe, expect, it } from 'vitest';
import { decodeEnvironment, type Environment, encodeEnvironment } from './environment.ts';

const environment: Environment = {
  site: 'docs',
  stage: 'prod',
  pseudonyms: false,
  metrics: true,
  hosts: ['docs.example.com', 'd111111abcdef8.cloudfront.net'],
  allowedOrigins: ['https://app.example.com'],
  privateBucket: 'docs-prod-private',
  keyPairId: 'K2JCJMDEHXQW5F',
  identityPoolId: 'eu-west-1:6b2d3c9e-0000-4000-8000-000000000000',
  accessRequests: { mayAsk: { hostedDomains: ['partner.example'] }, maximumOpen: 100 },
  requestsTopic: 'arn:aws:sns:eu-west-1:111122223333:docs-prod-requests',
  userPool: { id: 'eu-west-1_AbC123', clientId: '1example' },
  providers: [
    {
      kind: 'google',
      clientId: '1.apps.googleusercontent.com',
      otherClientIds: ['ci'],
      scriptUrl: 'https://accounts.google.com/gsi/client',
      redirectOnIos: true,
      keySetUrl: 'https://www.googleapis.com/oauth2/v3/certs',
    },
    {
      kind: 'cognitoUserPool',
      label: 'Sign in with your account',
      hostedSignIn: 'example.auth.eu-west-1.amazoncognito.com',
      callbackPath: '/public/login.html',
      logout: true,
      endpoint: 'https://cognito-idp.eu-west-1.amazonaws.com',
      trustedDomains: { Okta: ['example.com'] },
    },
    {
      kind: 'oidc',
      issuer: 'https://token.actions.githubusercontent.com',
      audiences: ['https://docs.example.com'],
      algorithm: 'RS256',
      keySetUrl: null,
      discoveryUrl: 'https://token.actions.githubusercontent.com/.well-known/openid-configuration',
      trustedDomains: [],
    },
  ],
  session: { cookieSeconds: 3600, maximumSeconds: 86_400, persistent: false, claims: ['groups'] },
  signing: { fingerprint: '0123456789abcdef', key: 'P-256', hash: 'SHA256' },
  kmsKeyArn: null,
  trustedKeys: { '0123456789abcdef': 'MFkw', fedcba9876543210: 'MFkx' },
};

describe('environment', () => {
  it('is read back as it was written', () => {
    expect(decodeEnvironment(encodeEnvironment(environment))).toEqual(environment);
  });

  it('is read back without any pool, and without requests for access', () => {
    const without = { ...environment, identityPoolId: null, userPool: null, accessRequests: null, requestsTopic: null };
    expect(decodeEnvironment(encodeEnvironment(without))).toEqual(without);
  });

  it('is read back with a key in KMS', () => {
    const kmsKeyArn = 'arn:aws:kms:eu-west-1:111122223333:key/1';
    expect(decodeEnvironment(encodeEnvironment({ ...environment, kmsKeyArn }))).toEqual({ ...environment, kmsKeyArn });
  });

  it('survives references that are filled in later, even if they contain quotes', () => {
    const variables = encodeEnvironment({ ...environment, hosts: [`\${aws_cloudfront_distribution.cdn.domain_name}`] });
    expect(variables['S3NATOR_HOSTS']).toBe(`\${aws_cloudfront_distribution.cdn.domain_name}`);
    expect(variables['S3NATOR_SETTINGS']).not.toContain('$' + '{');
  });

  it('holds each trusted key in a separate variable, which may be a reference', () => {
    const spki = `\${data.aws_kms_public_key.next.public_key}`;
    const variables = encodeEnvironment({ ...environment, trustedKeys: { '0123456789abcdef': spki } });
    expect(variables['S3NATOR_TRUSTED_KEY_0123456789abcdef']).toBe(spki);
    expect(variables['S3NATOR_SETTINGS']).not.toContain('trustedKeys');
  });

  it('does not start with a trusted key under another kind of name, or an empty one', () => {
    for (const name of ['S3NATOR_TRUSTED_KEY_x', 'S3NATOR_TRUSTED_KEY_0123456789abcdef']) {
      expect(() => decodeEnvironment({ ...encodeEnvironment(environment), [name]: '' })).toThrow('trustedKeys');
    }
  });

  it.each(['0123456789abcde', '0123456789abcdef0', '0123456789ABCDEF', '0123456789abcdeg'])(
    'does not start with a key that is named %s',
    (fingerprint) => {
      const named = { ...encodeEnvironment(environment), [`S3NATOR_TRUSTED_KEY_${fingerprint}`]: 'spki' };
      expect(() => decodeEnvironment(named)).toThrow('trustedKeys');
      const signing = { ...environment.signing, fingerprint };
      expect(() => decodeEnvironment(encodeEnvironment({ ...environment, signing }))).toThrow('signing.fingerprint');
    },
  );

  it.each(['privateBucket', 'keyPairId'] as const)('does not start with an empty %s', (field) => {
    expect(() => decodeEnvironment(encodeEnvironment({ ...environment, [field]: '' }))).toThrow(field);
  });

  it.each(['hosts', 'providers'] as const)('does not start without at least one of %s', (field) => {
    expect(() => decodeEnvironment(encodeEnvironment({ ...environment, [field]: [] }))).toThrow(field);
  });

  it.each(['S3NATOR_SETTINGS', 'S3NATOR_HOSTS', 'S3NATOR_PRIVATE_BUCKET', 'S3NATOR_KEY_PAIR_ID'])(
    'does not start without %s',
    (name) => {
      const { [name]: _, ...rest } = encodeEnvironment(environment);
      expect(() => decodeEnvironment(rest)).toThrow();
    },
  );

  it('does not start with a user pool without its client', () => {
    const { S3NATOR_USER_POOL_CLIENT_ID: _, ...rest } = encodeEnvironment(environment);
    expect(() => decodeEnvironment(rest)).toThrow('Lambda environment: userPool.clientId is missing or wrong');
  });

  it.each(['7', 'null', '"text"'])('does not start with %s as its settings', (settings) => {
    const broken = { ...encodeEnvironment(environment), S3NATOR_SETTINGS: settings };
    expect(() => decodeEnvironment(broken)).toThrow('S3NATOR_SETTINGS is not a JSON object');
  });

  it('names the field that is wrong and never its value', () => {
    const settings = { ...JSON.parse(encodeEnvironment(environment)['S3NATOR_SETTINGS'] ?? ''), session: 'secret' };
    const broken = { ...encodeEnvironment(environment), S3NATOR_SETTINGS: JSON.stringify(settings) };
    expect(() => decodeEnvironment(broken)).toThrow('Lambda environment: session is missing or wrong');
  });
});
