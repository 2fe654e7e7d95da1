/** Owns the version that a site is upgraded from: the release before this one, packed beside this file. Changes nothing. */
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

/** Packed and not taken from git's history, which a shallow or downloaded checkout does not have. How to renew it: README.md. */
const packed = join(import.meta.dirname, 'earlier-version.tar.gz');

/** Unpacks what of the release before this one can be built and deployed into the new folder `folder`. */
export function unpackEarlierVersion(folder: string): void {
  mkdirSync(folder, { recursive: true });
  const unpacked = spawnSync('tar', ['-xzf', packed, '-C', folder], { encoding: 'utf8' });
  if (unpacked.status !== 0) throw new Error(`tar: ${unpacked.error?.message ?? unpacked.stderr}`);
}
