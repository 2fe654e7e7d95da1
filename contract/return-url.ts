/** Checks where to send a viewer after sign-in. The elements and the API share this check. */
/** Query parameter of the login page that says where to go after sign-in. */
export const returnParameter = 'return-to';

/** Longest return URL that is checked, in characters: CloudFront refuses longer ones (414). */
const maximumLength = 8192;

// Browsers strip tabs and line breaks and read `\` as `/` (WHATWG URL, 4.4), so a text check and the parser could
// disagree.
const ambiguous = /[\u0000-\u0020\u007f\\]/;

/**
 * Returns `value` as an absolute URL if it is http(s), has no credentials, and its origin is `origin` or one of
 * `others`; otherwise `undefined`. A value is either absolute or a path that begins with `/`.
 */
export function checkReturnUrl(value: string, origin: string, others: readonly string[] = []): string | undefined {
  if (value === '' || value.length > maximumLength || ambiguous.test(value)) return undefined;
  // Some parsers read `https:host` as a path, others as a host.
  if (!/^(?:\/|https?:\/\/)/i.test(value)) return undefined;
  let url: URL;
  try {
    url = new URL(value, `${origin}/`);
  } catch {
    return undefined;
  }
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return undefined;
  if (url.username !== '' || url.password !== '') return undefined;
  if (url.origin !== origin && !others.includes(url.origin)) return undefined;
  // Percent-encoding makes the URL longer.
  return url.href.length > maximumLength ? undefined : url.href;
}

/**
 * Returns `value` as a path on the same origin (path, query, fragment) that is safe in a `Location` header; otherwise
 * `undefined`. Refuses `//host` and values that normalize to it (`/.//host`): browsers read them as another host.
 */
export function checkReturnPath(value: string): string | undefined {
  if (!value.startsWith('/')) return undefined;
  const origin = 'https://return-path.invalid';
  const href = checkReturnUrl(value, origin);
  if (href === undefined) return undefined;
  const path = href.slice(origin.length);
  return path.startsWith('//') ? undefined : path;
}
