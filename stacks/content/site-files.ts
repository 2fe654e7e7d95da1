/** Lists what a site uploads: its own content over the shipped pages and the built elements. */
import { existsSync, realpathSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import type { SiteConfig } from '../../contract/config.ts';
import { defaultPaths, elementScriptsOf, type SitePaths } from '../../contract/layout.ts';
import { packageRoot } from '../text/package-root.ts';
import { setupError } from '../text/setup-error.ts';
import { type Addresses, otherAddresses } from './addresses.ts';
import { type ContentFile, listFolder, readContent, whileReadingAny } from './content-files.ts';
import { contentNotes } from './content-notes.ts';
import { linkNotes } from './link-notes.ts';

/** The shipped pages: login, not found. Every site has them, whatever its content is. */
const shippedFolder = 'site/www/public';
const builtFolder = 'dist/site';

/** The built elements of the folder `shipped`. Throws a `SetupError` if one is missing. */
export function elementFiles(shipped: string, paths = defaultPaths): ContentFile[] {
  return elementScriptsOf(paths).map((path) => {
    const file = join(shipped, builtFolder, basename(path));
    if (!existsSync(file)) throw setupError('build_missing', `${file}: the element is not built. Fix: npm run build`);
    return { path, file: realpathSync(file), ours: true };
  });
}

/** The open pages that every site has. A file of the site's content at the same path replaces them. */
function shippedFiles(shipped: string, { open }: SitePaths): ContentFile[] {
  return listFolder(realpathSync(join(shipped, shippedFolder))).map(({ path, file }) => ({
    path: open + path,
    file,
    ours: true,
  }));
}

/** Paths that the deploy always uploads. An upload of the content must not touch them. */
export function deployedPaths(shipped: string, paths: SitePaths): ReadonlySet<string> {
  return new Set([...elementScriptsOf(paths), ...shippedFiles(shipped, paths).map(({ path }) => path)]);
}

/** What a site uploads. */
export interface SiteContent {
  readonly files: readonly ContentFile[];
  /** What the operator should know about the names in the content, one line each. */
  readonly notes: readonly string[];
}

/**
 * Everything that the site uploads, each path once. A file of the content replaces a shipped one at the same path. A
 * relative `content` is resolved against `root`, an absolute path. `shipped`: folder with the shipped pages and the
 * built elements; default: this package. Throws a `SetupError` if a folder or the build is missing.
 */
export function siteContent(
  { content, paths }: Pick<SiteConfig, 'content' | 'paths'>,
  root: string,
  shipped = packageRoot,
): SiteContent {
  const own =
    content === null
      ? undefined
      : readContent({ folder: resolve(root, content), field: 'content', project: root, api: paths.api });
  const files = new Map<string, ContentFile>();
  for (const file of [...elementFiles(shipped, paths), ...shippedFiles(shipped, paths)]) {
    files.set(file.path, { ...file, shipped: true });
  }
  const notes =
    own === undefined
      ? []
      : [
          ...contentNotes(own, new Set(files.keys()), paths),
          ...whileReadingAny(own.files, 'content', () => linkNotes(own.files)),
        ];
  for (const file of own?.files ?? []) {
    files.set(file.path, files.has(file.path) ? { ...file, shipped: true } : file);
  }
  return { files: [...files.values()], notes };
}

/** Only its files. */
export const siteFiles = (
  site: Pick<SiteConfig, 'content' | 'paths'>,
  root: string,
  shipped?: string,
): ContentFile[] => [...siteContent(site, root, shipped).files];

/** The other addresses of a site's files. `files`: as `siteFiles` returns them. */
export function siteAddresses(
  { openPaths, pages, paths }: Pick<SiteConfig, 'openPaths' | 'pages' | 'paths'>,
  files: readonly ContentFile[],
): Addresses {
  const shipped = files.filter((file) => file.shipped).map(({ path }) => path);
  const without = new Set([...shipped, pages.login, pages.notFound]);
  return otherAddresses(
    files.map(({ path }) => path),
    { openPaths, paths, without },
  );
}
