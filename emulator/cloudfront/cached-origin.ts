/** Asks the cache before the origin, and revalidates a copy whose time is over. Runs after the signature check. */
import {
  bytesOf,
  emptyBody,
  type HeaderLines,
  headerOf,
  type Request,
  type Response,
  withoutHeaders,
} from '../message/http-message.ts';
import type { BehaviorModel } from '../model/stack-model.ts';
import { readObject } from '../s3/s3-read.ts';
import { cacheKey, type EdgeCache, type KeptAnswer, secondsToKeep } from './edge-cache.ts';

/** The first word of `X-Cache` for a successful answer. */
export type CacheResult = 'Hit' | 'RefreshHit' | 'Miss';

export interface CachedOrigin {
  readonly cache: EdgeCache;
  readonly behavior: BehaviorModel;
  /** Error caching minimum TTL of a status, in seconds. */
  readonly errorSeconds: (status: number) => number;
  /** Epoch milliseconds. */
  readonly now: number;
  readonly ask: (request: Request) => Promise<Response>;
}

/** Conditions and ranges are the viewer's own: a copy must not depend on them. */
const ofOneViewer = ['If-Match', 'If-None-Match', 'If-Modified-Since', 'If-Unmodified-Since', 'If-Range', 'Range'];

/**
 * The answer to a viewer who may see it. A request with a condition or a range passes through if there is no copy, and
 * so does everything but GET and HEAD.
 * @see https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/HTTPStatusCodes.html
 * @see https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/RangeGETs.html
 */
export async function askCached(
  request: Request,
  origin: CachedOrigin,
): Promise<{ readonly response: Response; readonly result: CacheResult }> {
  const { cache, behavior, now } = origin;
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return { response: await origin.ask(request), result: 'Miss' };
  }
  const key = cacheKey(request, behavior.cache, behavior.trustedKeys !== undefined);
  const copy = cache.get(key);
  if (copy !== undefined && now < copy.since + copy.seconds * 1000) {
    const age: HeaderLines = [['Age', String(Math.floor((now - copy.since) / 1000))]];
    const response = fromCopy(request, copy);
    return { response: { ...response, headers: [...response.headers, ...age] }, result: 'Hit' };
  }
  const plain = withoutHeaders(request.headers, ...ofOneViewer);
  const etag = copy && headerOf(copy.response.headers, 'etag');
  if (copy !== undefined && etag !== undefined && copy.response.status === 200) {
    const response = await origin.ask({ ...request, method: 'GET', headers: [...plain, ['If-None-Match', etag]] });
    if (response.status === 304) {
      const fresh = { ...copy, since: now };
      cache.keep(key, fresh);
      return { response: fromCopy(request, fresh), result: 'RefreshHit' };
    }
    const kept = keep(key, request, response, origin);
    // What the viewer asked for in particular is only known for a whole object.
    if (kept !== undefined || plain.length === request.headers.length) {
      return { response: kept === undefined ? response : fromCopy(request, kept), result: 'Miss' };
    }
    return { response: await origin.ask(request), result: 'Miss' };
  }
  const response = await origin.ask(request);
  if (request.method === 'GET' && plain.length === request.headers.length) keep(key, request, response, origin);
  return { response, result: 'Miss' };
}

/** Keeps a whole answer for as long as its policy says. Streamed bodies are not kept. */
function keep(key: string, { path }: Request, response: Response, origin: CachedOrigin): KeptAnswer | undefined {
  const { cache, behavior, now } = origin;
  const seconds = secondsToKeep(response, behavior.cache.ttl, origin.errorSeconds(response.status));
  cache.drop(key);
  if (seconds <= 0 || !Buffer.isBuffer(response.body)) return undefined;
  const answer = { path, response: { ...response, body: response.body }, since: now, seconds };
  cache.keep(key, answer);
  return answer;
}

/** The copy, or the part of it that the viewer asked for, or that it is what the viewer has. */
function fromCopy(request: Request, { response }: KeptAnswer): Response {
  const etag = headerOf(response.headers, 'etag');
  if (response.status !== 200 || etag === undefined) return response;
  const { body } = response;
  const answer = readObject(request, {
    contentType: headerOf(response.headers, 'content-type') ?? '',
    cacheControl: undefined,
    versionId: 'null',
    etag,
    lastModified: new Date(headerOf(response.headers, 'last-modified') ?? 0),
    size: body.length,
    bytes: () => bytesOf(body),
    span: (first, last) => body.subarray(first, last + 1),
  });
  if (answer.status === 200) return response;
  if (answer.status === 304) {
    return {
      status: 304,
      headers: withoutHeaders(response.headers, 'Content-Length', 'Content-Type'),
      body: emptyBody,
    };
  }
  if (answer.status !== 206) return answer;
  const span = answer.headers.filter(([name]) => /^content-(?:length|range)$/i.test(name));
  return { ...answer, headers: [...withoutHeaders(response.headers, 'Content-Length'), ...span] };
}
