import { describe, expect, it } from 'vitest';
import { type ConfigOptions, parseConfig, type SiteConfig } from './config.ts';
import { localSite } from './local-site.ts';

const site: ConfigOptions['sites'][string] = {
  region: 'eu-west-1',
  content: null,
  providers: [{ kind: 'google', clientId: '1.apps.googleusercontent.com' }],
  identityPool: null,
  session: { cookieSeconds: 3600, maximumSeconds: 86_400 },
  access: { blocked: [], rules: [] },
};

const parsed = (change: object = {}): SiteConfig => {
  const result = parseConfig({ sites: { docs: { ...site, ...change } } });
  const docs = result.config?.sites['docs'];
  if (docs === undefined) throw new Error('the fixture is not a config');
  return docs;
};

describe('localSite', () => {
  const local = {
    siteOrigin: 'http://localhost:8080',
    standInGoogle: 'http://127.0.0.1:8081',
    standInIssuers: 'http://127.0.0.1:8082',
  };

  it("replaces only Google's addresses, the placeholder and the allowed origins", () => {
    const before = parsed({
      providers: [{ kind: 'google', clientId: 'YOUR_CLIENT_ID.apps.googleusercontent.com' }],
      allowedOrigins: ['https://app.example.com'],
    });
    expect(localSite(before, local)).toEqual({
      ...before,
      allowedOrigins: ['https://app.example.com', 'http://localhost:8080'],
      providers: [
        {
          kind: 'google',
          clientId: 'local.apps.googleusercontent.com',
          otherClientIds: [],
          redirectOnIos: true,
          scriptUrl: 'http://127.0.0.1:8081/gsi/client',
          keySetUrl: 'http://127.0.0.1:8081/oauth2/v3/certs',
        },
      ],
    });
  });

  it('keeps a client ID of your own', () => {
    expect(localSite(parsed(), local).providers[0]).toMatchObject({ clientId: '1.apps.googleusercontent.com' });
  });

  it('keeps the real Google when there is no stand-in', () => {
    expect(localSite(parsed(), { ...local, standInGoogle: null }).providers).toEqual(parsed().providers);
  });

  it('replaces every other issuer with the stand-in, under the same name', () => {
    const issuer = 'https://ci.example/';
    const machine = { kind: 'oidc', issuer, audiences: ['docs'] };
    const existing = { userPoolId: 'us-east-1_AbC123', clientId: '1client', domain: 'sign-in.example.com' };
    const before = parsed({
      providers: [
        { kind: 'cognitoUserPool', existing },
        machine,
        { ...machine, issuer: 'https://b.example', keySetUrl: 'https://b.example/k' },
      ],
    });
    const [pool, first, second] = before.providers;
    expect(localSite(before, { ...local, standInGoogle: null }).providers).toEqual([
      {
        ...pool,
        hostedSignIn: '127.0.0.1:8082',
        endpoint: 'http://127.0.0.1:8082/cognito-idp.us-east-1.amazonaws.com',
      },
      { ...first, discoveryUrl: 'http://127.0.0.1:8082/openid-configuration?issuer=https%3A%2F%2Fci.example%2F' },
      {
        ...second,
        discoveryUrl: 'http://127.0.0.1:8082/openid-configuration?issuer=https%3A%2F%2Fb.example',
        keySetUrl: 'http://127.0.0.1:8082/jwks?issuer=https%3A%2F%2Fb.example',
      },
    ]);
  });

  it('does not change an issuer on this machine', () => {
    const machine = { kind: 'oidc', issuer: 'http://127.0.0.1:9000', audiences: ['docs'] };
    const before = parsed({ providers: [site.providers[0], machine] });
    expect(localSite(before, local).providers[1]).toEqual(before.providers[1]);
  });

  it('drops the custom domain, whose certificate does not exist on a laptop', () => {
    const domain = { name: 'docs.example.com', hostedZone: 'example.com' };
    expect(localSite(parsed({ domain }), local).domain).toBeNull();
  });
});
