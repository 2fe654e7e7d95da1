/** Owns whether the cookies of a site can exist in a page at all. Pure. */

/** The last two labels of the host: equal within one site, and for some neighbors. A sandboxed frame's `null` is like no other. */
const siteOf = (origin: string): string =>
  origin
    .replace(/.*\/|:\d+$/g, '')
    .split('.')
    .slice(-2)
    .join();

/**
 * true: a page of `origin` is certainly on another site than `api`, where no browser keeps or sends `SameSite=Lax` cookies. false: it may be; a page does
 * not know the public suffixes, and two sites under one of these are told apart when a sign-in there does not last.
 */
export const isOtherSite = (origin: string, api: string): boolean => siteOf(origin) !== siteOf(api);
