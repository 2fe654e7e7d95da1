/** Owns which app client people of the stack in force sign in to: the one that the stack makes, or the one that its Lambda is told of. */
import type { PoolClient } from './hosted-sign-in.ts';
import type { StackModel } from './stack-model.ts';
import { isBlock } from './terraform-json.ts';

/** Cognito takes http for localhost, and what stands for https there is http on this machine. */
const served = (url: string, host: string): string => url.replace(`https://${host}/`, `http://${host}/`);

/** Path of the login page, as the Lambda is told it for pages. */
function callbackPathOf(settings: string | undefined): string {
  const value: unknown = JSON.parse(settings ?? '{}');
  const providers: unknown = isBlock(value) ? value['providers'] : undefined;
  const pool: unknown = Array.isArray(providers) ? providers.find((one) => one.kind === 'cognitoUserPool') : undefined;
  return isBlock(pool) ? String(pool['callbackPath']) : '/';
}

/** undefined: the stack has no user pool. `host`: of the site, such as `localhost:8080`. */
export function poolClientOf({ lambda, poolClients }: StackModel, host: string): PoolClient | undefined {
  const {
    S3NATOR_USER_POOL_ID: id,
    S3NATOR_USER_POOL_CLIENT_ID: clientId,
    S3NATOR_SETTINGS: settings,
  } = lambda.variables;
  if (id === undefined || clientId === undefined) return undefined;
  const made = poolClients.find((client) => client.id === clientId && client.userPoolId === id);
  // Of one that is not in the stack the operator has registered the login page.
  const page = `https://${host}${callbackPathOf(settings)}`;
  const { callbackUrls, logoutUrls } = made ?? { callbackUrls: [page], logoutUrls: [page] };
  return {
    issuer: `https://cognito-idp.${id.split('_', 1)[0]}.amazonaws.com/${id}`,
    clientId,
    callbackUrls: callbackUrls.map((url) => served(url, host)),
    logoutUrls: logoutUrls.map((url) => served(url, host)),
  };
}
