/** The page around an element, as the element reads and changes it. Tests replace it. */
import { type ProblemCode, problemCodes } from '../../contract/session-api.ts';

/** Where the shipped login page lives; it is also what a refused viewer sees at the URL they asked for. */
export const loginPagePath = '/public/login.html';

/** The page as the element sees it. */
export interface Page {
  readonly href: string;
  /** Origins of the pages that this one is framed in, as far as the browser tells. */
  readonly ancestors: readonly string[];
  /** HTTP status the page was served with; 0 or `undefined` where the browser does not tell. */
  readonly servedStatus: number | undefined;
  /** What scripts can see of the cookies. */
  readonly visibleCookies: string;
  /** How many cookies with these attributes the browser keeps side by side. It keeps none of them afterwards. */
  keptCookies(...attributes: readonly string[]): number;
  /** true: an iPhone or iPad. */
  readonly isIos: boolean;
  /** true: a service worker answers this page's requests. */
  readonly serviceWorker: boolean;
  /** true: reached by Back or Forward, so that it may be a copy that the browser stored. */
  readonly isRevisited: boolean;
  /** Throws where the browser refuses storage. */
  readonly storage: Storage;
  /** Outlives the tab; throws likewise. */
  readonly lasting: Storage;
  /** Loads the same URL anew, fragment included. */
  reload(): void;
  /** Puts another address of this origin in the place of this one, without loading anything. */
  rewrite(url: string): void;
  /** Leaves for `url` without a history entry, so that Back does not return to the login page. */
  leave(url: string): void;
  /** Leads the window on to `url`, out of any frame; Back returns. */
  visit(url: string): void;
}

const navigation = () => (performance.getEntriesByType('navigation') as PerformanceNavigationTiming[])[0];

/** The real page. */
export const browserPage: Page = {
  get href() {
    return location.href;
  },
  get ancestors() {
    return [...(location.ancestorOrigins ?? [])];
  },
  get servedStatus() {
    return navigation()?.responseStatus;
  },
  get isRevisited() {
    return navigation()?.type === 'back_forward';
  },
  get visibleCookies() {
    return document.cookie;
  },
  keptCookies(...attributes) {
    // A name that nobody can have guessed, and set before.
    const name = `s3nator-${Math.random()}`;
    const set = (rest: string) => {
      // biome-ignore lint/suspicious/noDocumentCookie: no other API tells at once, and in every browser
      document.cookie = `${name}=1; SameSite=Lax; ${rest}`;
    };
    try {
      for (const one of attributes) set(one);
      const kept = document.cookie.split(name).length - 1;
      for (const one of attributes) set(`Max-Age=0; ${one}`);
      return kept;
    } catch {
      // In a sandbox.
      return 0;
    }
  },
  get isIos() {
    const { userAgent, maxTouchPoints } = navigator;
    // An iPad says that it is a Mac, and no Mac has a touch screen.
    return /iP(hone|ad|od)/.test(userAgent) || (/Macintosh/.test(userAgent) && maxTouchPoints > 1);
  },
  get serviceWorker() {
    return !!navigator.serviceWorker?.controller;
  },
  get storage() {
    return sessionStorage;
  },
  get lasting() {
    return localStorage;
  },
  reload() {
    const { href, hash } = location;
    if (!hash) return location.reload();
    // A reload keeps the scroll position of the login page, the top. Leaving for a URL that differs only in the
    // fragment loads nothing. From another URL it is a normal visit, which ends at the fragment.
    history.replaceState(null, '', loginPagePath);
    location.replace(href);
  },
  rewrite: (url) => history.replaceState(null, '', url),
  leave: (url) => location.replace(url),
  visit: (url) => void open(url, '_top'),
};

/**
 * Tells whether the login page is shown in place of a page that CloudFront refused. The status decides where the
 * browser tells it, otherwise the path: nothing under `/public/` is ever refused.
 */
export function isRefusedPage({ href, servedStatus }: Pick<Page, 'href' | 'servedStatus'>): boolean {
  return servedStatus ? servedStatus === 403 : !new URL(href).pathname.startsWith('/public/');
}

/** true: on http://localhost this browser stores cookies, but no `Secure` ones, as Safari does. No sign-in can last. */
export const refusesSecureCookies = (page: Pick<Page, 'href' | 'keptCookies'>): boolean =>
  /^http:\/\/(localhost|127\.0\.0\.1|\[::1\])[:/]/.test(page.href) &&
  !page.keptCookies('Secure') &&
  !!page.keptCookies('');

/** The code in the login page's fragment: the API sends viewers there whose sign-in by form post was refused. */
export function formFailure(href: string): ProblemCode | undefined {
  const { pathname, hash } = new URL(href);
  return pathname === loginPagePath ? problemCodes.find((code) => hash === `#error=${code}`) : undefined;
}
