/** Keeps calls' writes to the buckets, and the keys of KMS, in a file for the next start of the emulator. */
import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Bucket, SavedVersion } from './object-store.ts';

export interface KeptState {
  /** Versions of the objects that were written to a bucket, newest first within a key. */
  versionsOf(bucket: string): readonly SavedVersion[];
  /** Saves the current state of `key` in `bucket`. */
  note(bucket: Bucket, key: string): void;
  /** PEM of the private halves in KMS. */
  readonly kms: ReadonlyMap<string, string>;
  noteKms(name: string, pem: string): void;
}

interface Saved {
  readonly format: 1;
  readonly buckets: Readonly<Record<string, readonly SavedVersion[]>>;
  readonly kms: Readonly<Record<string, string>>;
}

/** Number of versions to keep per object. */
const maximumVersions = 100;

/** Keeps nothing. */
export const noState: KeptState = { versionsOf: () => [], note: () => {}, kms: new Map(), noteKms: () => {} };

function isSaved(value: unknown): value is Saved {
  const { format, buckets, kms } = Object(value) as Partial<Saved>;
  return (
    format === 1 &&
    Object.values(Object(buckets)).every(
      (versions) => Array.isArray(versions) && versions.every((version) => typeof Object(version).key === 'string'),
    ) &&
    Object.values(Object(kms)).every((pem) => typeof pem === 'string')
  );
}

/**
 * Reads `file`, and rewrites it with every change. A file that cannot be read is moved aside, never overwritten.
 * `onTrouble` gets one line for everything that is not kept.
 */
export function openState(file: string, onTrouble: (problem: string) => void): KeptState {
  const text = textOf(file);
  const saved = text === undefined ? undefined : parsed(text);
  if (text !== undefined && saved === undefined) {
    renameSync(file, `${file}.unreadable`);
    onTrouble(`${file} could not be read: this run starts without its content, which is now in ${file}.unreadable`);
  }
  const buckets = new Map(Object.entries(saved?.buckets ?? {}));
  const kms = new Map(Object.entries(saved?.kms ?? {}));
  let written = markOf(file);
  let given: 'up' | undefined;

  function save(): void {
    if (given === 'up') return;
    const problem = markOf(file) === written ? write() : 'another run writes to it, too';
    if (problem === undefined) return;
    given = 'up';
    onTrouble(`${file}: changes from now on are lost when this run ends: ${problem}`);
  }

  function write(): string | undefined {
    const draft = `${file}.${process.pid}`;
    try {
      mkdirSync(dirname(file), { recursive: true });
      const content: Saved = { format: 1, buckets: Object.fromEntries(buckets), kms: Object.fromEntries(kms) };
      // The file contains keys.
      writeFileSync(draft, `${JSON.stringify(content)}\n`, { mode: 0o600 });
      renameSync(draft, file);
      written = markOf(file);
      return undefined;
    } catch (error) {
      try {
        rmSync(draft, { force: true });
      } catch {
        // If nothing can be written, there is nothing to remove.
      }
      return (error as Error).message;
    }
  }

  return {
    versionsOf: (bucket) => buckets.get(bucket) ?? [],
    note(bucket, key) {
      const others = (buckets.get(bucket.name) ?? []).filter((version) => version.key !== key);
      buckets.set(bucket.name, [...others, ...bucket.saved(key).slice(0, maximumVersions)]);
      save();
    },
    kms,
    noteKms(name, pem) {
      kms.set(name, pem);
      save();
    },
  };
}

function parsed(text: string): Saved | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isSaved(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** undefined: there is no file. */
function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Changes if somebody else writes the file. */
function markOf(file: string): string | undefined {
  const found = statSync(file, { throwIfNoEntry: false });
  return found === undefined ? undefined : `${found.ino} ${found.mtimeMs}`;
}
