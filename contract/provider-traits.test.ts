import { expect, it } from 'vitest';
import { type ProviderKind, type ProviderTraits, providerTraits, traitsOf } from './provider-traits.ts';

const kinds = Object.keys(providerTraits) as ProviderKind[];

it.each(kinds)('a provider of kind %s sets every trait', (kind) => {
  const answers = traitsOf({ kind });
  expect(Object.keys(answers).sort()).toEqual(Object.keys(providerTraits.google).sort());
  expect(Object.values(answers)).not.toContain(undefined);
  // @ts-expect-error A kind that leaves out a trait does not compile.
  const open: ProviderTraits = (({ signsInOnPages: _, ...others }: ProviderTraits) => others)(answers);
  expect(Object.keys(open)).toHaveLength(Object.keys(answers).length - 1);
});

it('machines cannot sign in on a page, post a form or ask for access, and no rule without an issuer means them', () => {
  expect(traitsOf({ kind: 'oidc' })).toMatchObject({
    signsInOnPages: false,
    postsForms: false,
    mayAskLikeAnyone: false,
    ownsUnnamedRules: 'never',
    isNamedByKind: false,
    writesTrueAsText: false,
    verifiesOtherHosts: false,
  });
});

it('only Google posts forms, names Workspaces, has service accounts, and is trusted about other mail hosts', () => {
  for (const kind of kinds) {
    const { postsForms, hostedDomain, hasServiceAccounts, hostsGmail, verifiesOtherHosts } = traitsOf({ kind });
    const ofGoogle = [postsForms, hostedDomain === 'hd', hasServiceAccounts, hostsGmail, verifiesOtherHosts];
    expect([kind, ofGoogle]).toEqual([kind, ofGoogle.map(() => kind === 'google')]);
  }
});

it('only a user pool names vouchers for an address in its claims, and must mark its ID tokens with token_use', () => {
  for (const kind of kinds) {
    const { vouchers, tokenUse, writesTrueAsText } = traitsOf({ kind });
    const ofPool = [vouchers === 'claims', tokenUse === 'required', writesTrueAsText];
    expect([kind, ofPool]).toEqual([kind, ofPool.map(() => kind === 'cognitoUserPool')]);
  }
});
