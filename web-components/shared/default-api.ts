/** Which site's API an element talks to. */
export const defaultApi = {
  /** Origin for elements without an `api` attribute. Empty: the page's own origin. */
  origin: '',
};

/** The origin of the API. Empty: `api` is not an http(s) address. `api` may be anything that a page set as property. */
export function apiOrigin(api: unknown, pageOrigin: string): string {
  const url = String(api || defaultApi.origin || pageOrigin);
  return /^https?:/.test(url) && URL.canParse(url) ? new URL(url).origin : '';
}
