/** Owns what a site uploads: its own content over the shipped pages and the built elements. Creates no resource. */
import { existsSync, realpathSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import type { SiteConfig } from '../../contract/config.ts';
import { elementScripts } from '../../contract/layout.ts';
import { packageRoot } from '../text/package-root.ts';
import { setupError } from '../text/setup-error.ts';
import { type ContentFile, listContent, listFolder } from './content-files.ts';

/** The shipped pages: login, not found. Every site has them, whatever its content is. */
const shippedFolder = 'site/www/public';
const builtFolder = 'dist/site';

/** The built elements of the folder `shipped`. Throws a `SetupError` when one is not there. */
export function elementFiles(shipped: string): ContentFile[] {
  return elementScripts.map((path) => {
    const file = join(shipped, builtFolder, basename(path));
    if (!existsSync(file)) throw setupError('build_missing', `${file}: the element is not built. Fix: npm run build`);
    return { path, file: realpathSync(file) };
  });
}

/** The site's own content, read against the folder `root`. Throws a `SetupError` when its folder is not there. */
export function ownFiles(site: SiteConfig, root: string): ContentFile[] {
  return site.content === null ? [] : listContent(resolve(root, site.content), 'content', root);
}

/** The open pages that every site has; of the same path, a file of the site's content wins. */
function shippedFiles(shipped: string): ContentFile[] {
  return listFolder(realpathSync(join(shipped, shippedFolder))).map(({ path, file }) => ({
    path: `/public${path}`,
    file,
  }));
}

/** Paths that the deploy uploads whatever the content is: who uploads the content must leave them alone. */
export function deployedPaths(shipped: string): ReadonlySet<string> {
  return new Set([...elementScripts, ...shippedFiles(shipped).map(({ path }) => path)]);
}

/**
 * Everything that the site uploads, each path once; a file of its content wins over a shipped one at the same path. A relative `content` is
 * read against `root`, an absolute path. `shipped`: folder with the shipped pages and the built elements; default: this package.
 */
export function siteFiles(site: SiteConfig, root: string, shipped = packageRoot): ContentFile[] {
  const files = new Map<string, ContentFile>();
  const all = [...elementFiles(shipped), ...shippedFiles(shipped), ...ownFiles(site, root)];
  for (const file of all) files.set(file.path, file);
  return [...files.values()];
}
