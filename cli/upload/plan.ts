/** Compares the folder with the bucket: which files to upload, and which objects to delete. */
import { publicPattern } from '../../contract/layout.ts';
import { inParallel } from '../parallel.ts';
import { Progress } from '../progress.ts';
import type { ContentObjects } from './content-objects.ts';
import type { FileReader, ListedFile, LocalFile } from './local-files.ts';

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
  /** Every path that the site has afterward. */
  readonly paths: ReadonlySet<string>;
}

export interface PlanOptions {
  readonly files: readonly ListedFile[];
  readonly reader: FileReader;
  readonly objects: ContentObjects;
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
  const { files, reader, objects, signal } = options;
  const stored = await objects.list();
  const puts: Put[] = [];
  const progress = new Progress('Compared', files.length);
  try {
    await inParallel(files, atOnce, signal, async (listed) => {
      const file = await reader.measure(listed);
      const size = stored.get(file.path);
      // Only objects of the same size are compared further.
      const same = size === file.size && isSame(file, await objects.head(file.path));
      if (!same) puts.push({ ...file, replaces: size !== undefined });
      progress.advance();
    });
  } finally {
    progress.end();
  }
  const deletions = options.remove ? await deletionsFrom(stored, options) : [];
  const paths = new Set([...stored.keys(), ...files.map(({ path }) => path)]);
  for (const path of deletions) paths.delete(path);
  return {
    puts: puts.sort((a, b) => (a.path < b.path ? -1 : 1)),
    unchanged: files.length - puts.length,
    deletions,
    paths,
  };
}

const isSame = (file: LocalFile, stored: Awaited<ReturnType<ContentObjects['head']>>): boolean =>
  stored?.sha256 === file.sha256 &&
  stored.contentType === file.contentType &&
  stored.contentEncoding === file.contentEncoding &&
  stored.cacheControl === file.cacheControl;

/**
 * `/public/` also has files of the deploy, maybe of another version, so only what an upload brought is deleted there.
 */
async function deletionsFrom(
  stored: ReadonlyMap<string, number>,
  { files, kept, objects, signal }: PlanOptions,
): Promise<string[]> {
  const brought = new Set(files.map(({ path }) => path));
  const surplus = [...stored.keys()].filter((path) => !brought.has(path) && !kept.has(path));
  const deletions = surplus.filter((path) => !path.startsWith(publicFolder));
  const open = surplus.filter((path) => path.startsWith(publicFolder));
  await inParallel(open, atOnce, signal, async (path) => {
    if ((await objects.head(path))?.sha256 !== undefined) deletions.push(path);
  });
  return deletions.sort();
}
