/**
 * `GetId` of Cognito Identity. Reads the claims without verifying them: only the API decides whether a token is
 * genuine.
 * @see https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/API_GetId.html
 */
import { createHash, randomUUID } from 'node:crypto';
import { type Response, textResponse } from '../message/http-message.ts';
import type { IdentityPoolModel } from '../model/stack-model.ts';
import { isBlock } from '../terraform/terraform-json.ts';

/** How the identity pool fails; for tests. */
export type IdentityPoolFailure = 'none' | 'slow' | 'unreachable' | 'refuse' | 'throttle' | 'conflict' | 'error';

const contentType = 'application/x-amz-json-1.1';
const answer = (body: unknown): Response => textResponse(200, contentType, JSON.stringify(body));
const failure = (status: number, type: string, message: string): Response =>
  textResponse(status, contentType, JSON.stringify({ __type: type, message }), [['x-amzn-ErrorType', type]]);

const notAuthorized = (message: string): Response => failure(400, 'NotAuthorizedException', message);

/** The answers of a pool that fails on demand. */
export function failedAnswer(kind: 'refuse' | 'throttle' | 'conflict' | 'error'): Response {
  switch (kind) {
    case 'refuse':
      return notAuthorized('Token is not from a supported provider of this identity pool.');
    case 'throttle':
      return failure(400, 'TooManyRequestsException', 'Rate exceeded');
    case 'conflict':
      return failure(400, 'ResourceConflictException', "Logins don't match.");
    case 'error':
      return failure(500, 'InternalErrorException', 'Internal error');
  }
}

function claimsOf(token: unknown): Readonly<Record<string, unknown>> {
  if (typeof token !== 'string') return {};
  try {
    const claims: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'));
    return isBlock(claims) ? claims : {};
  } catch {
    return {};
  }
}

/** Answers `GetId`. `now` is in seconds. */
export function getId(pools: readonly IdentityPoolModel[], body: string, now: number): Response {
  let input: unknown;
  try {
    input = JSON.parse(body);
  } catch {
    input = undefined;
  }
  if (!isBlock(input)) return failure(400, 'SerializationException', 'not JSON');
  const pool = pools.find(({ id }) => isBlock(input) && id === input['IdentityPoolId']);
  if (pool === undefined) {
    return failure(400, 'ResourceNotFoundException', `IdentityPool '${String(input['IdentityPoolId'])}' not found.`);
  }
  const logins = Object.entries(isBlock(input['Logins']) ? input['Logins'] : {});
  const [login] = logins;
  if (login === undefined) {
    return pool.allowsGuests
      ? answer({ IdentityId: identityId(pool.id, randomUUID()) })
      : notAuthorized('Unauthenticated access is not supported for this identity pool.');
  }
  const [provider, token] = login;
  const claims = claimsOf(token);
  const audience = pool.loginProviders[provider];
  if (audience === undefined || claims['aud'] !== audience) {
    return notAuthorized('Token is not from a supported provider of this identity pool.');
  }
  if (typeof claims['exp'] !== 'number' || claims['exp'] <= now) {
    return notAuthorized('Invalid login token. Token expired.');
  }
  return answer({ IdentityId: identityId(pool.id, `${String(claims['iss'])}\n${String(claims['sub'])}`) });
}

/** The same identity for the same login, as the service promises. */
function identityId(poolId: string, seed: string): string {
  const hex = createHash('sha256').update(`${poolId}\n${seed}`).digest('hex');
  const uuid = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-');
  return `${poolId.split(':')[0] ?? ''}:${uuid}`;
}
