/** Runs before and after `npm pack`: builds everything, and then restores the repository. */
import { packageRoot } from '../../stacks/text/package-root.ts';
import { writeError } from '../terminal.ts';
import { buildPackage } from './build.ts';
import { replaceManifest, restoreManifest } from './manifest.ts';

const [moment] = process.argv.slice(2);
if (moment === 'publish') {
  // npm would tell the registry what the folder's manifest says after packing, and every install would bring a Node.
  writeError('Publish what was packed: npm pack, then npm publish s3nator-VERSION.tgz\n');
  process.exit(1);
}
restoreManifest(packageRoot);
if (moment === 'before') {
  await buildPackage(packageRoot);
  replaceManifest(packageRoot);
}
