/** Finds the app client that people sign in to: the one that the stack creates, or the one in the Lambda's settings. */

import type { FederatedModel, StackModel } from '../model/stack-model.ts';
import { type Block, isBlock } from '../terraform/terraform-json.ts';
import type { PoolClient } from './hosted-sign-in.ts';

/** Cognito accepts http for localhost, and this machine may serve over http what is https in the stack. */
const served = (url: string, host: string, scheme: string): string =>
  url.replace(`https://${host}/`, `${scheme}://${host}/`);

/** The Lambda's settings for the user pool. */
function poolSettings(settings: string | undefined): Block {
  const value: unknown = JSON.parse(settings ?? '{}');
  const providers: unknown = isBlock(value) ? value['providers'] : undefined;
  const pool: unknown = Array.isArray(providers) ? providers.find((one) => one.kind === 'cognitoUserPool') : undefined;
  return isBlock(pool) ? pool : {};
}

/** Cognito's name for a pool's own accounts, in clients and elsewhere. */
const isOwn = (name: string): boolean => name.toUpperCase() === 'COGNITO';
/** For these, the type equals the name. An operator names all others. */
const typeOf = (name: string): string =>
  /^(Google|Facebook|SignInWithApple|LoginWithAmazon)$/.test(name) ? name : 'SAML';

/** undefined: the stack has no user pool. `host`: the site's host, such as `localhost:8080`. */
export function poolClientOf(
  { lambda, poolClients, federated }: StackModel,
  host: string,
  scheme: 'http' | 'https',
): PoolClient | undefined {
  const {
    S3NATOR_USER_POOL_ID: id,
    S3NATOR_USER_POOL_CLIENT_ID: clientId,
    S3NATOR_SETTINGS: settings,
  } = lambda.variables;
  if (id === undefined || clientId === undefined) return undefined;
  const made = poolClients.find((client) => client.id === clientId && client.userPoolId === id);
  const told = poolSettings(settings);
  // For a pool outside the stack, assume that the operator has registered the login page.
  const page = `https://${host}${String(told['callbackPath'] ?? '/')}`;
  // Its providers are only known as far as the config trusts them.
  const trusted = isBlock(told['trustedDomains']) ? Object.keys(told['trustedDomains']) : [];
  const { callbackUrls, logoutUrls, providers } = made ?? {
    callbackUrls: [page],
    logoutUrls: [page],
    providers: ['COGNITO', ...trusted],
  };
  const named = (name: string): FederatedModel =>
    federated.find((one) => one.name === name) ?? { name, type: typeOf(name) };
  return {
    issuer: `https://cognito-idp.${id.split('_', 1)[0]}.amazonaws.com/${id}`,
    clientId,
    callbackUrls: callbackUrls.map((url) => served(url, host, scheme)),
    logoutUrls: logoutUrls.map((url) => served(url, host, scheme)),
    ownAccounts: providers.some(isOwn),
    federated: providers.filter((name) => !isOwn(name)).map(named),
  };
}
