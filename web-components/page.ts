/** Owns what the element reads from and does to the page around it, behind one interface so that tests can stand in. Decides nothing. */

/** Where the shipped login page lives; it is also what a refused viewer sees at the URL they asked for. */
export const loginPagePath = '/public/login.html';

/** The page as the element sees it. */
export interface Page {
  readonly href: string;
  /** HTTP status the page was served with; 0 or `undefined` where the browser does not tell. */
  readonly servedStatus: number | undefined;
  /** What scripts can see of the cookies. */
  readonly visibleCookies: string;
  /** true: a service worker answers this page's requests. */
  readonly serviceWorker: boolean;
  /** Throws where the browser refuses storage. */
  readonly storage: Storage;
  /** Loads the same URL anew, fragment included. */
  reload(): void;
  /** Leaves for `url` without a history entry, so that Back does not return to the login page. */
  leave(url: string): void;
}

/** The real page. */
export const browserPage: Page = {
  get href() {
    return location.href;
  },
  get servedStatus() {
    return (performance.getEntriesByType('navigation') as PerformanceResourceTiming[])[0]?.responseStatus;
  },
  get visibleCookies() {
    return document.cookie;
  },
  get serviceWorker() {
    return !!navigator.serviceWorker?.controller;
  },
  get storage() {
    return sessionStorage;
  },
  reload() {
    const { href, hash } = location;
    if (!hash) return location.reload();
    // A reload stays where the login page was scrolled to, the top; and leaving for a URL that differs in nothing but the fragment loads
    // nothing. From another URL it is a visit like any other, which ends at the fragment.
    history.replaceState(null, '', loginPagePath);
    location.replace(href);
  },
  leave: (url) => location.replace(url),
};

/**
 * Tells whether the login page stands in for a page that CloudFront refused. The status decides where the browser tells it; else the path:
 * nothing under `/public/` is ever refused.
 */
export function isRefusedPage({ href, servedStatus }: Pick<Page, 'href' | 'servedStatus'>): boolean {
  return servedStatus ? servedStatus === 403 : !new URL(href).pathname.startsWith('/public/');
}
