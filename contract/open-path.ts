/** Defines which patterns may be open paths. Their reach must be obvious, so that no one opens more than intended. */
import { isExcepted, namesFile } from './function-exceptions.ts';
import type { SitePaths } from './layout.ts';

/** The allowed patterns, for the end of an error message. */
const anchored =
  'an exact path such as /robots.txt, a folder such as /assets/*, or files of one kind such as /*.woff2: ' +
  'a pattern with a wildcard must name a whole folder, or end in an extension';

// RFC 3986, without percent-encoding, and without characters that have another meaning to Terraform or CloudFront.
const form = /^\/[A-Za-z0-9_\-.*?$/~"'@:+&]{1,254}$/;

const hasWildcard = (text: string): boolean => /[*?]/.test(text);

/** A pattern for all pages would open the whole site. */
const pageExtension = /\.x?html?$/i;

/**
 * Why a pattern must not be open; undefined: it may.
 * @see https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/DownloadDistValuesCacheBehavior.html#DownloadDistValuesPathPattern
 */
export function openPathProblem(pattern: string): string | undefined {
  if (!form.test(pattern)) return 'an absolute path pattern of at most 255 characters, such as /robots.txt';
  if (/^\/[*?/]*$/.test(pattern)) {
    return 'a pattern that does not open the whole site (to serve everything in the open you do not need s3nator)';
  }
  if (/\/\/|\/\.+(?:\/|$)/.test(pattern))
    return 'a path without // and without a segment of dots, which browsers take out';
  const segments = pattern.slice(1).split('/');
  if (!hasWildcard(pattern)) return undefined;
  // `*` also matches slashes, so only a literal segment limits it.
  if (segments.slice(0, -1).some((segment) => segment !== '' && !hasWildcard(segment))) return undefined;
  const last = segments.at(-1) ?? '';
  const [extension] = /\.[A-Za-z0-9]+$/.exec(last) ?? [];
  if (extension === undefined) return anchored;
  // `/*/index.html` is the page of every folder, and `/?????.html` any page with a five-letter name.
  if (pageExtension.test(extension) && (pattern.includes('*') || /^[?]+\.[^.]*$/.test(last)))
    return `${anchored}; ${pattern} would open every ${extension} file of the site that it matches`;
  return undefined;
}

/** Why a pattern must not be open besides the folders that always are: it is in one of them, or has one in it. */
export function reservedPathProblem(pattern: string, { api, open }: SitePaths): string | undefined {
  const meets = (folder: string): boolean => `${pattern}/`.startsWith(`${folder}/`) || opens(pattern, `${folder}/`);
  return [api, open].some(meets) ? `a path outside ${api}/ and ${open}/, which are always open` : undefined;
}

/**
 * Why a pattern must not be open if `/team` leads to `/team/`. The address decides which behavior answers, so an exact
 * path would open nothing. `except`: addresses that lead nowhere else.
 */
export function redirectedPathProblem(pattern: string, except: readonly string[]): string | undefined {
  if (/[/*]$/.test(pattern) || namesFile(pattern) || isExcepted(except, pattern)) return undefined;
  return `with indexRewriting ${pattern}/ for the index page of that folder, or ${pattern}/* for all of it, because \
${pattern} leads to ${pattern}/; for a file without an extension, add it to indexRewriting.except`;
}

/**
 * Whether an open path opens an address. `*` matches any characters, including slashes, and `?` matches one. Case
 * matters.
 */
export function opens(pattern: string, path: string): boolean {
  const source = pattern
    .replace(/[*]+/g, '*')
    .replace(/[^*?\w/-]/g, '\\$&')
    .replaceAll('?', '.')
    .replaceAll('*', '.*');
  return new RegExp(`^${source}$`, 's').test(path);
}

/**
 * Whether an open path opens an address in any spelling that a viewer may send: every character as it is or
 * percent-encoded, and `+` for a space, as S3 reads it. `path` is not percent-encoded.
 */
export function mayOpen(pattern: string, path: string): boolean {
  // Cheap answers for most paths. A pattern contains no `%`: up to its first wildcard, only a space has another
  // spelling, and after it, only hexadecimal digits can be part of one.
  const plain = path.replaceAll('+', ' ');
  const [start = ''] = /^[^*?]*/.exec(pattern) ?? [];
  if (!plain.startsWith(start.replaceAll('+', ' '))) return false;
  const literals = pattern
    .slice(start.length)
    .replace(/[*?0-9A-Fa-f]/g, '')
    .replaceAll('+', ' ');
  if ([...literals].some((character) => !plain.includes(character))) return false;
  if (pattern === `${start}*`) return true;
  const step = (places: ReadonlySet<number>, characters: string): Set<number> => {
    const next = new Set<number>();
    for (const place of places) {
      const expected = pattern[place];
      if (expected === '*') next.add(place);
      else if (expected === '?' || (expected !== undefined && characters.includes(expected))) next.add(place + 1);
    }
    return withSkippedStars(pattern, next);
  };
  // Where in the pattern each spelling of the path's beginning can end.
  let places = withSkippedStars(pattern, new Set([0]));
  for (const character of path) {
    const isAscii = character <= '\x7f';
    let next: ReadonlySet<number> = places;
    for (const byte of new TextEncoder().encode(character)) {
      const [high = '', low = ''] = byte.toString(16).padStart(2, '0');
      const encoded = [`${high}${high.toUpperCase()}`, `${low}${low.toUpperCase()}`].reduce(step, step(next, '%'));
      next = new Set([...step(next, isAscii ? character : ''), ...encoded]);
    }
    // CloudFront may count a character of several bytes as one.
    places = new Set([...next, ...(character === ' ' ? step(places, '+') : []), ...(isAscii ? [] : step(places, ''))]);
    if (places.size === 0) return false;
  }
  return places.has(pattern.length);
}

/** A `*` may also match nothing. Iterating over a set includes what is added meanwhile. */
function withSkippedStars(pattern: string, places: Set<number>): Set<number> {
  for (const place of places) if (pattern[place] === '*') places.add(place + 1);
  return places;
}
