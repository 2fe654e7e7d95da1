/**
 * Whether a page is on the same site as another origin: on another one, no browser keeps or sends `SameSite=Lax`
 * cookies.
 */
import type { Page } from '../shared/page.ts';

/**
 * Two hosts are one site if the browser lets the page set a cookie for the domain that both end in. The browser has the
 * list of public suffixes (`co.uk`, `cloudfront.net`) by which it also treats `SameSite`, and refuses cookies for
 * those. Whatever keeps the page from knowing, such as a sandbox or blocked cookies, counts as another site.
 */
export function isOtherSite(origin: string, page: Pick<Page, 'href' | 'keptCookies'>): boolean {
  // A sandboxed frame's is `null`.
  if (!URL.canParse(origin)) return true;
  const [here, there] = [new URL(page.href), new URL(origin)];
  if (here.protocol !== there.protocol) return true;
  if (here.hostname === there.hostname) return false;
  let parent = here.hostname;
  while (parent && !`.${there.hostname}`.endsWith(`.${parent}`)) parent = parent.replace(/^[^.]*\.?/, '');
  // At a host that is a public suffix itself, the second one would take the place of the first.
  return !parent || page.keptCookies('', `Domain=${parent}`) < 2;
}
