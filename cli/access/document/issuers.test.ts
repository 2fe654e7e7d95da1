import { describe, expect, it } from 'vitest';
import { parseConfig, type SiteConfig } from '../../../contract/config.ts';
import { localSite } from '../../../contract/local-site.ts';
import { fullIssuer, knowsIssuer } from './issuers.ts';

const provision = { domainPrefix: 'example-docs', passwords: null, federated: [{ kind: 'byHand', name: 'Okta' }] };

function siteWith(...providers: readonly object[]): SiteConfig {
  const access = { blocked: [], rules: [{ who: { emails: ['alice@example.com'] } }] };
  const session = { cookieSeconds: 3600, maximumSeconds: 86_400 };
  const docs = { region: 'eu-west-1', content: null, providers, identityPool: null, session, access };
  const { config } = parseConfig({ sites: { docs } });
  if (config?.sites['docs'] === undefined) throw new Error('not a config');
  return config.sites['docs'];
}

const google = { kind: 'google', clientId: '1-a.apps.googleusercontent.com' };
const made = { kind: 'cognitoUserPool', provision };
const poolIssuer = (id: string): string => `https://cognito-idp.eu-west-1.amazonaws.com/${id}`;

describe('knowsIssuer', () => {
  it('knows the providers of the config by kind and by issuer, and no other', () => {
    const machine = { kind: 'oidc', issuer: 'https://ci.example', audiences: ['docs'] };
    const knows = knowsIssuer({ config: siteWith(google, machine), userPool: null });
    for (const issuer of ['google', 'https://accounts.google.com', 'https://ci.example'])
      expect(knows(issuer)).toBe(true);
    for (const issuer of ['cognitoUserPool', 'https://ci.example/', poolIssuer('eu-west-1_A')])
      expect(knows(issuer)).toBe(false);
  });

  it('knows the pool that the stack made by its ID, and takes another of the Region for another', () => {
    const knows = knowsIssuer({ config: siteWith(google, made), userPool: { id: 'eu-west-1_Made', clientId: 'c' } });
    expect(knows(poolIssuer('eu-west-1_Made'))).toBe(true);
    expect(knows(poolIssuer('eu-west-1_Other'))).toBe(false);
  });

  it('takes any pool of the Region for the one that is not made yet', () => {
    const knows = knowsIssuer({ config: siteWith(google, made), userPool: null });
    expect(knows(poolIssuer('eu-west-1_Some'))).toBe(true);
    expect(knows('https://cognito-idp.us-east-1.amazonaws.com/us-east-1_Some')).toBe(false);
  });

  it('says the same of the site that runs on this machine, whose stand-ins have other addresses', () => {
    const config = localSite(siteWith(google, made), {
      siteOrigin: 'http://localhost:8080',
      standInGoogle: 'http://127.0.0.1:8081',
      standInIssuers: 'http://127.0.0.1:8082',
    });
    const knows = knowsIssuer({ config, userPool: { id: 'eu-west-1_Made', clientId: 'c' } });
    expect(knows(poolIssuer('eu-west-1_Made'))).toBe(true);
  });

  it('knows the pool that was there already, and no other of the Region', () => {
    const existing = { userPoolId: 'eu-west-1_There', clientId: 'c', domain: 'sign-in.example.com' };
    const knows = knowsIssuer({ config: siteWith({ kind: 'cognitoUserPool', existing }), userPool: null });
    expect(knows(poolIssuer('eu-west-1_There'))).toBe(true);
    expect(knows(poolIssuer('eu-west-1_Other'))).toBe(false);
  });
});

it('a rule may name Google by its kind, which is its issuer, and no other provider', () => {
  expect(['google', 'https://accounts.google.com', 'cognitoUserPool', 'https://ci.example'].map(fullIssuer)).toEqual([
    'https://accounts.google.com',
    'https://accounts.google.com',
    'cognitoUserPool',
    'https://ci.example',
  ]);
});
