/** Where the viewer goes next: return target, canonical host, and whether a path covers a page. Pure functions. */
import { checkReturnUrl, returnParameter } from '../../contract/return-url.ts';

/** The checked `return-to` of a login page that stands at its own URL, else the site's start page. */
export function returnTarget(href: string, returnOrigins: readonly string[]): string {
  const url = new URL(href);
  const wanted = url.searchParams.get(returnParameter);
  const checked = wanted === null ? undefined : checkReturnUrl(wanted, url.origin, returnOrigins);
  return checked ?? `${url.origin}/`;
}

/**
 * Path that Google's form post to the API leads to from a login page that stands at its own URL: its checked
 * `return-to`, or the start page. A `return-to` of another origin leads to the login page, because only a session says
 * which origins are allowed.
 */
export function formTarget(href: string): string {
  const { origin, searchParams } = new URL(href);
  return (checkReturnUrl(searchParams.get(returnParameter) ?? '/', origin) ?? href).slice(origin.length);
}

/** The same page on the canonical host, if `href` is on another host of the distribution; else `undefined`. */
export function canonicalUrl(href: string, hosts: readonly string[]): string | undefined {
  const url = new URL(href);
  const [canonical, ...others] = hosts;
  if (canonical === undefined || canonical === url.host || !others.includes(url.host)) return undefined;
  return `${url.protocol}//${canonical}${url.pathname}${url.search}${url.hash}`;
}

/**
 * Tells whether a grant's path opens `href`. A trailing `*` covers everything after it, including the query. An exact
 * path covers no query.
 * @see https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-creating-signed-url-custom-policy.html
 */
export function covers(path: string, href: string): boolean {
  const url = new URL(href);
  // What the edge compares: a `?` counts, with nothing behind it too.
  const requested = url.href.slice(url.origin.length).replace(/#.*/, '');
  return path.endsWith('*') ? requested.startsWith(path.slice(0, -1)) : requested === path;
}
