/** Owns reading the request's cookies and writing Set-Cookie values. Knows no cookie's meaning. */

export type CookieJar = ReadonlyMap<string, string>;

/**
 * Reads `name=value` entries. A name that comes twice is left out: a browser sends a host-only cookie once, so one of the two was planted
 * (from a parent domain, or in a hand-made request), and nothing says which. What is not `name=value` is skipped. Never throws.
 */
export function readCookies(entries: readonly string[] | undefined): CookieJar {
  const jar = new Map<string, string>();
  const repeated = new Set<string>();
  for (const entry of entries ?? []) {
    for (const pair of String(entry).split(';')) {
      const separator = pair.indexOf('=');
      if (separator < 1) continue;
      const name = pair.slice(0, separator).trim();
      if (jar.has(name)) repeated.add(name);
      jar.set(name, pair.slice(separator + 1).trim());
    }
  }
  for (const name of repeated) jar.delete(name);
  return jar;
}

/** `maximumSeconds`: life in seconds; null: until the browser is closed. */
export function setCookie(name: string, value: string, attributes: string, maximumSeconds: number | null): string {
  return `${name}=${value}; ${attributes}${maximumSeconds === null ? '' : `; Max-Age=${maximumSeconds}`}`;
}

/** Ends a cookie; `attributes` must be those it was set with, else the browser keeps the old one (RFC 6265, 5.3). */
export function expireCookie(name: string, attributes: string): string {
  return `${name}=; ${attributes}; Max-Age=0`;
}
