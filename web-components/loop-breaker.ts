/** Owns the memory against endless sign-in rounds and the guess at their cause. Reloads and renders nothing. */

import type { Page } from './page.ts';

/**
 * Why a page stays closed although sign-in worked:
 * `cookies_refused`: the browser does not keep the cookies · `reserved_query`: a query name makes CloudFront read a signed URL ·
 * `other_host`: the cookies are signed for another host · `foreign_cookie`: a `CloudFront-*` cookie that is not ours gets in the way ·
 * `service_worker`: it answers in the network's place · `clock`: the device's clock is off ·
 * `refused_elsewhere`: firewall, country, or a key that was just changed.
 */
export type LoopCause =
  | 'cookies_refused'
  | 'reserved_query'
  | 'other_host'
  | 'foreign_cookie'
  | 'service_worker'
  | 'clock'
  | 'refused_elsewhere';

/** Likeliest first. */
export type LoopCauses = readonly [LoopCause, ...LoopCause[]];

/**
 * Query names that make CloudFront ignore the cookies.
 * @see https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-choosing-signed-urls-cookies.html
 */
const reservedQueryNames = ['Expires', 'Policy', 'Signature', 'Key-Pair-Id', 'Hash-Algorithm'];

/** Largest difference of clocks that is no cause, in milliseconds. */
const clockToleranceMs = 120_000;
const storageKey = 's3nator-rounds';

/** The reserved names that the query of `href` uses. */
export function reservedNames(href: string): string[] {
  const { searchParams } = new URL(href);
  return reservedQueryNames.filter((name) => searchParams.has(name));
}

/** Causes that the evidence speaks for. `clockDifferenceMs`: the API's clock minus the device's. */
export function likelyCauses(
  page: Pick<Page, 'href' | 'visibleCookies' | 'serviceWorker'>,
  hosts: readonly string[],
  clockDifferenceMs: number,
): LoopCauses {
  const evidence: Record<Exclude<LoopCause, 'cookies_refused' | 'refused_elsewhere'>, boolean> = {
    reserved_query: reservedNames(page.href).length > 0,
    other_host: !hosts.includes(new URL(page.href).host),
    // Ours are HttpOnly: one that a script can see is someone else's, probably of a parent domain.
    foreign_cookie: /(^|; )CloudFront-/.test(page.visibleCookies),
    service_worker: page.serviceWorker,
    clock: Math.abs(clockDifferenceMs) > clockToleranceMs,
  };
  const [first, ...others] = (Object.keys(evidence) as (keyof typeof evidence)[]).filter((cause) => evidence[cause]);
  return first ? [first, ...others] : ['refused_elsewhere'];
}

type Rounds = Record<string, { readonly count: number; readonly at: number } | undefined>;

/** Counts what happened to a URL in this tab; times are milliseconds. Storage that is refused or full counts as "too often". */
export class LoopBreaker {
  readonly #storage: () => Storage;

  constructor(storage: () => Storage) {
    this.#storage = storage;
  }

  /** Adds one to `key` and returns how often that happened, counting anew when the last time is more than `withinMs` ago. */
  count(key: string, now: number, withinMs: number): number {
    const count = this.seen(key, now, withinMs) + 1;
    try {
      this.#storage().setItem(storageKey, JSON.stringify({ ...this.#read(), [key]: { count, at: now } }));
      return count;
    } catch {
      return Number.POSITIVE_INFINITY;
    }
  }

  /** How often `key` was counted, if the last time is at most `withinMs` ago; else 0. */
  seen(key: string, now: number, withinMs: number): number {
    const round = this.#read()[key];
    return round && now - round.at <= withinMs ? round.count : 0;
  }

  clear(): void {
    try {
      this.#storage().removeItem(storageKey);
    } catch {
      // Nothing was kept, so nothing is left.
    }
  }

  #read(): Rounds {
    try {
      return (JSON.parse(this.#storage().getItem(storageKey) ?? '') as Rounds | null) ?? {};
    } catch {
      return {};
    }
  }
}
