/**
 * The path of one request through the distribution: behavior, method, signature, function, cache, origin, error page,
 * headers. Uses no sockets.
 */

import { emptyBody, headerOf, type Request, type Response, withoutHeaders } from '../message/http-message.ts';
import { createRequestId } from '../message/request-ids.ts';
import type { BehaviorModel, StackModel } from '../model/stack-model.ts';
import type { Bucket } from '../s3/object-store.ts';
import { readFromBucket } from '../s3/s3-origin.ts';
import { checkSignature } from '../signature/signature-check.ts';
import { behaviorFor } from './behaviors.ts';
import { askCached, type CacheResult } from './cached-origin.ts';
import type { EdgeCache } from './edge-cache.ts';
import { runViewerRequest } from './edge-function.ts';
import { InvalidFunctionResult } from './edge-function-event.ts';
import { edgeError, edgeHeaders, signatureRefused } from './error-responses.ts';
import { type ForwardingRules, forwardedRequest } from './forwarding.ts';
import { applyHeadersPolicy } from './headers-policy.ts';
import { fromOrigin } from './origin-response.ts';
import { answerHttp } from './viewer-protocol.ts';

export interface Edge {
  readonly stack: StackModel;
  /** Host that viewers name, with its port. */
  readonly host: string;
  /** The scheme that viewers are assumed to use. */
  readonly scheme: 'http' | 'https';
  readonly buckets: ReadonlyMap<string, Bucket>;
  /** Passes a request to the HTTP API. */
  readonly callApi: (request: Request) => Promise<Response>;
  /** Keys that this edge currently trusts for a behavior. */
  readonly trustedKeys: (behavior: BehaviorModel) => BehaviorModel['trustedKeys'];
  readonly cache: EdgeCache;
  /** The edge's clock, in epoch milliseconds. */
  readonly clock: () => number;
  /** Removes signed cookies from the API's requests. */
  readonly stripSignedCookiesFromApi: boolean;
}

/** One request in progress. */
interface Passage {
  readonly edge: Edge;
  readonly requestId: string;
}

const hostOf = ({ edge }: Passage, request: Request): string => headerOf(request.headers, 'host') ?? edge.host;

function methodRefused({ methods }: BehaviorModel, requestId: string): Response {
  // With all seven methods there would be no refusal, so the allowed ones can be cached.
  const which = methods.length < 7 ? ' The distribution supports only cachable requests.' : '';
  const reason = 'This distribution is not configured to allow the HTTP request method that was used for this request.';
  return edgeError(403, `${reason}${which}`, requestId);
}

/** The edge's own refusal before it runs a function or asks an origin; undefined: continue. */
function refusalOf(passage: Passage, request: Request, behavior: BehaviorModel): Response | undefined {
  const { edge, requestId } = passage;
  if (!behavior.methods.includes(request.method)) return methodRefused(behavior, requestId);
  // @see
  // https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/RequestAndResponseBehaviorCustomOrigin.html#RequestCustom-get-body
  if (request.method === 'GET' && request.body.length > 0) return edgeError(403, 'Bad request.', requestId);
  const trustedKeys = edge.trustedKeys(behavior);
  if (trustedKeys === undefined) return undefined;
  const { path, query } = request;
  const refusal = checkSignature({
    url: { scheme: edge.scheme, host: hostOf(passage, request), path, query },
    cookieHeader: headerOf(request.headers, 'cookie'),
    ip: request.ip,
    now: Math.floor(edge.clock() / 1000),
    trustedKeys,
  });
  return refusal === undefined ? undefined : signatureRefused(refusal);
}

/**
 * The default root object for the root and for its own folder.
 * @see https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/DefaultRootObject.html
 */
function withRootObject(request: Request, rootObject: string | undefined): Request {
  if (rootObject === undefined) return request;
  const folder = `/${rootObject.slice(0, rootObject.lastIndexOf('/') + 1)}`;
  return request.path === '/' || request.path === folder ? { ...request, path: `/${rootObject}` } : request;
}

/** Seconds for which errors are kept if the distribution does not say. */
const defaultErrorSeconds = 10;

/** What the cache or the origin answers. The default root object is part of the key: it replaces the path before. */
function answerOf(
  passage: Passage,
  request: Request,
  behavior: BehaviorModel,
): Promise<{ readonly response: Response; readonly result: CacheResult }> {
  const { edge } = passage;
  const { defaultRootObject, errorSeconds } = edge.stack.distribution;
  return askCached(withRootObject(request, defaultRootObject), {
    cache: edge.cache,
    behavior,
    errorSeconds: (status) => errorSeconds.get(status) ?? defaultErrorSeconds,
    now: edge.clock(),
    ask: (asked) => askOrigin(passage, asked, behavior),
  });
}

