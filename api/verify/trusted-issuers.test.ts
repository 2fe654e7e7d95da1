import { describe, expect, it } from 'vitest';
import type { Environment } from '../../contract/environment.ts';
import { offersOf } from '../answer/provider-offers.ts';
import { createTrustedIssuers, issuersByName } from './trusted-issuers.ts';

const google: Environment['providers'][number] = {
  kind: 'google',
  clientId: 'c',
  otherClientIds: ['d'],
  scriptUrl: 'https://accounts.google.com/gsi/client',
  redirectOnIos: true,
  keySetUrl: 'https://www.googleapis.com/oauth2/v3/certs',
};
const pool: Environment['providers'][number] = {
  kind: 'cognitoUserPool',
  label: 'Sign in',
  hostedSignIn: 'sign-in.example',
  callbackPath: '/public/login.html',
  logout: false,
  endpoint: 'https://cognito-idp.eu-west-1.amazonaws.com',
  trustedDomains: { Okta: ['example.com'] },
};
const userPool = { id: 'eu-west-1_AbC123', clientId: 'p' };
const options = { now: Date.now, log: () => {} };

describe('createTrustedIssuers', () => {
  it('applies rules without an issuer to Google, or to the user pool if Google is not a provider', () => {
    const defaults = (...providers: Environment['providers']): boolean[] =>
      createTrustedIssuers({ providers, userPool }, options).map(({ isDefault }) => isDefault);
    expect(defaults(pool, google)).toEqual([false, true]);
    expect(defaults(pool)).toEqual([true]);
  });

  it('derives the issuer of a user pool from its ID, and what identity pools call it', () => {
    const [issuer] = createTrustedIssuers({ providers: [pool], userPool }, options);
    expect(issuer).toMatchObject({
      issuer: 'https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbC123',
      identityLogin: 'cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbC123',
      audiences: ['p'],
    });
    const china = createTrustedIssuers({ providers: [pool], userPool: { ...userPool, id: 'cn-north-1_A' } }, options);
    expect(china[0]?.issuer).toBe('https://cognito-idp.cn-north-1.amazonaws.com.cn/cn-north-1_A');
  });

  it("knows both forms of Google's issuer, and one form of all others", () => {
    const names = issuersByName(createTrustedIssuers({ providers: [google, pool], userPool }, options));
    expect([...names.keys()]).toEqual([
      'https://accounts.google.com',
      'accounts.google.com',
      'https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbC123',
    ]);
  });

  it('does not start with a user pool that the stack did not name, and offers none', () => {
    expect(() => createTrustedIssuers({ providers: [pool], userPool: null }, options)).toThrow('no user pool');
    expect(offersOf({ providers: [pool], userPool: null })).toEqual([]);
  });
});
