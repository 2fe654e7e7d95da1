/** Defines which patterns may be open paths. Their reach must be obvious, so that no one opens more than intended. */
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
  const [first = ''] = segments;
  if (/^(?:auth|public)$/.test(first)) return 'a path outside /auth/ and /public/, which are always open';
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

/**
 * Why a pattern must not be open if `/team` is answered with `/team/index.html`. The address decides which behavior
 * answers, so an exact path would open a page in a folder that it does not name.
 */
export function rewrittenPathProblem(pattern: string): string | undefined {
  const last = pattern.slice(pattern.lastIndexOf('/') + 1);
  if (last === '' || last.includes('.') || last.endsWith('*')) return undefined;
  return `with indexRewriting a file with an extension, ${pattern}/ for the index page of that folder, or ${pattern}/* \
for all of it, because ${pattern} is answered with ${pattern}/index.html`;
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
