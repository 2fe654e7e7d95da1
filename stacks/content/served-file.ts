/** Owns how a file of a site is served: its type, its caching, and the policy that an open page asks for. One truth for the deploy and the upload. */
import { readFileSync } from 'node:fs';
import { elementScripts } from '../../contract/layout.ts';
import { policyPlaceholder, withContentSecurityPolicy } from './content-security-policy.ts';
import { contentType } from './content-types.ts';

/** What S3 is told about an object, and says to who reads it. */
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
  // The login page stands at protected addresses, where a stored copy would hide the page after sign-in.
  if (path === loginPage) return 'no-store';
  if (elementScripts.includes(path)) return 'public, max-age=300';
  return cacheControl(path, path.startsWith(publicFolder));
}

// A hexadecimal hash in the name, with a digit and a letter so that a date is none: `app.3f9a1c2e.js`.
const hashedName = /[.-](?=[a-f]*\d)(?=\d*[a-f])[0-9a-f]{8,}\.[^./]+$/;

/**
 * `Cache-Control` of a file. A file whose name carries a content hash never changes; everything else is asked for again each time, so that
 * a deploy shows at once. `private` keeps protected files out of caches that check no cookie.
 */
export function cacheControl(path: string, open: boolean): string {
  if (!hashedName.test(path)) return 'no-cache';
  return `${open ? 'public' : 'private'}, max-age=31536000, immutable`;
}

/**
 * Text of the open page `file` with `policy` filled in; undefined for a page that asks for none, and for every other file: they are served
 * byte by byte.
 */
export function filledPage(path: string, file: string, policy: string): string | undefined {
  if (!path.startsWith(publicFolder) || !path.endsWith('.html')) return undefined;
  const page = readFileSync(file, 'utf8');
  return page.includes(policyPlaceholder) ? withContentSecurityPolicy(page, policy) : undefined;
}
