/** Finds the folder with the shipped pages, the built element and the Lambda. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Absolute path of the checkout or the installed package. The compiled form of this file is deeper than its source. */
export const packageRoot: string = above(import.meta.dirname);

/** false: an installed package, where everything is built and no sources exist. */
export const isCheckout: boolean = existsSync(join(packageRoot, 'vite.config.ts'));

function above(folder: string): string {
  if (existsSync(join(folder, 'site/www/public/login.html'))) return folder;
  const parent = dirname(folder);
  if (parent === folder) throw new Error('s3nator is incomplete: its shipped pages are missing. Fix: reinstall it');
  return above(parent);
}
