/** Owns what a site uploads: its own content over the shipped pages and the built element. Creates no resource. */
import { existsSync, realpathSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { SiteConfig } from '../contract/config.ts';
import { elementScript } from '../contract/layout.ts';
import { type ContentFile, listContent } from './content-files.ts';
import { setupError } from './setup-error.ts';

/** The shipped pages: login, not found. Every site has them, whatever its content is. */
const shippedFolder = 'site/www/public';
const builtElement = 'dist/site/secure-login.js';

/** Everything that the site uploads, each path once; a file of its content wins over a shipped one at the same path. */
export function siteFiles(site: SiteConfig, root: string): ContentFile[] {
  const element = join(root, builtElement);
  if (!existsSync(element)) {
    throw setupError('build_missing', `${element}: the element is not built. Mend: npm run build`);
  }
  const files = new Map<string, string>([[elementScript, realpathSync(element)]]);
  for (const { path, file } of listContent(join(root, shippedFolder))) files.set(`/public${path}`, file);
  if (site.content !== null) {
    for (const { path, file } of listContent(resolve(root, site.content))) files.set(path, file);
  }
  return [...files].map(([path, file]) => ({ path, file }));
}
