/** How each file is served: its type, its caching and its policy. The deploy and the upload both use this. */
import { readFileSync } from 'node:fs';
import type { SiteConfig } from '../../contract/config.ts';
import { elementScripts } from '../../contract/layout.ts';
import { opens } from '../../contract/open-path.ts';
import { type ContentEncoding, encodedPart } from './content-encoding.ts';
import type { ContentFile } from './content-files.ts';
import { policyPlaceholder, withContentSecurityPolicy } from './content-security-policy.ts';
import { contentType, withCharset } from './content-types.ts';
import { isText } from './first-bytes.ts';

/** Settings of an S3 object that its readers receive. */
export interface ServedAs {
  readonly contentType: string;
  /** Absent: the file is served as it is stored. */
  readonly contentEncoding?: ContentEncoding;
  readonly cacheControl: string;
}

/** What the config says about it. */
export type ServingRules = Pick<SiteConfig, 'pages' | 'contentTypes'>;

const publicFolder = '/public/';

/** How a file is served. */
export function servedAs({ path, file }: ContentFile, rules: ServingRules): ServedAs {
  const cacheControl = cachingOf(path, rules.pages.login);
  const ownType = configuredType(path, rules);
  if (ownType !== undefined) return { contentType: ownType, cacheControl };
  const part = encodedPart(path, file);
  if (part === undefined) return { contentType: contentType(path, () => isText(file)), cacheControl };
  return { contentType: contentType(part.inner), contentEncoding: part.encoding, cacheControl };
}

/** The type that the config gives to a file. Nobody could sign in if it changed the login page or the element. */
function configuredType(path: string, { pages, contentTypes }: ServingRules): string | undefined {
  if ([pages.login, pages.notFound, ...elementScripts].includes(path)) return undefined;
  const [, type] = Object.entries(contentTypes).find(([pattern]) => opens(pattern, path)) ?? [];
  return type === undefined ? undefined : withCharset(type);
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
