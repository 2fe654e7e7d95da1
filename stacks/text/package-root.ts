/** Owns where the files lie that s3nator brings: shipped pages, built element, Lambda. Reads none of them. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The checkout that this code runs in, or the installed package; absolute. Its compiled form lies deeper than its source. */
export const packageRoot: string = above(import.meta.dirname);

/** false: an installed package, which has everything built and nothing to build it from. */
export const isCheckout: boolean = existsSync(join(packageRoot, 'vite.config.ts'));

function above(folder: string): string {
  if (existsSync(join(folder, 'site/www/public/login.html'))) return folder;
  const parent = dirname(folder);
  if (parent === folder) throw new Error('s3nator is not whole: its shipped pages are missing. Fix: install it anew');
  return above(parent);
}
