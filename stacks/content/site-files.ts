/** Lists what a site uploads: its own content over the shipped pages and the built elements. */
import { existsSync, realpathSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import type { SiteConfig } from '../../contract/config.ts';
import { elementScripts } from '../../contract/layout.ts';
import { packageRoot } from '../text/package-root.ts';
import { setupError } from '../text/setup-error.ts';
import { type Addresses, otherAddresses } from './addresses.ts';
import { type ContentFile, listContent, listFolder } from './content-files.ts';

/** The shipped pages: login, not found. Every site has them, whatever its content is. */
const shippedFolder = 'site/www/public';
const builtFolder = 'dist/site';

/** The built elements of the folder `shipped`. Throws a `SetupError` if one is missing. */
export function elementFiles(shipped: string): ContentFile[] {
  return elementScripts.map((path) => {
    const file = join(shipped, builtFolder, basename(path));
    if (!existsSync(file)) throw setupError('build_missing', `${file}: the element is not built. Fix: npm run build`);
    return { path, file: realpathSync(file) };
  });
}

/** The site's own content, relative to the folder `root`. Throws a `SetupError` if its folder is missing. */
export function ownFiles(site: SiteConfig, root: string): readonly ContentFile[] {
  return site.content === null ? [] : listContent(resolve(root, site.content), 'content', root);
}

/** The open pages that every site has. A file of the site's content at the same path replaces them. */
function shippedFiles(shipped: string): ContentFile[] {
  return listFolder(realpathSync(join(shipped, shippedFolder))).map(({ path, file }) => ({
    path: `/public${path}`,
    file,
  }));
}

/** Paths that the deploy always uploads. An upload of the content must not touch them. */
export function deployedPaths(shipped: string): ReadonlySet<string> {
  return new Set([...elementScripts, ...shippedFiles(shipped).map(({ path }) => path)]);
}

/**
 * Everything that the site uploads, each path once. A file of the content replaces a shipped one at the same path. A
 * relative `content` is resolved against `root`, an absolute path. `shipped`: folder with the shipped pages and the
 * built elements; default: this package.
 */
export function siteFiles(site: SiteConfig, root: string, shipped = packageRoot): ContentFile[] {
  const files = new Map<string, ContentFile>();
  for (const file of [...elementFiles(shipped), ...shippedFiles(shipped)]) {
    files.set(file.path, { ...file, shipped: true });
  }
  for (const file of ownFiles(site, root)) {
    files.set(file.path, files.has(file.path) ? { ...file, shipped: true } : file);
  }
  return [...files.values()];
}

/** The other addresses of a site's files. `files`: as `siteFiles` returns them. */
export function siteAddresses(
  { openPaths, pages }: Pick<SiteConfig, 'openPaths' | 'pages'>,
  files: readonly ContentFile[],
): Addresses {
  const shipped = files.filter((file) => file.shipped).map(({ path }) => path);
  const without = new Set([...shipped, pages.login, pages.notFound]);
  return otherAddresses(
    files.map(({ path }) => path),
    { openPaths, without },
  );
}
