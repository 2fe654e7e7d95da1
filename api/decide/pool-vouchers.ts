/** Finds out who vouches for an account of a user pool, from its signed claims. Pure. */
import { consumerProviders, ownAccounts } from '../../contract/layout.ts';

/** Cognito links at most five providers to an account. */
const maximumIdentities = 10;

const isText = (value: unknown): value is string => typeof value === 'string' && value.length > 0;

/** Cognito writes "true" and "false"; older tokens have the booleans. */
const isPrimary = (value: unknown): boolean => value === true || value === 'true';

/** A provider that an operator named cannot pass for one of Cognito's, and the other way around. */
function fits(name: string, type: unknown): boolean {
  if (consumerProviders.includes(name)) return type === name;
  return name !== ownAccounts && (type === 'SAML' || type === 'OIDC');
}

/**
 * Names of everyone who may have written the account's address. `identities` lists the providers that are linked to the
 * account, but not which one was used this time. An account that no provider created is the pool's own, and its
 * password may have been used. Empty: Cognito does not write such claims.
 * @see https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-id-token.html
 * @see https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-identity-federation-consolidate-use
 * rs.html
 */
export function poolVouchers(claims: Readonly<Record<string, unknown>>): readonly string[] {
  const { identities = [], 'cognito:username': username } = claims;
  if (!Array.isArray(identities) || identities.length > maximumIdentities) return [];
  if (identities.length === 0) {
    // A federated account is named PROVIDER_ID, and a pool can be configured to leave out `identities`.
    return isText(username) && !username.includes('_') ? [ownAccounts] : [];
  }
  const names = new Set<string>();
  let primaries = 0;
  for (const identity of identities as readonly unknown[]) {
    const { providerName: name, providerType: type, primary } = Object(identity) as Record<string, unknown>;
    if (!isText(name) || !fits(name, type)) return [];
    names.add(name);
    if (isPrimary(primary)) primaries += 1;
  }
  if (primaries > 1) return [];
  if (primaries === 0) names.add(ownAccounts);
  return [...names];
}