async function askOrigin({ edge, requestId }: Passage, request: Request, behavior: BehaviorModel): Promise<Response> {
  const { origin } = behavior;
  const { distribution, api, region, buckets } = edge.stack;
  const rules: ForwardingRules = {
    cache: behavior.cache,
    originRequest: behavior.originRequest,
    signed: behavior.trustedKeys !== undefined,
    cachesOptions: behavior.cachesOptions,
    originHost: origin.kind === 'api' ? api.host : `${origin.bucket}.s3.${region}.amazonaws.com`,
    dropsCookie: (name) => origin.kind === 'api' && edge.stripSignedCookiesFromApi && name.startsWith('CloudFront-'),
  };
  const forwarded = forwardedRequest(request, rules, requestId);
  if (origin.kind === 'api') {
    const response = await edge.callApi({ ...forwarded, path: `${origin.path}${forwarded.path}` });
    return fromOrigin('api', response, rules);
  }
  const bucket = edge.buckets.get(origin.bucket);
  if (bucket === undefined) throw new Error(`there is no bucket ${origin.bucket}`);
  const response = await readFromBucket(forwarded, {
    bucket,
    policy: buckets.find(({ name }) => name === origin.bucket)?.policy ?? [],
    caller: { distributionArn: origin.accessControl ? distribution.arn : undefined },
    originPath: origin.path,
  });
  return fromOrigin('s3', response, rules);
}

// "CloudFront returns Connection: close for status codes: 400, 405, 414, 416, 500, 501."
// @see https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/creating-custom-error-pages.html
const endsConnection = new Set([400, 405, 414, 416, 500, 501]);

/**
 * Fetches the page for an error by the behavior that matches its path. If the page fails, the viewer gets that failure.
 */
async function errorPage(passage: Passage, request: Request, failed: Response): Promise<Response> {
  const { distribution } = passage.edge.stack;
  const page = distribution.errorPages.get(failed.status);
  if (page === undefined) return failed;
  const fetch: Request = {
    ...request,
    method: 'GET',
    path: page.path,
    query: undefined,
    // The viewer's conditions and ranges apply to the requested file, not to the error page.
    headers: request.headers.filter(([name]) => !/^(if-.*|range|content-.*|transfer-encoding)$/i.test(name)),
    body: emptyBody,
  };
  const behavior = behaviorFor(distribution.behaviors, page.path);
  const response = refusalOf(passage, fetch, behavior) ?? (await answerOf(passage, fetch, behavior)).response;
  if (response.status !== 200) return response;
  if (!endsConnection.has(page.status)) return { ...response, status: page.status };
  return { ...response, status: page.status, headers: [...response.headers, ['Connection', 'close']] };
}

/**
 * Runs the behavior's function. Returns the request to continue with, or the answer and whether the function created
 * it.
 */
function runFunction(
  { edge, requestId }: Passage,
  request: Request,
  code: string,
): { readonly request: Request } | { readonly answer: Response; readonly generated: boolean } {
  try {
    const viewer = { distributionId: edge.stack.distribution.id, host: edge.host, requestId };
    const result = runViewerRequest(code, request, viewer);
    return 'request' in result ? result : { answer: result.response, generated: true };
  } catch (error) {
    const status = error instanceof InvalidFunctionResult ? 502 : 503;
    const reason = 'The CloudFront function associated with the CloudFront distribution is invalid or could not run.';
    return { answer: edgeError(status, reason, requestId), generated: false };
  }
}

/** Answers a viewer. */
export async function serve(edge: Edge, request: Request): Promise<Response> {
  const passage: Passage = { edge, requestId: createRequestId() };
  const behavior = behaviorFor(edge.stack.distribution.behaviors, request.path);
  // The policy of the requested behavior applies, whatever produces the answer.
  const finish = (response: Response, result: string): Response => {
    const policy = behavior.headersPolicy;
    const headers = policy === undefined ? response.headers : applyHeadersPolicy(policy, request, response.headers);
    const own = edgeHeaders(result, passage.requestId);
    return { ...response, headers: [...withoutHeaders(headers, ...own.map(([name]) => name)), ...own] };
  };

  if (edge.scheme === 'http') {
    const answer = answerHttp(behavior.viewerProtocol, request, hostOf(passage, request), passage.requestId);
    if (answer !== undefined && answer.status < 400) return finish(answer, 'Redirect');
    if (answer !== undefined) return finish(await errorPage(passage, request, answer), 'Error');
  }
  let answer = refusalOf(passage, request, behavior);
  let viewed = request;
  if (answer === undefined && behavior.viewerRequestCode !== undefined) {
    const outcome = runFunction(passage, request, behavior.viewerRequestCode);
    if ('request' in outcome) viewed = outcome.request;
    // A function's own answer never gets a custom error page. @see
    // https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/functions-event-structure.html#functions-event-structure-status-body
    else if (outcome.generated) return finish(outcome.answer, 'FunctionGeneratedResponse');
    else answer = outcome.answer;
  }
  let result: CacheResult = 'Miss';
  if (answer === undefined) ({ response: answer, result } = await answerOf(passage, viewed, behavior));
  if (answer.status < 400) return finish(answer, result);
  return finish(await errorPage(passage, request, answer), 'Error');
}
