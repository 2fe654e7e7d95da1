/** How each file is served: its type, its caching and its policy. The deploy and the upload both use this. */
import { readFileSync } from 'node:fs';
import { elementScripts } from '../../contract/layout.ts';
import { policyPlaceholder, withContentSecurityPolicy } from './content-security-policy.ts';
import { contentType } from './content-types.ts';

/** Settings of an S3 object that its readers receive. */
export interface ServedAs {
  readonly contentType: string;
  readonly cacheControl: string;
}

const publicFolder = '/public/';

/** How the file at `path` is served. `loginPage`: site path of the page that answers every 403. */
export function servedAs(path: string, loginPage: string): ServedAs {
  return { contentType: contentType(path), cacheControl: cachingOf(path, loginPage) };
}

function cachingOf(path: string, loginPage: string): string {
  // CloudFront shows the login page at protected addresses, where a stored copy would hide the page after sign-in.
  if (path === loginPage) return 'no-store';
  if (elementScripts.includes(path)) return 'public, max-age=300';
  return cacheControl(path, path.startsWith(publicFolder));
}

// A hexadecimal hash in the name, as in `app.3f9a1c2e.js`. It needs a digit and a letter, so that a date does not
// match.
const hashedName = /[.-](?=[a-f]*\d)(?=\d*[a-f])[0-9a-f]{8,}\.[^./]+$/;

/**
 * `Cache-Control` of a file. A file with a content hash in its name never changes. All others are revalidated on each
 * request, so that a deploy shows at once. `private` keeps protected files out of caches that check no cookie.
 */
export function cacheControl(path: string, open: boolean): string {
  if (!hashedName.test(path)) return 'no-cache';
  return `${open ? 'public' : 'private'}, max-age=31536000, immutable`;
}

/**
 * Text of the open page `file` with `policy` filled in; undefined for a page without the placeholder and for every
 * other file, which are served unchanged.
 */
export function filledPage(path: string, file: string, policy: string): string | undefined {
  if (!path.startsWith(publicFolder) || !path.endsWith('.html')) return undefined;
  const page = readFileSync(file, 'utf8');
  return page.includes(policyPlaceholder) ? withContentSecurityPolicy(page, policy) : undefined;
}
