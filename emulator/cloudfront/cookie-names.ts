/**
 * Names of cookies, if several emulators run at `localhost`. Browsers send a host's cookies to each of its ports, so
 * without names of their own, the cookies of one would replace those of the other.
 */
import { type HeaderLines, parseCookies, type Request, type Response } from '../message/http-message.ts';

/** Cookies that the edge and the API set. Scripts of pages may set others, which keep their names. */
const owned = /^((?:CloudFront-|__Host-)[^=]*?)(\.\d+)?$/;

/** Takes the mark off this emulator's cookies, and drops those of others. */
function unmarked(headers: HeaderLines, mark: string): HeaderLines {
  return headers.flatMap(([name, value]): HeaderLines => {
    if (name.toLowerCase() !== 'cookie') return [[name, value]];
    const cookies = parseCookies(value).flatMap(([cookie, content]) => {
      const [, plain, found = ''] = owned.exec(cookie) ?? [cookie, cookie, mark];
      return found === mark ? [`${plain}=${content}`] : [];
    });
    return cookies.length === 0 ? [] : [[name, cookies.join('; ')]];
  });
}

const marked = (headers: HeaderLines, mark: string): HeaderLines =>
  headers.map(([name, value]) => {
    if (name.toLowerCase() !== 'set-cookie') return [name, value];
    const [cookie = '', ...rest] = value.split('=');
    return [name, [owned.test(cookie) ? `${cookie}${mark}` : cookie, ...rest].join('=')];
  });

/** Serves with cookies whose names end in `mark`: empty, or a dot and a number. */
export function withOwnCookies<More extends readonly unknown[]>(
  mark: string,
  serve: (request: Request, ...more: More) => Promise<Response>,
): typeof serve {
  return async (request, ...more) => {
    const response = await serve({ ...request, headers: unmarked(request.headers, mark) }, ...more);
    return { ...response, headers: marked(response.headers, mark) };
  };
}
