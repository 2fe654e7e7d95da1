/** Owns which app client people of the stack in force sign in to: the one that the stack makes, or the one that its Lambda is told of. */

import type { FederatedModel, StackModel } from '../model/stack-model.ts';
import { type Block, isBlock } from '../terraform/terraform-json.ts';
import type { PoolClient } from './hosted-sign-in.ts';

/** Cognito takes http for localhost, and what stands for https there is http on this machine. */
const served = (url: string, host: string): string => url.replace(`https://${host}/`, `http://${host}/`);

/** What the Lambda is told of the user pool. */
function poolSettings(settings: string | undefined): Block {
  const value: unknown = JSON.parse(settings ?? '{}');
  const providers: unknown = isBlock(value) ? value['providers'] : undefined;
  const pool: unknown = Array.isArray(providers) ? providers.find((one) => one.kind === 'cognitoUserPool') : undefined;
  return isBlock(pool) ? pool : {};
}

/** Cognito's name for a pool's own accounts, in clients and elsewhere. */
const isOwn = (name: string): boolean => name.toUpperCase() === 'COGNITO';
/** These are of a type of their own; an operator gives names to the others. */
const typeOf = (name: string): string =>
  /^(Google|Facebook|SignInWithApple|LoginWithAmazon)$/.test(name) ? name : 'SAML';

/** undefined: the stack has no user pool. `host`: of the site, such as `localhost:8080`. */
export function poolClientOf({ lambda, poolClients, federated }: StackModel, host: string): PoolClient | undefined {
  const {
    S3NATOR_USER_POOL_ID: id,
    S3NATOR_USER_POOL_CLIENT_ID: clientId,
    S3NATOR_SETTINGS: settings,
  } = lambda.variables;
  if (id === undefined || clientId === undefined) return undefined;
  const made = poolClients.find((client) => client.id === clientId && client.userPoolId === id);
  const told = poolSettings(settings);
  // Of one that is not in the stack the operator has registered the login page.
  const page = `https://${host}${String(told['callbackPath'] ?? '/')}`;
  // Which providers it has is only known as far as the config trusts them.
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
    callbackUrls: callbackUrls.map((url) => served(url, host)),
    logoutUrls: logoutUrls.map((url) => served(url, host)),
    ownAccounts: providers.some(isOwn),
    federated: providers.filter((name) => !isOwn(name)).map(named),
  };
}
