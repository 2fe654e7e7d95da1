/** Owns the way of one request through the distribution: behavior, method, signature, function, origin, error page, headers. No sockets, no cache. */
import { randomBytes } from 'node:crypto';
import { behaviorFor } from './behaviors.ts';
import { runViewerRequest } from './edge-function.ts';
import { edgeError, signatureRefused } from './error-responses.ts';
import { forwardedRequest, forwardsCookies } from './forwarding.ts';
import { applyHeadersPolicy } from './headers-policy.ts';
import { type HeaderLines, headerOf, type Request, type Response, withoutHeaders } from './http-message.ts';
import type { Bucket } from './object-store.ts';
import { readFromBucket } from './s3-origin.ts';
import { checkSignature } from './signature-check.ts';
import type { BehaviorModel, StackModel } from './stack-model.ts';

export interface Edge {
  readonly stack: StackModel;
  /** Host that viewers name, with its port. */
  readonly host: string;
  readonly buckets: ReadonlyMap<string, Bucket>;
  /** Hands a request to the HTTP API. */
  readonly callApi: (request: Request) => Promise<Response>;
  /** Keys that this edge trusts for a behavior by now. */
  readonly trustedKeys: (behavior: BehaviorModel) => BehaviorModel['trustedKeys'];
  /** The edge's clock, in epoch milliseconds. */
  readonly clock: () => number;
  /** Takes signed cookies out of what the API gets. */
  readonly stripSignedCookiesFromApi: boolean;
}

const methodRefused = (behavior: BehaviorModel): Response =>
  edgeError(
    403,
    `This distribution is not configured to allow the HTTP request method that was used for this request. It allows ${behavior.methods.join(', ')} here.`,
  );

/** What the edge itself refuses before anything else is asked; undefined: go on. */
function refusalOf(edge: Edge, request: Request, behavior: BehaviorModel): Response | undefined {
  if (!behavior.methods.includes(request.method)) return methodRefused(behavior);
  // @see https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/RequestAndResponseBehaviorCustomOrigin.html#RequestCustom-get-body
  if (request.method === 'GET' && request.body.length > 0) return edgeError(403, 'A GET request must not have a body.');
  const trustedKeys = edge.trustedKeys(behavior);
  if (trustedKeys === undefined) return undefined;
  const refusal = checkSignature({
    url: {
      scheme: 'https',
      host: headerOf(request.headers, 'host') ?? edge.host,
      path: request.path,
      query: request.query,
    },
    cookieHeader: headerOf(request.headers, 'cookie'),
    ip: request.ip,
    now: Math.floor(edge.clock() / 1000),
    trustedKeys,
  });
  return refusal === undefined ? undefined : signatureRefused(refusal);
}

async function askOrigin(edge: Edge, request: Request, behavior: BehaviorModel): Promise<Response> {
  const { origin } = behavior;
  const { distribution, api, region, buckets } = edge.stack;
  const rules = {
    cache: behavior.cache,
    originRequest: behavior.originRequest,
    signed: behavior.trustedKeys !== undefined,
    originHost: origin.kind === 'api' ? api.host : `${origin.bucket}.s3.${region}.amazonaws.com`,
    dropsCookie: (name: string): boolean =>
      origin.kind === 'api' && edge.stripSignedCookiesFromApi && name.startsWith('CloudFront-'),
  };
  const rooted =
    request.path === '/' && distribution.defaultRootObject !== undefined
      ? { ...request, path: `/${distribution.defaultRootObject}` }
      : request;
  const forwarded = forwardedRequest(rooted, rules);
  if (origin.kind === 'api') {
    const response = await edge.callApi({ ...forwarded, path: `${origin.path}${forwarded.path}` });
    if (forwardsCookies(rules)) return response;
    return { ...response, headers: withoutHeaders(response.headers, 'set-cookie') };
  }
  const bucket = edge.buckets.get(origin.bucket);
  if (bucket === undefined) throw new Error(`there is no bucket ${origin.bucket}`);
  return readFromBucket(forwarded, {
    bucket,
    policy: buckets.find(({ name }) => name === origin.bucket)?.policy ?? [],
    caller: { distributionArn: origin.accessControl ? distribution.arn : undefined },
    originPath: origin.path,
  });
}

/** Fetches the page for an error by the behavior that matches its path; the page's own failure is what the viewer then gets. */
async function errorPage(edge: Edge, request: Request, failed: Response): Promise<Response> {
  const page = edge.stack.distribution.errorPages.get(failed.status);
  if (page === undefined) return failed;
  const fetch: Request = {
    method: 'GET',
    path: page.path,
    query: undefined,
    // The viewer's conditions and ranges are about what it asked for, not about the page.
    headers: request.headers.filter(([name]) => !/^(if-.*|range|content-.*|transfer-encoding)$/i.test(name)),
    body: Buffer.alloc(0),
    ip: request.ip,
  };
  const behavior = behaviorFor(edge.stack.distribution.behaviors, page.path);
  const response = refusalOf(edge, fetch, behavior) ?? (await askOrigin(edge, fetch, behavior));
  return response.status === 200 ? { ...response, status: page.status } : response;
}

/** Answers a viewer. */
export async function serve(edge: Edge, request: Request): Promise<Response> {
  const requestId = randomBytes(40).toString('base64url');
  const behavior = behaviorFor(edge.stack.distribution.behaviors, request.path);
  const finish = (response: Response, result: string): Response => {
    const policy = behavior.headersPolicy;
    const headers = policy === undefined ? response.headers : applyHeadersPolicy(policy, request, response.headers);
    return { ...response, headers: [...headers, ...edgeHeaders(edge, result, requestId)] };
  };

  let answer = refusalOf(edge, request, behavior);
  let viewed = request;
  if (answer === undefined && behavior.viewerRequestCode !== undefined) {
    try {
      const viewer = { distributionId: edge.stack.distribution.id, host: edge.host, requestId };
      const result = await runViewerRequest(behavior.viewerRequestCode, request, viewer);
      // A function's own answer never gets a custom error page.
      // @see https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/edge-function-restrictions-all.html
      if ('response' in result) return finish(result.response, 'FunctionGeneratedResponse');
      viewed = result.request;
    } catch {
      answer = edgeError(503, 'The CloudFront function returned an invalid value or failed.');
    }
  }
  answer ??= await askOrigin(edge, viewed, behavior);
  if (answer.status >= 400) answer = await errorPage(edge, request, answer);
  return finish(answer, answer.status >= 400 ? 'Error' : 'Miss');
}

function edgeHeaders(edge: Edge, result: string, requestId: string): HeaderLines {
  return [
    ['X-Cache', `${result} from cloudfront`],
    ['Via', `1.1 ${edge.stack.distribution.id.toLowerCase()}.cloudfront.net (CloudFront)`],
    ['X-Amz-Cf-Pop', 'LOCAL50-P1'],
    ['X-Amz-Cf-Id', requestId],
  ];
}
