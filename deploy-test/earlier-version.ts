/** Owns finding the version that a site is upgraded from: the release before this one, out of this clone's own history. Changes nothing. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const repository = resolve(import.meta.dirname, '..');

/** The first commit whose stack this test could deploy: what there is to upgrade from before the second release. */
const firstDeployable = 'c6e18ed9cdbaa20ce66a7e7664bd230ce0d0f6d6';

const git = (...args: readonly string[]) => spawnSync('git', args, { cwd: repository, maxBuffer: 1 << 28 });

/**
 * Unpacks the release before this one into the new folder `folder`: the last version tag before the commit that is checked out, else the first
 * commit that could be deployed. Returns what it is called. Throws an `Error` when the clone does not go back that far.
 */
export function unpackEarlierVersion(folder: string): string {
  const tag = git('describe', '--tags', '--abbrev=0', '--match', 'v[0-9]*', 'HEAD^').stdout?.toString().trim();
  const version = tag || firstDeployable;
  const archive = git('archive', '--format=tar', version);
  if (archive.status !== 0) {
    throw new Error(
      `this clone's history does not go back to ${version}, which the upgrade starts from. Mend: git fetch --unshallow --tags (in CI: fetch-depth: 0)`,
    );
  }
  mkdirSync(folder, { recursive: true });
  const packed = join(folder, '..', 'earlier.tar');
  writeFileSync(packed, archive.stdout);
  const unpacked = spawnSync('tar', ['-xf', packed, '-C', folder], { encoding: 'utf8' });
  if (unpacked.status !== 0) throw new Error(`tar: ${unpacked.error?.message ?? unpacked.stderr}`);
  return version;
}
