/** Writes files that hold secrets or name people: only the owner can read them, whatever the umask. */
import { closeSync, constants, fchmodSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

const ownerOnly = 0o600;

/** Makes the folder of a file, with those above it that are missing, for the owner alone. */
function makeFolder(file: string): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
}

/**
 * Puts `text` there in one step. A link that lies there is replaced, not followed, and readers of an old file keep what
 * they have open.
 */
export function writePrivateFile(file: string, text: string): void {
  makeFolder(file);
  const draft = `${file}.${process.pid}.new`;
  rmSync(draft, { force: true });
  // Fails where somebody else has made one meanwhile.
  const handle = openSync(draft, 'wx', ownerOnly);
  try {
    try {
      fchmodSync(handle, ownerOnly);
      writeSync(handle, text);
    } finally {
      closeSync(handle);
    }
    renameSync(draft, file);
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
}

/** Empties or makes a file. Returns what appends to it: whoever follows the file sees it become shorter. */
export function beginPrivateFile(file: string): (text: string) => void {
  makeFolder(file);
  const { O_WRONLY, O_CREAT, O_TRUNC, O_APPEND, O_NOFOLLOW = 0 } = constants;
  const open = (): number => openSync(file, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_NOFOLLOW, ownerOnly);
  let handle: number;
  try {
    handle = open();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ELOOP') throw error;
    rmSync(file);
    handle = open();
  }
  fchmodSync(handle, ownerOnly);
  return (text) => void writeSync(handle, text);
}
