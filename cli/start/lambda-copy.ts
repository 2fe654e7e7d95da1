/** Copies the Lambda bundle for a running site, so that a later build does not change it. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { unzipSync } from 'fflate';
import { packageLambda } from '../../stacks/login/lambda-package.ts';

/** Number of copies to keep: an instance that finishes its work may still load a module of an older one. */
const kept = 4;

/**
 * Copies the bundle from `shipped` into a subfolder of `folder` that is named after the content. Returns the copy's
 * folder.
 */
export function copyLambda(shipped: string, folder: string): string {
  const { zip, hash } = packageLambda(shipped);
  const copy = join(folder, Buffer.from(hash, 'base64').toString('hex').slice(0, 16));
  if (existsSync(copy)) return copy;
  mkdirSync(folder, { recursive: true });
  const draft = mkdtempSync(join(folder, '.draft-'));
  for (const [name, bytes] of Object.entries(unzipSync(zip))) writeFileSync(join(draft, name), bytes);
  try {
    renameSync(draft, copy);
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    // Another run was faster. Its copy is the same.
    if (!existsSync(copy)) throw error;
  }
  removeOlder(folder);
  return copy;
}

function removeOlder(folder: string): void {
  const made = readdirSync(folder)
    .map((name) => ({ name, time: statSync(join(folder, name), { throwIfNoEntry: false })?.mtimeMs ?? 0 }))
    .sort((one, other) => other.time - one.time);
  for (const { name } of made.slice(kept)) rmSync(join(folder, name), { recursive: true, force: true });
}
