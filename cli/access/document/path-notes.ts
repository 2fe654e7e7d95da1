/** Notes about the path of a rule: what it does not cover, and whether the site has anything there. */
import type { SiteConfig } from '../../../contract/config.ts';
import { isExcepted, namesFile } from '../../../contract/function-exceptions.ts';
import { openPattern, rootObject } from '../../../contract/layout.ts';
import { pathCovers } from '../../../contract/rule-order.ts';
import { visible } from '../../../contract/visible-text.ts';
import { addressesOf } from '../../../stacks/content/addresses.ts';
import type { AccessStore } from './store.ts';

/** Notes about what a path does not cover. */
export function pathNotes(path: string, config: SiteConfig): string[] {
  const open = [openPattern(config.paths), ...config.openPaths];
  if (path === '/*') return [];
  if (open.some((pattern) => pathCovers(pattern, path))) {
    return [`${path} is open to everyone, whatever the rules say`];
  }
  const ways = open.join(', ');
  const assets = `pages under ${path} must find their images, styles and scripts there or on an open path (${ways})`;
  if (!path.endsWith('*')) {
    const query = `${path} does not cover an address with a query, such as ${path}?x=1`;
    return [query, ...otherAddressNotes(path, config), assets];
  }
  return path.endsWith('/*') ? [`${path} does not cover ${path.slice(0, -2)}, without the slash`, assets] : [assets];
}

/** A note if a page has another address that its path does not cover. */
function otherAddressNotes(path: string, { indexRewriting }: SiteConfig): string[] {
  const file = decoded(path.endsWith('/') ? `${path}${rootObject}` : path);
  // Nothing but `/*` covers both addresses of the start page.
  if (file === undefined || file === `/${rootObject}`) return [];
  if (indexRewriting !== null) {
    // No copy is reached.
    if (path.endsWith('/') || namesFile(file) || isExcepted(indexRewriting.except, file)) return [];
    return [`${path} leads to ${path}/, which it does not cover; ${path}/* covers that page, and what else is there`];
  }
  const copy = addressesOf(file).find(({ kind, path: other }) => kind === 'copy' && file.startsWith(other));
  if (copy === undefined) return [];
  const other = path.endsWith('/') ? file : copy.path;
  return [uncovered(path, encodeURI(other), `${encodeURI(copy.path)}*`)];
}

const uncovered = (path: string, other: string, both: string): string =>
  `${path} does not cover ${other}, another address of that page; ${both} covers both, and what else begins so`;

/** Without percent-encoding; undefined: it is not UTF-8. */
function decoded(path: string): string | undefined {
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined;
  }
}

/** The path that S3 reads in an address, without the first slash; undefined: it is not UTF-8. A plus is a space. */
const keyOf = (path: string): string | undefined => decoded(path.slice(1).replaceAll('+', ' '));

/**
 * The S3 keys, below the content's folder, of what a person who opens `path` may see, the first one that exists;
 * undefined if it is not UTF-8. Agrees with the site's CloudFront Function (`stacks/edge/function-code.ts`), which
 * knows the files only if the deploy uploads them.
 */
export function contentKeys(
  path: string,
  site: Pick<SiteConfig, 'content' | 'indexRewriting' | 'fallback'>,
): readonly string[] | undefined {
  const { content, indexRewriting, fallback } = site;
  const [key, address] = [keyOf(path), decoded(path)];
  if (key === undefined || address === undefined) return undefined;
  const own = key === '' ? rootObject : key;
  const isAlone = namesFile(address) || isExcepted(indexRewriting?.except ?? [], address);
  if ((indexRewriting === null && fallback === null) || isAlone) return [own];
  const known = content === null ? [] : [own];
  const start = content === null ? ['/'] : [];
  if (fallback !== null && !isExcepted([...fallback.except, ...start], address)) {
    return [...known, fallback.page.slice(1)];
  }
  if (indexRewriting === null || key === '') return [own];
  return [...known, ...(key.endsWith('/') ? [`${key}${rootObject}`] : (contentKeys(`${path}/`, site) ?? []))];
}

/** A note if a path opens no file that exists now, or if that cannot be looked up. */
export async function emptyPathNotes(path: string, config: SiteConfig, store: AccessStore): Promise<string[]> {
  const nothing = `${visible(path)} opens nothing yet: the site has no such file`;
  try {
    if (path.endsWith('*')) {
      const prefix = keyOf(path.slice(0, -1));
      if (prefix === undefined) return [nothing];
      const { fallback } = config;
      // The fallback page answers wherever no file does.
      const isRouted = fallback !== null && !isExcepted(fallback.except, `/${prefix}`);
      return path === '/*' || isRouted || (await store.hasContent(prefix, false)) ? [] : [nothing];
    }
    for (const key of contentKeys(path, config) ?? []) {
      if (!(await store.hasContent(key, true))) continue;
      const isCopy =
        !key.endsWith('/') && config.indexRewriting === null && (await store.hasContent(`${key}.html`, true));
      return isCopy ? [uncovered(path, `${path}.html`, `${path}*`)] : [];
    }
    return [nothing];
  } catch (error) {
    return [
      `whether the site has a file at ${visible(path)} is not known: ${error instanceof Error ? error.message : error}`,
    ];
  }
}
