/** Notes about the path of a rule: what it does not cover, and whether the site has anything there. */
import type { SiteConfig } from '../../../contract/config.ts';
import { publicPattern, rootObject } from '../../../contract/layout.ts';
import { pathCovers } from '../../../contract/rule-order.ts';
import { visible } from '../../../contract/visible-text.ts';
import { addressesOf } from '../../../stacks/content/addresses.ts';
import type { AccessStore } from './store.ts';

/** Notes about what a path does not cover. */
export function pathNotes(path: string, config: SiteConfig): string[] {
  const { openPaths } = config;
  if (path === '/*') return [];
  if ([publicPattern, ...openPaths].some((open) => pathCovers(open, path))) {
    return [`${path} is open to everyone, whatever the rules say`];
  }
  const open = [publicPattern, ...openPaths].join(', ');
  const assets = `pages under ${path} must find their images, styles and scripts there or on an open path (${open})`;
  if (!path.endsWith('*')) {
    const query = `${path} does not cover an address with a query, such as ${path}?x=1`;
    return [query, ...otherAddressNotes(path, config), assets];
  }
  return path.endsWith('/*') ? [`${path} does not cover ${path.slice(0, -2)}, without the slash`, assets] : [assets];
}

/** A note if a page has another address that its path does not cover. */
function otherAddressNotes(path: string, { indexRewriting }: SiteConfig): string[] {
  const file = decoded(path.endsWith('/') ? `${path}${rootObject}` : path);
  // Nothing but `/*` covers both addresses of the start page. With `indexRewriting`, no copy is reached.
  if (file === undefined || file === `/${rootObject}` || indexRewriting) return [];
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

/** The S3 keys, below the content's folder, that a viewer's path may lead to; undefined if it is not UTF-8. */
export function contentKeys(path: string, { indexRewriting }: SiteConfig): readonly string[] | undefined {
  // S3 reads a plus sign as a space.
  const key = decoded(path.slice(1).replaceAll('+', ' '));
  if (key === undefined) return undefined;
  if (key === '') return [rootObject];
  if (!indexRewriting) return [key];
  if (key.endsWith('/')) return [`${key}${rootObject}`];
  return /\.[^/]*$/.test(key) ? [key] : [key, `${key}/${rootObject}`];
}

/** A note if a path opens no file that exists now, or if that cannot be looked up. */
export async function emptyPathNotes(path: string, config: SiteConfig, store: AccessStore): Promise<string[]> {
  const nothing = `${visible(path)} opens nothing yet: the site has no such file`;
  try {
    if (path.endsWith('*')) {
      const [prefix] = contentKeys(path.slice(0, -1), { ...config, indexRewriting: false }) ?? [];
      if (prefix === undefined) return [nothing];
      return path === '/*' || (await store.hasContent(prefix, false)) ? [] : [nothing];
    }
    for (const key of contentKeys(path, config) ?? []) {
      if (!(await store.hasContent(key, true))) continue;
      const isCopy = !key.endsWith('/') && !config.indexRewriting && (await store.hasContent(`${key}.html`, true));
      return isCopy ? [uncovered(path, `${path}.html`, `${path}*`)] : [];
    }
    return [nothing];
  } catch (error) {
    return [
      `whether the site has a file at ${visible(path)} is not known: ${error instanceof Error ? error.message : error}`,
    ];
  }
}
