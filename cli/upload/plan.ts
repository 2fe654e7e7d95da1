/** Compares the folder with the bucket: which objects to upload, and which to delete. */
import { isExcepted, namesFile } from '../../contract/function-exceptions.ts';
import { isIn, openPattern } from '../../contract/layout.ts';
import { mayOpen } from '../../contract/open-path.ts';
import { visible } from '../../contract/visible-text.ts';
import { type AddressNote, addressNoteText } from '../../stacks/content/addresses.ts';
import { listText } from '../../stacks/text/list-text.ts';
import { inParallel } from '../parallel.ts';
import { Progress } from '../progress.ts';
import { atOnce, type BucketState, storedAt } from './bucket-state.ts';
import type { ContentObjects } from './content-objects.ts';
import type { FileReader, LocalFile } from './local-files.ts';
import type { Manifest, ManifestEntry } from './manifest.ts';
import { type AddressPlan, type OtherAddressOptions, planAddresses } from './other-addresses.ts';

/** A file, or another address of one, to upload. */
export interface Put extends LocalFile {
  /** Whether it replaces an object. */
  readonly replaces: boolean;
}

export interface Plan {
  /** Sorted by path. */
  readonly puts: readonly Put[];
  /** The number of files that the bucket already has, with the same content, type, encoding and caching. */
  readonly unchanged: number;
  /** Paths of files to delete. */
  readonly deletions: readonly string[];
  /** Paths of copies and redirect pages to delete. */
  readonly addressDeletions: readonly string[];
  /** Addresses that files do not get, or that do not show them, one line each. */
  readonly notes: readonly string[];
  /** Whether the site has something at this path afterward. */
  readonly has: (path: string) => boolean;
}

export interface PlanOptions extends OtherAddressOptions {
  readonly reader: FileReader;
  readonly objects: ContentObjects;
  readonly manifest: Manifest;
}

export async function makePlan(options: PlanOptions): Promise<Plan> {
  const { files, reader, objects, manifest, signal } = options;
  const listed = await objects.list();
  await manifest.read(listed);
  const bucket: BucketState = { objects, manifest, listed };
  const addresses = await planAddresses(bucket, options);
  const puts: Put[] = [];
  const compare = async (file: LocalFile): Promise<void> => {
    const size = listed.get(file.path)?.size;
    // Only objects of the same size are compared further.
    const stored = size === file.size ? await storedAt(file.path, bucket) : undefined;
    if (!isSame(file, stored)) puts.push({ ...file, replaces: size !== undefined });
    // S3 does not say whose address it is.
    else if (stored !== undefined && stored.of !== file.address?.of) {
      manifest.set(file.path, { ...stored, of: file.address?.of });
    }
  };
  const progress = new Progress('Compared', files.length);
  try {
    await inParallel(files, atOnce, signal, async (one) => {
      const file = await reader.measure(one);
      await compare(file);
      for (const address of addresses.byFile.get(file.path) ?? []) await compare(reader.at(address, file));
      progress.advance();
    });
  } finally {
    progress.end();
  }
  const { deletions, addressDeletions } = await deletionsFrom(bucket, addresses, options);
  const deleted = new Set([...deletions, ...addressDeletions]);
  return {
    puts: puts.sort((a, b) => (a.path < b.path ? -1 : 1)),
    unchanged: files.length - puts.filter(({ address }) => address === undefined).length,
    deletions,
    addressDeletions,
    notes: [...addresses.notes.map((note: AddressNote) => addressNoteText(note)), ...hiddenNotes(addresses, options)],
    has: (path) => addresses.local.has(path) || (listed.has(path) && !deleted.has(path)),
  };
}

/** A note about addresses that show the fallback page: the function does not know what an upload brings. */
function hiddenNotes({ byFile }: AddressPlan, { files, site: { fallback, openPaths, paths } }: PlanOptions): string[] {
  if (fallback === null) return [];
  const patterns = [openPattern(paths), ...openPaths];
  const others = [...byFile].flatMap(([file, objects]) => (file === fallback.page ? [] : objects));
  const hidden = [...files, ...others.filter(({ kind }) => kind === 'copy')]
    .map(({ path }) => path)
    .filter((path) => !namesFile(path) && !isExcepted(fallback.except, path))
    .filter((path) => !patterns.some((pattern) => mayOpen(pattern, path)));
  if (hidden.length === 0) return [];
  return [
    `${fallback.page} (fallback) hides what is at ${listText(hidden.map(visible))}. \
Fix: name the addresses, or their folders, in fallback.except, and deploy`,
  ];
}

const isSame = (file: LocalFile, stored: ManifestEntry | undefined): boolean =>
  stored?.sha256 === file.sha256 &&
  stored.address === file.address?.kind &&
  stored.contentType === file.contentType &&
  stored.contentEncoding === file.contentEncoding &&
  stored.cacheControl === file.cacheControl;

/**
 * The open folder also has files of the deploy, maybe of another version, so only what an upload brought is deleted
 * there.
 * S3 itself must say so: the deploy may have replaced an object since the manifest was written.
 */
async function deletionsFrom(
  { listed, manifest, objects }: BucketState,
  { local, paths, stale }: AddressPlan,
  { site, kept, remove, signal }: PlanOptions,
): Promise<Pick<Plan, 'deletions' | 'addressDeletions'>> {
  const isNeeded = (path: string): boolean => local.has(path) || kept.has(path) || paths.has(path);
  const surplus = remove ? [...listed.keys()].filter((path) => !isNeeded(path)) : [];
  const isOpen = (path: string): boolean => isIn(site.paths.open, path);
  const all = new Set([...stale, ...surplus.filter((path) => !isOpen(path))]);
  const open = surplus.filter((path) => isOpen(path) && !all.has(path));
  await inParallel(open, atOnce, signal, async (path) => {
    if ((await objects.head(path))?.sha256 !== undefined) all.add(path);
  });
  // No file has a name that ends in a slash.
  const isAddress = (path: string): boolean => path.endsWith('/') || manifest.get(path)?.address !== undefined;
  const sorted = [...all].sort();
  return { deletions: sorted.filter((path) => !isAddress(path)), addressDeletions: sorted.filter(isAddress) };
}
