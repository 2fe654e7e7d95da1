/** Builds the answers to refused requests: problem documents (RFC 9457), and a redirect for a form post. */
import { loginPageOf, type SitePaths } from '../../contract/layout.ts';
import { returnParameter } from '../../contract/return-url.ts';
import type { Problem, ProblemCode } from '../../contract/session-api.ts';
import type { GatewayAnswer } from '../receive/gateway.ts';
import type { ApiRequest } from '../receive/request.ts';
import { apiPaths, methodsAt, pathOnSite } from '../receive/routes.ts';
import { type Refusal, wireOf } from '../shared/refusal.ts';

/** When to try again after `temporarily_unavailable`, in seconds. */
const retryAfterSeconds = 5;

/**
 * Longest query that may carry the return path, in characters. CloudFront refuses an address of more than 8,192 bytes.
 */
const maximumReturnQuery = 6_000;

const titles: Record<ProblemCode, string> = {
  invalid_request: 'The request is not valid',
  invalid_token: 'The ID token is not valid',
  access_denied: 'This account has no access',
  sign_in_expired: 'The sign-in took too long',
  session_expired: 'The session has ended',
  too_many_requests: 'Too many requests',
  temporarily_unavailable: 'Temporarily unavailable',
  server_error: 'Something went wrong here',
};

export const noStore = { 'Cache-Control': 'no-store' } as const;

const headersOf = (status: number, code: ProblemCode, path: string): Record<string, string> => ({
  ...noStore,
  'Content-Type': 'application/problem+json',
  // RFC 6750, 3: every 401 names the scheme.
  ...(status === 401 && { 'WWW-Authenticate': `Bearer error="${code}"` }),
  ...(status === 405 && { Allow: methodsAt(path) ?? '' }),
  ...(status === 503 && { 'Retry-After': String(retryAfterSeconds) }),
});

/** The login page goes to this path after the next try. It checks the path again. */
function returnQuery(path = '/'): string {
  const query = `?${returnParameter}=${encodeURIComponent(path)}`;
  return path === '/' || query.length > maximumReturnQuery ? '' : query;
}

function listOfPaths(paths: SitePaths): string {
  const all = [...apiPaths].map((route) => pathOnSite(route, paths));
  return `the paths are ${all.slice(0, -1).join(', ')} and ${all.at(-1)}`;
}

/**
 * The answer to a refused request. A form post from the provider is a navigation: the browser must land on a page, so
 * the answer is a redirect.
 */
export function refusalAnswer(request: ApiRequest, refusal: Refusal, paths: SitePaths): GatewayAnswer {
  const wire = wireOf(refusal.reason);
  const { status, code } = wire;
  const detail = refusal.reason === 'unknown-path' ? listOfPaths(paths) : wire.detail;
  if (request.isForm) {
    const location = `${loginPageOf(paths)}${returnQuery(refusal.returnPath)}#error=${code}`;
    return { statusCode: 303, headers: { ...noStore, Location: location } };
  }
  const problem: Problem = {
    type: 'about:blank',
    title: titles[code],
    status,
    code,
    requestId: request.id,
    ...(refusal.account !== undefined && { account: refusal.account }),
    ...(refusal.mayAsk === true && { mayAsk: true }),
    ...(detail !== undefined && { detail }),
  };
  return { statusCode: status, headers: headersOf(status, code, request.route), body: JSON.stringify(problem) };
}
