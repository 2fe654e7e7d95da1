/** What the bucket has, as far as an upload must know it. */
import type { ContentObjects, ListedObject } from './content-objects.ts';
import type { Manifest, ManifestEntry } from './manifest.ts';

export interface BucketState {
  readonly objects: ContentObjects;
  readonly manifest: Manifest;
  /** Everything under `www/`, by path on the site. */
  readonly listed: ReadonlyMap<string, ListedObject>;
}

/**
 * Concurrency limit for reads, HEADs and PUTs. A distant S3 answers in 100 ms or more, so few at once would mostly
 * wait. The SDK opens at most 50 connections.
 */
export const atOnce = 32;

/**
 * What an upload put at `path`; undefined if something else is there. Asks S3 only if the manifest does not know it,
 * and notes the answer there.
 */
export async function storedAt(path: string, bucket: BucketState): Promise<ManifestEntry | undefined> {
  const { objects, manifest, listed } = bucket;
  const known = manifest.get(path);
  if (known !== undefined) return known;
  const size = listed.get(path)?.size;
  const stored = size === undefined ? undefined : await objects.head(path);
  if (size === undefined || stored?.sha256 === undefined) return undefined;
  const entry = { ...stored, size, sha256: stored.sha256 };
  manifest.set(path, entry);
  return entry;
}
