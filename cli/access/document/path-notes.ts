/** Notes about the path of a rule: what it does not cover, and whether the site has anything there. */
import type { SiteConfig } from '../../../contract/config.ts';
import { publicPattern, rootObject } from '../../../contract/layout.ts';
import { pathCovers } from '../../../contract/rule-order.ts';
import { visible } from '../../../contract/visible-text.ts';
import type { AccessStore } from './store.ts';

/** Notes about what a path does not cover. */
export function pathNotes(path: string, { openPaths }: SiteConfig): string[] {
  if (path === '/*') return [];
  if ([publicPattern, ...openPaths].some((open) => pathCovers(open, path))) {
    return [`${path} is open to everyone, whatever the rules say`];
  }
  const open = [publicPattern, ...openPaths].join(', ');
  const assets = `pages under ${path} must find their images, styles and scripts there or on an open path (${open})`;
  if (!path.endsWith('*')) return [`${path} does not cover an address with a query, such as ${path}?x=1`, assets];
  return path.endsWith('/*') ? [`${path} does not cover ${path.slice(0, -2)}, without the slash`, assets] : [assets];
}

/** The S3 keys, below the content's folder, that a viewer's path may lead to; undefined if it is not UTF-8. */
export function contentKeys(path: string, { indexRewriting }: SiteConfig): readonly string[] | undefined {
  let key: string;
  try {
    key = decodeURIComponent(path.slice(1));
  } catch {
    return undefined;
  }
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
    for (const key of contentKeys(path, config) ?? []) if (await store.hasContent(key, true)) return [];
    return [nothing];
  } catch (error) {
    return [
      `whether the site has a file at ${visible(path)} is not known: ${error instanceof Error ? error.message : error}`,
    ];
  }
}
