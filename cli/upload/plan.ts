/** Compares the folder with the bucket: which files to upload, and which objects to delete. */
import { publicPattern } from '../../contract/layout.ts';
import { inParallel } from '../parallel.ts';
import { Progress } from '../progress.ts';
import type { ContentObjects, ListedObject } from './content-objects.ts';
import type { FileReader, ListedFile, LocalFile } from './local-files.ts';
import type { Manifest, ManifestEntry } from './manifest.ts';

/** A file to upload. */
export interface Put extends LocalFile {
  /** Whether it replaces an object. */
  readonly replaces: boolean;
}

export interface Plan {
  /** Sorted by path. */
  readonly puts: readonly Put[];
  /** The number of files that the bucket already has, with the same content, type, encoding and caching. */
  readonly unchanged: number;
  /** Paths of objects to delete. */
  readonly deletions: readonly string[];
  /** Whether the site has something at this path afterward. */
  readonly has: (path: string) => boolean;
}

export interface PlanOptions {
  readonly files: readonly ListedFile[];
  readonly reader: FileReader;
  readonly objects: ContentObjects;
  readonly manifest: Manifest;
  readonly signal: AbortSignal;
  /** `--delete`. */
  readonly remove: boolean;
  /** Paths that are never deleted. */
  readonly kept: ReadonlySet<string>;
}

/** Concurrency limit for reads and HEADs. */
export const atOnce = 16;

const publicFolder = publicPattern.slice(0, -1);

export async function makePlan(options: PlanOptions): Promise<Plan> {
  const { files, reader, objects, manifest, signal } = options;
  const listed = await objects.list();
  await manifest.read(listed);
  const puts: Put[] = [];
  const progress = new Progress('Compared', files.length);
  try {
    await inParallel(files, atOnce, signal, async (one) => {
      const file = await reader.measure(one);
      const size = listed.get(file.path)?.size;
      // Only objects of the same size are compared further.
      const same = size === file.size && isSame(file, await storedAt(file, options));
      if (!same) puts.push({ ...file, replaces: size !== undefined });
      progress.advance();
    });
  } finally {
    progress.end();
  }
  const deletions = options.remove ? await deletionsFrom(listed, options) : [];
  const [deleted, brought] = [new Set(deletions), pathsOf(files)];
  return {
    puts: puts.sort((a, b) => (a.path < b.path ? -1 : 1)),
    unchanged: files.length - puts.length,
    deletions,
    has: (path) => brought.has(path) || (listed.has(path) && !deleted.has(path)),
  };
}

/** What an upload put at `path`. Asks S3 only if the manifest does not know it, and notes the answer there. */
async function storedAt(
  { path, size }: LocalFile,
  { objects, manifest }: PlanOptions,
): Promise<ManifestEntry | undefined> {
  const known = manifest.get(path);
  if (known !== undefined) return known;
  const stored = await objects.head(path);
  if (stored?.sha256 === undefined) return undefined;
  const entry = { ...stored, size, sha256: stored.sha256 };
  manifest.set(path, entry);
  return entry;
}

const isSame = (file: LocalFile, stored: ManifestEntry | undefined): boolean =>
  stored?.sha256 === file.sha256 &&
  stored.contentType === file.contentType &&
  stored.contentEncoding === file.contentEncoding &&
  stored.cacheControl === file.cacheControl;

const pathsOf = (files: readonly ListedFile[]): ReadonlySet<string> => new Set(files.map(({ path }) => path));

/**
 * `/public/` also has files of the deploy, maybe of another version, so only what an upload brought is deleted there.
 * S3 itself must say so: the deploy may have replaced an object since the manifest was written.
 */
async function deletionsFrom(
  listed: ReadonlyMap<string, ListedObject>,
  { files, kept, objects, signal }: PlanOptions,
): Promise<string[]> {
  const brought = pathsOf(files);
  const surplus = [...listed.keys()].filter((path) => !brought.has(path) && !kept.has(path));
  const deletions = surplus.filter((path) => !path.startsWith(publicFolder));
  const open = surplus.filter((path) => path.startsWith(publicFolder));
  await inParallel(open, atOnce, signal, async (path) => {
    if ((await objects.head(path))?.sha256 !== undefined) deletions.push(path);
  });
  return deletions.sort();
}
