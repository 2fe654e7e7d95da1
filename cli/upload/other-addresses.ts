/** Which copies and redirect pages an upload puts beside the files, and which of the stored ones lead nowhere now. */
import type { SiteConfig } from '../../contract/config.ts';
import { isIn } from '../../contract/layout.ts';
import { type AddressNote, addressesOf, type OtherAddress, otherAddresses } from '../../stacks/content/addresses.ts';
import { inParallel } from '../parallel.ts';
import { atOnce, type BucketState, storedAt } from './bucket-state.ts';
import type { ListedFile } from './local-files.ts';

export interface OtherAddressOptions {
  readonly files: readonly ListedFile[];
  readonly site: Pick<SiteConfig, 'openPaths' | 'paths' | 'fallback'>;
  /** Paths that are never deleted, and get no other addresses: the shipped pages, and those for 403 and 404. */
  readonly kept: ReadonlySet<string>;
  /** `--delete`: what is not in `files` goes away. */
  readonly remove: boolean;
  readonly signal: AbortSignal;
}

export interface AddressPlan {
  /** The paths of the files. */
  readonly local: ReadonlySet<string>;
  /** What to store, by the path of its file. */
  readonly byFile: ReadonlyMap<string, readonly OtherAddress[]>;
  /** Every path that an address has afterward, also those of files that are only in the bucket. */
  readonly paths: ReadonlySet<string>;
  /** Stored addresses that no file has any more. */
  readonly stale: readonly string[];
  /** About `files` only. */
  readonly notes: readonly AddressNote[];
}

/**
 * Files that are only in the bucket count as well if the upload leaves them there: their addresses stay, and no address
 * takes the place of such a file. Asks S3 only about an object that is at the address of a file and that the manifest
 * does not know.
 */
export async function planAddresses(bucket: BucketState, options: OtherAddressOptions): Promise<AddressPlan> {
  const { files, site, kept, remove, signal } = options;
  const { listed, manifest } = bucket;
  const local = new Set<string>();
  for (const { path } of files) local.add(path);
  const isAddress = (path: string): boolean => path.endsWith('/') || manifest.get(path)?.address !== undefined;
  const stays = (path: string): boolean =>
    !remove || kept.has(path) || (isIn(site.paths.open, path) && manifest.get(path) === undefined);

  const isUnknown = (path: string): boolean =>
    listed.has(path) && !local.has(path) && manifest.get(path) === undefined && stays(path);
  const unknown = new Set<string>();
  for (const some of [local, filesOfAddresses(bucket)]) {
    for (const file of some) for (const { path } of addressesOf(file)) if (isUnknown(path)) unknown.add(path);
  }
  await inParallel(unknown, atOnce, signal, async (path) => {
    await storedAt(path, bucket);
  });

  const others = [...listed.keys()].filter((path) => !local.has(path) && !isAddress(path) && stays(path));
  const { openPaths, paths: folders } = site;
  const { objects, notes } = otherAddresses([...local, ...others], {
    openPaths,
    paths: folders,
    without: kept,
  });
  const paths = new Set(objects.map(({ path }) => path));
  const isLeft = (path: string): boolean =>
    manifest.get(path)?.address !== undefined && !paths.has(path) && !local.has(path);
  return {
    local,
    byFile: Map.groupBy(
      objects.filter(({ of }) => local.has(of)),
      ({ of }) => of,
    ),
    paths,
    stale: await confirmed([...listed.keys()].filter(isLeft), bucket, signal),
    notes: notes.filter(({ of }) => local.has(of)),
  };
}

/** The files in the bucket whose addresses an upload put there. */
function filesOfAddresses({ listed, manifest }: BucketState): ReadonlySet<string> {
  const files = new Set<string>();
  for (const path of listed.keys()) {
    const of = manifest.get(path)?.of;
    if (of !== undefined && listed.has(of)) files.add(of);
  }
  return files;
}

/** Those of `paths` that are addresses by what S3 says. The manifest alone is no reason to delete anything. */
async function confirmed(
  paths: readonly string[],
  { objects }: BucketState,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const stale: string[] = [];
  await inParallel(paths, atOnce, signal, async (path) => {
    if ((await objects.head(path))?.address !== undefined) stale.push(path);
  });
  return stale;
}
