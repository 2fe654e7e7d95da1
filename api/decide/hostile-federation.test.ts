import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { emptyAccessDocument } from '../../contract/access-rules.ts';
import { accessConfigKey } from '../../contract/layout.ts';
import { rememberedIdentity } from '../issue/session.ts';
import { bearer, outcome, putRules, renew } from '../testing/issuer-site.ts';
import type { Claims } from '../testing/stub-google.ts';
import { poolToken, type StubIssuers, startStubIssuers } from '../testing/stub-issuers.ts';
import { codeOf, startTestSite, type TestSite } from '../testing/test-site.ts';
import { poolVouchers } from './pool-vouchers.ts';

/** The claims that Cognito writes for a federated account. */
const identity = (name: string, more: object = {}, type = name) => ({
  userId: '42',
  providerName: name,
  providerType: type,
  issuer: null,
  primary: 'true',
  dateCreated: '1671416345385',
  ...more,
});
const okta = identity('Okta', {}, 'SAML');
const linked = { primary: 'false' };
const federated = (...identities: unknown[]): Claims => ({
  email: 'alice@example.com',
  'cognito:username': 'Okta_42',
  identities,
});

let stub: StubIssuers;
let site: TestSite;
async function start(poolDomains: Record<string, string[]>): Promise<void> {
  stub = await startStubIssuers({ poolDomains });
  site = await startTestSite({ otherIssuers: stub.issuers });
  putRules(site, { who: { hostedDomains: ['example.com'], emails: ['ghost@example.com'] } });
}
beforeEach(() => start({ Okta: ['example.com'] }));
afterEach(() => Promise.all([site.close(), stub.close()]));

describe('an address of a user pool', () => {
  it('is trusted if it comes from the provider that the config names', async () => {
    expect(await outcome(site, poolToken(federated(okta)))).toBe('admitted');
    expect(await outcome(site, poolToken(federated({ ...okta, primary: true, providerType: 'OIDC' })))).toBe(
      'admitted',
    );
  });

  it.each<[string, Claims]>([
    ['a Google account', federated(identity('Google'))],
    ['an Apple account', federated(identity('SignInWithApple'))],
    ['a Facebook account', federated(identity('Facebook'))],
    ['an Amazon account', federated(identity('LoginWithAmazon'))],
    ['an account of their own, by self sign-up', { 'cognito:username': 'ghost' }],
  ])('of somebody who left and kept %s admits nobody', async (_, claims) => {
    for (const email of ['alice+ghost@example.com', 'ghost@example.com']) {
      expect(await outcome(site, poolToken({ ...claims, email }))).toBe('access_denied');
      // Blocking, rules by subject and the log go on as before.
      expect(site.lines.at(-1)).toMatchObject({ event: 'denied', who: { email } });
    }
  });

  it.each<[string, unknown]>([
    ['whose name differs in case', [identity('okta', {}, 'SAML')]],
    ['whose name begins like a trusted one', [identity('Okta2', {}, 'SAML')]],
    ['that says to be of a type which Cognito keeps for others', [identity('Okta', {}, 'Google')]],
    ['without a type', [identity('Okta', { providerType: undefined })]],
    ['without a name', [identity('', {}, 'SAML')]],
    ['whose name is a list', [identity('Okta', { providerName: ['Okta'] }, 'SAML')]],
    ['in a text, as other answers of Cognito have it', JSON.stringify([okta])],
    ['in an object', { 0: okta, length: 1 }],
    ['beside something that is none', [okta, null]],
    ['that is a text', ['Okta']],
    ['more often than Cognito links any', Array.from({ length: 11 }, () => ({ ...okta, ...linked }))],
    ['the same, one of which made the account', [okta, ...Array.from({ length: 10 }, () => ({ ...okta, ...linked }))]],
    ['with two that made the account', [okta, okta]],
    ['and a second one that made the account, too', [okta, identity('Other', {}, 'SAML')]],
  ])('is not trusted if it comes from a provider %s', async (_, identities) => {
    expect(await outcome(site, poolToken({ ...federated(), identities }))).toBe('access_denied');
  });

  it('is trusted with up to ten providers', async () => {
    const ten = [okta, ...Array.from({ length: 9 }, () => ({ ...okta, ...linked }))];
    expect(await outcome(site, poolToken(federated(...ten)))).toBe('admitted');
  });

  it('of an account with several providers is trusted only if all of them are', async () => {
    const google = identity('Google', linked);
    expect(await outcome(site, poolToken(federated(okta, google)))).toBe('access_denied');
    expect(await outcome(site, poolToken(federated(google, okta)))).toBe('access_denied');
    expect(await outcome(site, poolToken(federated(okta, identity('Entra', linked, 'OIDC'))))).toBe('access_denied');
    await Promise.all([site.close(), stub.close()]);
    await start({ Okta: ['example.com'], Entra: ['example.com', 'other.example'] });
    expect(await outcome(site, poolToken(federated(okta, identity('Entra', linked, 'OIDC'))))).toBe('admitted');
  });

  it("of the pool's own account with a linked provider depends on its password, too", async () => {
    const own = { ...federated({ ...okta, ...linked }), 'cognito:username': 'alice' };
    expect(await outcome(site, poolToken(own))).toBe('access_denied');
    await Promise.all([site.close(), stub.close()]);
    await start({ Okta: ['example.com'], Cognito: ['example.com'] });
    expect(await outcome(site, poolToken(own))).toBe('admitted');
  });

  it.each(['Google', 'SignInWithApple', 'Facebook', 'LoginWithAmazon'])(
    'is trusted if it comes from %s and the config names that',
    async (name) => {
      await Promise.all([site.close(), stub.close()]);
      await start({ [name]: ['example.com'] });
      expect(await outcome(site, poolToken(federated(identity(name))))).toBe('admitted');
      expect(await outcome(site, poolToken(federated(okta)))).toBe('access_denied');
      expect(await outcome(site, poolToken(federated(identity(name, {}, 'SAML'))))).toBe('access_denied');
    },
  );

  it.each<[string, Claims, string]>([
    ['named without an underscore', { 'cognito:username': 'alice' }, 'admitted'],
    ['with an empty list', { 'cognito:username': 'alice', identities: [] }, 'admitted'],
    ['named as Cognito names federated ones', { 'cognito:username': 'Google_42' }, 'access_denied'],
    ['without a name', { 'cognito:username': undefined }, 'access_denied'],
    ['with null', { 'cognito:username': 'alice', identities: null }, 'access_denied'],
    ['brought by a provider of that name', federated(identity('Cognito', {}, 'SAML')), 'access_denied'],
  ])("of the pool's own account %s, if the config trusts those: %s", async (_, claims, expected) => {
    await Promise.all([site.close(), stub.close()]);
    await start({ Cognito: ['example.com'] });
    expect(await outcome(site, poolToken({ email: 'alice@example.com', ...claims }))).toBe(expected);
  });
});

