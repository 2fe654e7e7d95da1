/** Reads the request's cookies, and writes one Set-Cookie value. */
import { isCookieValue, isToken, withoutBlanks } from './header-text.ts';

export type CookieJar = ReadonlyMap<string, string>;

/**
 * Reads `name=value` entries. Never throws. It leaves out
 * - anything that is not `name=value`;
 * - a name or a value with an octet that RFC 6265 does not allow there. A sibling host can set `<U+00A0>__Host-x` for
 *   its whole site, because browsers treat that as an ordinary name. Code that reads it as `__Host-x` reads the
 *   attacker's cookie, however the bytes were decoded;
 * - a name that comes twice: a browser sends a host-only cookie once, so one of the two was planted (by a parent
 *   domain, or in a hand-made request), and the API cannot tell which.
 */
export function readCookies(entries: readonly string[] | undefined): CookieJar {
  const jar = new Map<string, string>();
  const dropped = new Set<string>();
  for (const entry of entries ?? []) {
    for (const pair of String(entry).split(';')) {
      const separator = pair.indexOf('=');
      if (separator < 1) continue;
      const name = withoutBlanks(pair.slice(0, separator));
      const value = withoutBlanks(pair.slice(separator + 1));
      if (!isToken(name)) continue;
      if (jar.has(name) || !isCookieValue(value)) dropped.add(name);
      jar.set(name, value);
    }
  }
  for (const name of dropped) jar.delete(name);
  return jar;
}

/** `maximumSeconds`: life in seconds; null: until the browser is closed. */
export function setCookie(name: string, value: string, attributes: string, maximumSeconds: number | null): string {
  return `${name}=${value}; ${attributes}${maximumSeconds === null ? '' : `; Max-Age=${maximumSeconds}`}`;
}

/** Ends a cookie; `attributes` must be those it was set with, or the browser keeps the old one (RFC 6265, 5.3). */
export function expireCookie(name: string, attributes: string): string {
  return `${name}=; ${attributes}; Max-Age=0`;
}
