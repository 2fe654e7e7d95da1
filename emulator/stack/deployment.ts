/**
 * What a deploy does to the buckets. Follows Terraform's own rules, so that a reload keeps what operators wrote, as a
 * deploy does.
 */

import type { DeclaredObject, StackModel } from '../model/stack-model.ts';
import { type KeptState, noState } from '../s3/kept-state.ts';
import { type Bucket, createBucket } from '../s3/object-store.ts';
import { requireSource } from './stack.ts';

export interface Deployment {
  /** Buckets by name. */
  readonly buckets: ReadonlyMap<string, Bucket>;
  /** Throws, and changes nothing, if a file that must be uploaded is missing. */
  check(stack: StackModel): Promise<void>;
  apply(stack: StackModel): Promise<void>;
}

const fingerprint = (object: DeclaredObject): string =>
  JSON.stringify([
    object.bucket,
    object.key,
    object.contentType,
    object.contentEncoding,
    object.cacheControl,
    object.source,
  ]);

/** `kept`: the initial content of the buckets. */
export function createDeployment(kept: KeptState = noState): Deployment {
  const buckets = new Map<string, Bucket>();
  /** What was applied last, by address. */
  const state = new Map<string, { readonly object: DeclaredObject; readonly fingerprint: string }>();

  const isKept = ({ bucket, key }: DeclaredObject): boolean =>
    buckets.get(bucket)?.has(key) === true && kept.versionsOf(bucket).some((version) => version.key === key);

  async function needsUpload(object: DeclaredObject): Promise<boolean> {
    const before = state.get(object.address);
    // Created by an earlier run, as Terraform's state would say.
    if (object.createdOnce && before === undefined && isKept(object)) return false;
    const sameObject = before?.object.bucket === object.bucket && before.object.key === object.key;
    if (!sameObject || !buckets.get(object.bucket)?.has(object.key)) return true;
    if (object.createdOnce) return false;
    if (before.fingerprint !== fingerprint(object)) return true;
    return (
      object.etag !== undefined && `"${object.etag}"` !== (await buckets.get(object.bucket)?.get(object.key))?.etag
    );
  }

  return {
    buckets,
    async check(stack) {
      const names = new Set(stack.buckets.map(({ name }) => name));
      for (const object of stack.objects) {
        if (!names.has(object.bucket)) throw new Error(`${object.address}: there is no bucket ${object.bucket}`);
        if (await needsUpload(object)) await requireSource(object);
      }
    },
    async apply(stack) {
      for (const { name, versioned } of stack.buckets) {
        let bucket = buckets.get(name);
        if (bucket === undefined) {
          bucket = createBucket(name);
          bucket.restore(kept.versionsOf(name));
          buckets.set(name, bucket);
        }
        bucket.setVersioned(versioned);
      }
      const declared = new Set(stack.objects.map(({ bucket, key }) => `${bucket}/${key}`));
      const addresses = new Set(stack.objects.map(({ address }) => address));
      for (const [address, { object }] of state) {
        if (!declared.has(`${object.bucket}/${object.key}`)) buckets.get(object.bucket)?.remove(object.key);
        if (!addresses.has(address)) state.delete(address);
      }
      for (const name of buckets.keys())
        if (!stack.buckets.some((bucket) => bucket.name === name)) buckets.delete(name);
      for (const object of stack.objects) {
        if (await needsUpload(object)) {
          const source = 'file' in object.source ? object.source : { bytes: Buffer.from(object.source.content) };
          buckets.get(object.bucket)?.put(object.key, source, object);
        }
        state.set(object.address, { object, fingerprint: fingerprint(object) });
      }
    },
  };
}