describe('a session of a user pool', () => {
  it('is renewed with the same vouchers, but not after one of them loses trust', async () => {
    const answer = await bearer(site, poolToken(federated(okta)));
    expect((await renew(site, answer)).statusCode).toBe(200);
    const less = await startStubIssuers({ poolDomains: { Entra: ['example.com'], Cognito: ['example.com'] } });
    const later = await startTestSite({ otherIssuers: less.issuers });
    later.aws.put(
      accessConfigKey,
      JSON.stringify({ ...emptyAccessDocument, rules: [{ who: { hostedDomains: ['example.com'] } }] }),
    );
    expect(codeOf(await renew(later, answer))).toBe('access_denied');
    await Promise.all([later.close(), less.close()]);
  });
});

describe('rememberedIdentity', () => {
  const trust = {
    kind: 'cognitoUserPool' as const,
    trustedDomains: new Map([['Okta', new Set(['example.com'])]]),
    isDefault: true,
  };
  const statement = {
    aud: 'https://docs.example.com',
    kid: 'k',
    sid: 's',
    iss: 'https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbC123',
    sub: '1',
    email: 'alice@example.com',
    addressState: 'verified' as const,
    hd: 'example.com',
    signedInAt: 1,
    path: '/*',
    expiresAt: 2,
  };

  it('trusts no user pool address from a session without vouchers, whatever its domain', () => {
    expect(rememberedIdentity(statement, trust, [])).toMatchObject({ hostedDomain: undefined, isManaged: false });
    expect(rememberedIdentity({ ...statement, vouchers: ['Okta'] }, trust, [])).toMatchObject({
      hostedDomain: 'example.com',
      isManaged: true,
    });
  });
});

describe('poolVouchers', () => {
  it('names everyone who may have written the address, each once', () => {
    expect(poolVouchers(federated(okta, { ...okta, ...linked }, identity('Google', linked)))).toEqual([
      'Okta',
      'Google',
    ]);
    expect(poolVouchers(federated({ ...okta, ...linked }))).toEqual(['Okta', 'Cognito']);
  });
});
