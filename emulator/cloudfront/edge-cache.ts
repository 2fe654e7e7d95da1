/**
 * What an edge keeps: for how long, under which key, and until which invalidation. Knows no viewer, so nothing in it
 * can depend on one.
 */
import {
  type HeaderLines,
  headerOf,
  parseCookies,
  type Request,
  type Response,
  trimmed,
} from '../message/http-message.ts';
import type { CachePolicy, TimeToLive } from '../model/policies.ts';
import { withoutReservedNames } from '../signature/signature-check.ts';
import { invalidationRefusal } from './invalidation-paths.ts';
import { selects } from './selection.ts';

/** An answer of an origin, as the edge keeps it. */
export interface KeptAnswer {
  readonly path: string;
  readonly response: Response & { readonly body: Buffer };
  /** Epoch milliseconds. */
  readonly since: number;
  readonly seconds: number;
}

/** The edge drops the oldest answers beyond this. */
const maximumBytes = 64 * 1024 * 1024;

export class EdgeCache {
  /** Oldest first. */
  private readonly kept = new Map<string, KeptAnswer>();
  private bytes = 0;

  /** Also an answer whose time is over: it can be revalidated. */
  get(key: string): KeptAnswer | undefined {
    return this.kept.get(key);
  }

  keep(key: string, answer: KeptAnswer): void {
    this.drop(key);
    this.kept.set(key, answer);
    this.bytes += answer.response.body.length;
    for (const oldest of this.kept.keys()) {
      if (this.bytes <= maximumBytes) return;
      this.drop(oldest);
    }
  }

  drop(key: string): void {
    this.bytes -= this.kept.get(key)?.response.body.length ?? 0;
    this.kept.delete(key);
  }

  /** Throws an `Error` with CloudFront's code if it would refuse these paths. A `*` at the end stands for anything. */
  invalidate(paths: readonly string[]): void {
    const refusal = invalidationRefusal(paths);
    if (refusal !== undefined) throw new Error(`${refusal.code}: ${refusal.message}`);
    const isMeant = (path: string): boolean =>
      paths.some((pattern) => (pattern.endsWith('*') ? path.startsWith(pattern.slice(0, -1)) : path === pattern));
    for (const [key, { path }] of this.kept) if (isMeant(path)) this.drop(key);
  }

  clear(): void {
    this.kept.clear();
    this.bytes = 0;
  }
}

/**
 * `Accept-Encoding` as it is in the key: only whether the viewer takes the codings that the policy turns on.
 * @see https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cache-key-understand-cache-policy.html
 */
export function normalizedEncodings(header: string | undefined, { encodings }: CachePolicy): string {
  const offers = (header ?? '').split(',').map((offer) => trimmed(offer).toLowerCase());
  const takes = (coding: string): boolean =>
    offers.some((offer) => {
      const [name = '', ...parameters] = offer.split(';').map(trimmed);
      return name === coding && !parameters.some((parameter) => /^q=0(?:\.0*)?$/.test(parameter));
    });
  return encodings.filter(takes).join(',');
}

/**
 * The key of an answer: the path, and what the policy adds to it. Nothing else of the request is in the key, and the
 * signed cookies are not. A signed behavior drops the parameters of signed URLs.
 * @see https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/understanding-the-cache-key.html
 */
export function cacheKey({ path, query, headers }: Request, policy: CachePolicy, signed: boolean): string {
  const parameters = ((signed ? withoutReservedNames(query) : query) ?? '').split('&');
  const names = [...new Set(headers.map(([name]) => name.toLowerCase()))].sort();
  return JSON.stringify([
    path,
    parameters.filter((part) => part !== '' && selects(policy.query, part.split('=', 1)[0] ?? '', true)),
    names.filter((name) => selects(policy.headers, name, false)).map((name) => [name, headerOf(headers, name)]),
    parseCookies(headerOf(headers, 'cookie')).filter(([name]) => selects(policy.cookies, name, true)),
    normalizedEncodings(headerOf(headers, 'accept-encoding'), policy),
  ]);
}

/** Seconds by the origin's own word; undefined: it has none. */
function secondsOf(headers: HeaderLines): number | undefined {
  const directives = (headerOf(headers, 'cache-control') ?? '').toLowerCase();
  for (const name of ['s-maxage', 'max-age']) {
    const [, seconds] = new RegExp(`(?:^|[\\s,])${name}="?(\\d+)`).exec(directives) ?? [];
    if (seconds !== undefined) return Number(seconds);
  }
  const expires = Date.parse(headerOf(headers, 'expires') ?? '');
  const date = Date.parse(headerOf(headers, 'date') ?? '');
  return Number.isNaN(expires - date) ? undefined : Math.max((expires - date) / 1000, 0);
}

const asksNotToKeep = (headers: HeaderLines): boolean =>
  /(?:^|[\s,])(?:no-cache|no-store|private)(?:$|[\s,=])/i.test(headerOf(headers, 'cache-control') ?? '');

/** Successful answers that are kept. */
const keepable = [200, 301, 302, 307, 308];
/** Errors that are always kept; the first ones only unless the origin says `no-store`, `no-cache` or `private`. */
const obedientErrors = [404, 410, 414, 501];
const errors = [...obedientErrors, 500, 502, 503, 504];
/** Errors that are kept if the origin says for how long. */
const errorsByRequest = [400, 403, 405, 412, 415];

/**
 * For how many seconds an answer is kept; 0: not at all. `errorSeconds`: the error caching minimum TTL of its status.
 * @see https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/Expiration.html
 * @see https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/custom-error-pages-expiration.html
 * @see https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/HTTPStatusCodes.html
 */
export function secondsToKeep({ status, headers }: Response, ttl: TimeToLive, errorSeconds: number): number {
  const asked = secondsOf(headers);
  if (keepable.includes(status)) {
    // `Vary: *` fits no later request.
    if (headerOf(headers, 'vary') === '*') return 0;
    if (asksNotToKeep(headers)) return ttl.minimum;
    return Math.min(Math.max(asked ?? ttl.default, ttl.minimum), ttl.maximum);
  }
  const limited = Math.min(asked ?? 0, ttl.maximum);
  if (errorsByRequest.includes(status)) return asked === undefined ? 0 : Math.max(limited, errorSeconds);
  if (!errors.includes(status) || (obedientErrors.includes(status) && asksNotToKeep(headers))) return 0;
  return Math.max(limited, errorSeconds);
}
