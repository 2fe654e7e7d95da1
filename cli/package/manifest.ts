/** Replaces `package.json` by the manifest of the npm package while npm packs, without what only development needs. */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * `optionalDependencies` brings the Node that this repository is developed with; whoever installs the package has one.
 */
const forDevelopment = ['scripts', 'devDependencies', 'optionalDependencies', 'overrides'];

const places = (root: string) => ({
  manifest: join(root, 'package.json'),
  whole: join(root, 'dist/package.json.whole'),
});

/** Puts the package's manifest in the place of the repository's, until `restoreManifest`. */
export function replaceManifest(root: string): void {
  const { manifest, whole } = places(root);
  const text = readFileSync(manifest, 'utf8');
  const fields = Object.entries(JSON.parse(text)).filter(([name]) => !forDevelopment.includes(name));
  writeFileSync(whole, text);
  writeFileSync(`${manifest}.new`, `${JSON.stringify(Object.fromEntries(fields), null, 2)}\n`);
  renameSync(`${manifest}.new`, manifest);
}

/** Puts the repository's manifest back, also when an earlier run was interrupted before it could. */
export function restoreManifest(root: string): void {
  const { manifest, whole } = places(root);
  if (existsSync(whole)) renameSync(whole, manifest);
}
