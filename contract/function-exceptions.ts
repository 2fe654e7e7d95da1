/**
 * Which addresses the CloudFront Function of a site leaves alone. The config, the function and the commands share it.
 */

/** Names of files that many sites have, and that no extension tells from a folder. */
const usualNames = [
  'LICENSE',
  'LICENCE',
  'COPYING',
  'NOTICE',
  'README',
  'CHANGELOG',
  'AUTHORS',
  'CONTRIBUTORS',
  'INSTALL',
  'VERSION',
  'CNAME',
  'Makefile',
  'Dockerfile',
  'apple-app-site-association',
];

/** Also with a part behind a hyphen, such as `LICENSE-MIT`. */
export const usualFileName = new RegExp(`^(?:${usualNames.join('|')})(?:-[A-Z0-9]+)?$`);

/** The folder whose files have fixed names, with and without an extension (RFC 8615). */
export const wellKnownFolder = '/.well-known/';

/** Whether the form of an address alone says that it is a file. `path`: not percent-encoded. */
export function namesFile(path: string): boolean {
  const name = path.slice(path.lastIndexOf('/') + 1);
  return name.includes('.') || path.startsWith(wellKnownFolder) || usualFileName.test(name);
}

/** The address of a page in one form, with a slash at its end: `/guide` and `/guide/` are the same page. */
export const asPage = (path: string): string => path.replace(/\/?$/, '/');

/** Whether the `except` of an option names an address: by itself, or with its folder. `path`: not percent-encoded. */
export const isExcepted = (except: readonly string[], path: string): boolean =>
  except.some((one) => (one.endsWith('/*') ? asPage(path).startsWith(one.slice(0, -1)) : asPage(one) === asPage(path)));
