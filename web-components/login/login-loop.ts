/**
 * Owns why a page stays closed although sign-in worked, what is shown then, and what is said of rare failures: a script of its own, loaded by who meets
 * them. Reloads nothing.
 */

import type { SignedInSession } from '../../contract/session-api.ts';
import type { Page } from '../shared/page.ts';
import { retry, siteLogin } from '../words/en/login.ts';
import * as loopWords from '../words/en/login-loop.ts';
import type { FailureCode, LoopCause } from './secure-login-events.ts';
import type { Action, View } from './view.ts';

/** Likeliest first. */
export type LoopCauses = readonly [LoopCause, ...LoopCause[]];

/**
 * Query names that make CloudFront ignore the cookies.
 * @see https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-choosing-signed-urls-cookies.html
 */
const reservedQueryNames = ['Expires', 'Policy', 'Signature', 'Key-Pair-Id', 'Hash-Algorithm'];

/** Largest difference of clocks that is no cause, in milliseconds. */
const clockToleranceMs = 120_000;
/** The reserved names that the query of `href` uses. */
export function reservedNames(href: string): string[] {
  const { searchParams } = new URL(href);
  return reservedQueryNames.filter((name) => searchParams.has(name));
}

const causeWords: Record<LoopCause, (names: string, host: string | undefined) => string> = loopWords.causes;

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

/** The words for a failure; `undefined`: there are none of its own. @internal */
export const failed = (code: FailureCode): string | undefined =>
  (loopWords.failures as Partial<Record<FailureCode, string>>)[code];

/** What is known when a page stays closed. */
export interface Loop {
  readonly page: Page;
  /** Where it is known at once. Default: what the evidence speaks for. */
  readonly cause?: LoopCause | undefined;
  /** Hosts of the distribution, canonical first, and the API's clock. */
  readonly session: Pick<SignedInSession, 'hosts' | 'now'>;
  /** The site's own login page, if this is another page. */
  readonly login: string | undefined;
  signInAgain(): unknown;
}

/** What is shown. @internal */
export function looping({ page, cause: known, session: { hosts, now }, login, signInAgain }: Loop): View {
  const causes: LoopCauses = known ? [known] : likelyCauses(page, hosts, Date.parse(now) - Date.now());
  const { href } = page;
  const [host] = hosts;
  const [cause] = causes;
  const names = reservedNames(href);
  const url = new URL(href);
  for (const name of names) url.searchParams.delete(name);
  if (host && cause === 'other_host') url.host = host;
  const again: Action = [loopWords.signInAgain, () => signInAgain()];
  const reload: Action = [retry, () => page.reload()];
  // First what mends this cause.
  const mends: Partial<Record<LoopCause, Action[]>> = {
    cookies_refused: login ? [[siteLogin, login], again] : [again],
    reserved_query: [[loopWords.withoutNames, url.href], again],
    other_host: [[loopWords.openThere, url.href], again],
    service_worker: [reload, again],
    clock: [reload, again],
    refused_elsewhere: [again, reload],
  };
  return {
    status: 'looping',
    heading: cause === 'cookies_refused' ? loopWords.notKept : loopWords.staysClosed,
    text: causes.map((one) => causeWords[one](names.join('”, “'), host)).join(' '),
    actions: mends[cause] ?? [again],
  };
}
