/** Unpacks earlier versions of s3nator, which sites are upgraded from. The archives are next to this file. */
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Unpacks the parts of a version that can be built and deployed into the new folder `folder`. `earlier-version` is the
 * previous release. `previous-version` is the last version with the same stack as this one. They are packed,
 * because a shallow or downloaded checkout lacks git's history. README.md says how to renew them.
 */
export function unpackVersion(name: 'earlier-version' | 'previous-version', folder: string): void {
  const packed = join(import.meta.dirname, `${name}.tar.gz`);
  mkdirSync(folder, { recursive: true });
  const unpacked = spawnSync('tar', ['-xzf', packed, '-C', folder], { encoding: 'utf8' });
  if (unpacked.status !== 0) throw new Error(`tar: ${unpacked.error?.message ?? unpacked.stderr}`);
}
