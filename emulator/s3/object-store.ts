/** The in-memory buckets: keys, versions, delete markers. A version may read its bytes from a file each time. */
import { createHash, randomBytes } from 'node:crypto';
import { type Body, bytesOf, type HeaderLines } from '../message/http-message.ts';
import { createFileReader, spanOf } from './file-bytes.ts';

interface ObjectMetadata {
  readonly contentType: string;
  readonly contentEncoding?: string | undefined;
  readonly cacheControl: string | undefined;
  /** `x-amz-meta-…` headers. */
  readonly own?: HeaderLines;
}

/** Where an object's bytes come from. */
type ObjectSource = { readonly file: string } | { readonly bytes: Buffer };

/** What an object contains at the time of reading. */
interface Content {
  readonly size: number;
  /** Quoted MD5 of the bytes, as S3 computes it for a plain upload. A large file has a tag as of an upload in parts. */
  readonly etag: string;
  readonly lastModified: Date;
  /** The bytes from `first` to `last`, including both. */
  span(first: number, last: number): Body;
}

/** One version with its bytes at the time of reading. */
export interface StoredObject extends ObjectMetadata, Content {
  readonly versionId: string;
  bytes(): Promise<Buffer>;
}

export interface VersionEntry {
  readonly key: string;
  readonly versionId: string;
  readonly isLatest: boolean;
  readonly isDeleteMarker: boolean;
  readonly lastModified: Date;
}

/** One version as stored in a file. */
export interface SavedVersion {
  readonly key: string;
  readonly versionId: string;
  /** As `Date` writes it in JSON. */
  readonly created: string;
  /** undefined: a delete marker. */
  readonly content?: { readonly base64: string; readonly metadata: ObjectMetadata };
}

interface Version {
  readonly versionId: string;
  readonly created: Date;
  /** undefined: a delete marker. */
  readonly content: StoredContent | undefined;
}

interface StoredContent {
  readonly source: ObjectSource;
  readonly metadata: ObjectMetadata;
  /** undefined: its file is gone. */
  readonly read: () => Promise<Content | undefined>;
}

export interface Bucket {
  readonly name: string;
  /** Bytes of the newest version, or of the named one; undefined if there is none or it is a delete marker. */
  get(key: string, versionId?: string): Promise<StoredObject | undefined>;
  /** Returns the ID of the new version; the string `null` in a bucket without versions. */
  put(key: string, source: ObjectSource, metadata: ObjectMetadata): string;
  /** Without `versionId`, a versioned bucket only gets a delete marker. */
  remove(key: string, versionId?: string): void;
  has(key: string): boolean;
  /** Keys that exist now, in S3's order. */
  keys(prefix?: string): readonly string[];
  /** All versions, newest first within a key. */
  versions(prefix?: string): readonly VersionEntry[];
  setVersioned(versioned: boolean): void;
  /** Versions of an object, newest first, except those with bytes in a file. */
  saved(key: string): readonly SavedVersion[];
  /** Replaces what is under the keys of saved versions. */
  restore(versions: readonly SavedVersion[]): void;
}

/** S3 keeps whole seconds in `Last-Modified`. */
const wholeSeconds = (date: Date): Date => new Date(Math.floor(date.getTime() / 1000) * 1000);

function readerOf(source: ObjectSource, created: Date): StoredContent['read'] {
  if ('file' in source) {
    const read = createFileReader(source.file);
    return async () => {
      const found = await read();
      if (found === undefined) return undefined;
      const { state, bytes, etag } = found;
      return {
        size: bytes?.length ?? state.size,
        etag,
        lastModified: wholeSeconds(state.modified),
        span: (first, last) => bytes?.subarray(first, last + 1) ?? spanOf(state, first, last),
      };
    };
  }
  const { bytes } = source;
  const content: Content = {
    size: bytes.length,
    etag: `"${createHash('md5').update(bytes).digest('hex')}"`,
    lastModified: wholeSeconds(created),
    span: (first, last) => bytes.subarray(first, last + 1),
  };
  return () => Promise.resolve(content);
}

const contentOf = (source: ObjectSource, metadata: ObjectMetadata, created: Date): StoredContent => ({
  source,
  metadata,
  read: readerOf(source, created),
});

export function createBucket(name: string): Bucket {
  const objects = new Map<string, Version[]>();
  let versioned = false;

  // UTF-8 order, as in S3's listings.
  const sortedKeys = (prefix: string): string[] =>
    [...objects.keys()]
      .filter((key) => key.startsWith(prefix))
      .toSorted((left, right) => Buffer.compare(Buffer.from(left), Buffer.from(right)));
  const latest = (key: string): Version | undefined => objects.get(key)?.[0];
  const add = (key: string, contentAt: (created: Date) => Version['content']): string => {
    const versionId = versioned ? randomBytes(24).toString('base64url') : 'null';
    const others = (objects.get(key) ?? []).filter((version) => version.versionId !== versionId);
    const created = new Date();
    objects.set(key, [{ versionId, created, content: contentAt(created) }, ...others]);
    return versionId;
  };
  const drop = (key: string, versionId: string): void => {
    const kept = (objects.get(key) ?? []).filter((version) => version.versionId !== versionId);
    if (kept.length === 0) objects.delete(key);
    else objects.set(key, kept);
  };

  return {
    name,
    async get(key, versionId) {
      const version =
        versionId === undefined ? latest(key) : objects.get(key)?.find((found) => found.versionId === versionId);
      if (version?.content === undefined) return undefined;
      const content = await version.content.read();
      if (content === undefined) return undefined;
      return {
        ...version.content.metadata,
        ...content,
        versionId: version.versionId,
        bytes: () => bytesOf(content.span(0, content.size - 1)),
      };
    },
    put: (key, source, metadata) => add(key, (created) => contentOf(source, metadata, created)),
    remove(key, versionId) {
      if (versionId !== undefined) drop(key, versionId);
      else if (versioned) add(key, () => undefined);
      else drop(key, 'null');
    },
    has: (key) => latest(key)?.content !== undefined,
    keys: (prefix = '') => sortedKeys(prefix).filter((key) => latest(key)?.content !== undefined),
    versions: (prefix = '') =>
      sortedKeys(prefix).flatMap((key) =>
        (objects.get(key) ?? []).map((version, index) => ({
          key,
          versionId: version.versionId,
          isLatest: index === 0,
          isDeleteMarker: version.content === undefined,
          lastModified: wholeSeconds(version.created),
        })),
      ),
    setVersioned(value) {
      versioned = value;
    },
    saved: (key) =>
      (objects.get(key) ?? []).flatMap(({ versionId, created, content }) => {
        const version = { key, versionId, created: created.toJSON() };
        if (content === undefined) return [version];
        const { source, metadata } = content;
        return 'bytes' in source
          ? [{ ...version, content: { base64: source.bytes.toString('base64'), metadata } }]
          : [];
      }),
    restore(saved) {
      for (const [key, versions = []] of Object.entries(Object.groupBy(saved, (version) => version.key))) {
        objects.set(
          key,
          versions.map(({ versionId, created: text, content }) => {
            const created = new Date(text);
            const bytes = Buffer.from(content?.base64 ?? '', 'base64');
            return { versionId, created, content: content && contentOf({ bytes }, content.metadata, created) };
          }),
        );
      }
    },
  };
}
