/**
 * Why a page stays closed although sign-in worked, and the texts of rare failures. A script of its own: few viewers
 * load it.
 */
import type { SignedInSession } from '../../contract/session-api.ts';
import type { Page } from '../shared/page.ts';
import { retry, siteLogin } from '../words/en/login.ts';
import * as words from '../words/en/login-loop.ts';
import type { RareCode } from './codes.ts';
import type { FailureCode, LoopCause } from './secure-login-events.ts';
import type { Action, View } from './view.ts';

/** Most likely first. */
export type LoopCauses = readonly [LoopCause, ...LoopCause[]];

/**
 * Query names that make CloudFront ignore the cookies.
 * @see https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-choosing-signed-urls-cookies.html
 */
const reservedQueryNames = ['Expires', 'Policy', 'Signature', 'Key-Pair-Id', 'Hash-Algorithm'];

/** Clocks may differ by this much without being a cause, in milliseconds. */
const clockToleranceMs = 120_000;
/** The reserved names that the query of `href` uses. */
export function reservedNames(href: string): string[] {
  const { searchParams } = new URL(href);
  return reservedQueryNames.filter((name) => searchParams.has(name));
}

const causeWords: Record<LoopCause, (names: string, host: string | undefined) => string> = words.causes;

/** Causes that the evidence points to. `clockDifferenceMs`: the API's clock minus the device's. */
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

const failures = words.failures satisfies Record<RareCode, string>;

/** The text of a failure; `undefined` if it has none of its own. @internal */
export const failed = (code: FailureCode): string | undefined => failures[code as RareCode];

/** What is known when a page stays closed. */
export interface Loop {
  readonly page: Page;
  /** Where it is already known. Default: what the evidence points to. */
  readonly cause?: LoopCause | undefined;
  /** Hosts of the distribution, canonical first, and the API's clock. */
  readonly session: Pick<SignedInSession, 'hosts' | 'now'>;
  /** The site's own login page, if this is another page. */
  readonly login: string | undefined;
}

/** What is shown. @internal */
export function looping({ page, cause: known, session: { hosts, now }, login }: Loop): View {
  const causes: LoopCauses = known ? [known] : likelyCauses(page, hosts, Date.parse(now) - Date.now());
  const { href } = page;
  const [host] = hosts;
  const [cause] = causes;
  const names = reservedNames(href);
  const url = new URL(href);
  for (const name of names) url.searchParams.delete(name);
  if (host && cause === 'other_host') url.host = host;
  const again: Action = [words.signInAgain, ['signOut']];
  const reload: Action = [retry, ['reload']];
  // The first action fixes this cause.
  const fixes: Partial<Record<LoopCause, Action[]>> = {
    cookies_refused: login ? [[siteLogin, login], again] : [again],
    reserved_query: [[words.withoutNames, url.href], again],
    other_host: [[words.openThere, url.href], again],
    service_worker: [reload, again],
    clock: [reload, again],
    refused_elsewhere: [again, reload],
  };
  return {
    status: 'looping',
    heading: cause === 'cookies_refused' ? words.notKept : words.staysClosed,
    text: causes.map((one) => causeWords[one](names.join('”, “'), host)).join(' '),
    actions: fixes[cause] ?? [again],
  };
}
