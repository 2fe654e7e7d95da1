/** How each file is served: its type, its caching and its policy. The deploy and the upload both use this. */
import { readFileSync } from 'node:fs';
import type { SiteConfig } from '../../contract/config.ts';
import { defaultPaths, elementScriptsOf, isIn, type SitePaths, withPaths } from '../../contract/layout.ts';
import { opens } from '../../contract/open-path.ts';
import { type ContentEncoding, encodedPart } from './content-encoding.ts';
import type { ContentFile } from './content-files.ts';
import { policyPlaceholder, withContentSecurityPolicy } from './content-security-policy.ts';
import { contentType, withCharset } from './content-types.ts';
import { isText } from './first-bytes.ts';
import { hasHashedName } from './hashed-name.ts';

/** Settings of an S3 object that its readers receive. */
export interface ServedAs {
  readonly contentType: string;
  /** Absent: the file is served as it is stored. */
  readonly contentEncoding?: ContentEncoding;
  readonly cacheControl: string;
}

/** What the config says about it. */
export type ServingRules = Pick<SiteConfig, 'pages' | 'paths' | 'contentTypes' | 'immutable'>;

/** How a file is served. */
export function servedAs(file: ContentFile, rules: ServingRules): ServedAs {
  const { inner, ...type } = typed(file, rules);
  return { ...type, cacheControl: cacheControl(file.path, inner, type.contentType, rules) };
}

/** The type and the encoding of a file. `inner`: its path, without the ending of a compression that browsers undo. */
function typed(
  { path, file }: ContentFile,
  rules: ServingRules,
): Pick<ServedAs, 'contentType' | 'contentEncoding'> & { readonly inner: string } {
  const ownType = configuredType(path, rules);
  if (ownType !== undefined) return { contentType: ownType, inner: path };
  const part = encodedPart(path, file);
  if (part === undefined) return { contentType: contentType(path, () => isText(file)), inner: path };
  return { contentType: contentType(part.inner), contentEncoding: part.encoding, inner: part.inner };
}

/** Whether browsers show this content type as a page, which loads other files. */
export const isPage = (type: string): boolean => /^(?:text\/html|application\/xhtml\+xml)\b/.test(type);

/** The files that the sign-in consists of. The config changes nothing about them. */
const isOwn = (path: string, { pages, paths }: Pick<ServingRules, 'pages' | 'paths'>): boolean =>
  [pages.login, pages.notFound, ...elementScriptsOf(paths)].includes(path);

function configuredType(path: string, rules: ServingRules): string | undefined {
  const { contentTypes } = rules;
  if (isOwn(path, rules)) return undefined;
  const [, type] = Object.entries(contentTypes).find(([pattern]) => opens(pattern, path)) ?? [];
  return type === undefined ? undefined : withCharset(type);
}

/**
 * `Cache-Control` of a file. One with a content hash in its name never changes, and edges keep it, too: they check the
 * signature before they look for a copy. `private` would keep it out of them. All others are revalidated on each
 * request, so that a deploy shows at once.
 */
function cacheControl(path: string, inner: string, type: string, rules: ServingRules): string {
  const { pages, paths, immutable } = rules;
  // CloudFront shows the login page at protected addresses, where a stored copy would hide the page after sign-in.
  if (path === pages.login) return 'no-store';
  if (elementScriptsOf(paths).includes(path)) return 'public, max-age=300';
  if (isPage(type) || isOwn(path, rules)) return 'no-cache';
  const unchanging = immutable === null ? hasHashedName(inner) : immutable.some((pattern) => opens(pattern, path));
  return unchanging ? 'max-age=31536000, immutable' : 'no-cache';
}

/** What the deploy and the upload fill into files. */
export interface Filling {
  readonly paths: SitePaths;
  /** Content-Security-Policy of the open pages. */
  readonly policy: string;
}

const areDefault = ({ api, open }: SitePaths): boolean => api === defaultPaths.api && open === defaultPaths.open;

/** Text of a page, a style sheet or a script. If the file is s3nator's own, its addresses are those of the site. */
export function ownText({ file, ours }: ContentFile, paths: SitePaths): string {
  const text = readFileSync(file, 'utf8');
  return ours ? withPaths(text, paths) : text;
}

/**
 * Text of an open page with the policy filled in, and of a file of s3nator's own with the site's paths; undefined for
 * every other file, which is served unchanged.
 */
export function filledFile(listed: ContentFile, { paths, policy }: Filling): string | undefined {
  const { path, ours } = listed;
  const isPage = isIn(paths.open, path) && path.endsWith('.html');
  const moves = ours === true && !areDefault(paths) && /\.(?:html|css|js)$/.test(path);
  if (!isPage && !moves) return undefined;
  const text = ownText(listed, paths);
  if (isPage && text.includes(policyPlaceholder)) return withContentSecurityPolicy(text, policy);
  return moves ? text : undefined;
}
