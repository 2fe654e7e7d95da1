/** Owns which files of a folder are uploaded, and how each is served. Lists and hashes; creates no resource. */
import { createHash } from 'node:crypto';
import { closeSync, openSync, readdirSync, readSync, realpathSync, statSync } from 'node:fs';
import { extname, join, sep } from 'node:path';
import { setupError } from './setup-error.ts';

/** One file to upload. */
export interface ContentFile {
  /** Path on the site: absolute, forward slashes, not percent-encoded. */
  readonly path: string;
  /** Where the file lies; absolute. */
  readonly file: string;
}

/**
 * Files of `folder`, each under its path on the site, sorted by path. Names that begin with a dot stay behind (`.git`, `.env`), except
 * `.well-known`. A symbolic link counts as the file it leads to, and only to a file inside of `folder`: anything else could publish
 * what nobody meant to.
 */
export function listContent(folder: string): ContentFile[] {
  let root: string;
  try {
    root = realpathSync(folder);
    if (!statSync(root).isDirectory()) throw new Error('not a folder');
  } catch (error) {
    throw setupError(
      'content_missing',
      `content: there is no folder ${folder}. Mend: create it, or set content in s3nator.config.ts`,
      error,
    );
  }
  const files: ContentFile[] = [];
  const walk = (directory: string, path: string): void => {
    for (const entry of readdirSync(directory, { withFileTypes: true })) {
      if (entry.name.startsWith('.') && entry.name !== '.well-known') continue;
      const file = join(directory, entry.name);
      const target = `${path}/${entry.name}`;
      if (entry.isDirectory()) walk(file, target);
      else if (entry.isFile() || (entry.isSymbolicLink() && leadsInside(file, root)))
        files.push({ path: target, file });
    }
  };
  walk(root, '');
  return files.sort((a, b) => (a.path < b.path ? -1 : 1));
}

function leadsInside(link: string, root: string): true {
  let target: string | undefined;
  try {
    target = realpathSync(link);
  } catch {
    // Dangling: reported below.
  }
  if (target?.startsWith(root + sep) && statSync(target).isFile()) return true;
  throw setupError(
    'content_link',
    `content: ${link} is a symbolic link that does not lead to a file inside of ${root}. Mend: copy the file there, or remove the link`,
  );
}

/** MD5 of a file, hex. Names the content to Terraform; protects nothing. Reads in pieces, because videos do not fit into memory. */
export function fileHash(file: string): string {
  const hash = createHash('md5');
  const piece = Buffer.allocUnsafe(1 << 20);
  const handle = openSync(file, 'r');
  try {
    for (let length = readSync(handle, piece); length > 0; length = readSync(handle, piece)) {
      hash.update(piece.subarray(0, length));
    }
  } finally {
    closeSync(handle);
  }
  return hash.digest('hex');
}

const utf8 = '; charset=utf-8';
const contentTypes: Readonly<Record<string, string>> = {
  '.avif': 'image/avif',
  '.css': `text/css${utf8}`,
  '.csv': `text/csv${utf8}`,
  '.gif': 'image/gif',
  '.htm': `text/html${utf8}`,
  '.html': `text/html${utf8}`,
  '.ico': 'image/x-icon',
  '.jpeg': 'image/jpeg',
  '.jpg': 'image/jpeg',
  '.js': 'text/javascript',
  '.json': 'application/json',
  '.m3u8': 'application/vnd.apple.mpegurl',
  '.m4a': 'audio/mp4',
  '.m4s': 'video/iso.segment',
  '.map': 'application/json',
  '.md': `text/markdown${utf8}`,
  '.mjs': 'text/javascript',
  '.mp3': 'audio/mpeg',
  '.mp4': 'video/mp4',
  '.mpd': 'application/dash+xml',
  '.oga': 'audio/ogg',
  '.ogg': 'audio/ogg',
  '.otf': 'font/otf',
  '.pdf': 'application/pdf',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.ts': 'video/mp2t',
  '.ttf': 'font/ttf',
  '.txt': `text/plain${utf8}`,
  '.vtt': `text/vtt${utf8}`,
  '.wasm': 'application/wasm',
  '.wav': 'audio/wav',
  '.webm': 'video/webm',
  '.webmanifest': 'application/manifest+json',
  '.webp': 'image/webp',
  '.woff': 'font/woff',
  '.woff2': 'font/woff2',
  '.xml': 'application/xml',
  '.zip': 'application/zip',
};

/** Content type by file name; what is not in the table is `application/octet-stream`. */
export function contentType(path: string): string {
  return contentTypes[extname(path).toLowerCase()] ?? 'application/octet-stream';
}

// A hexadecimal hash in the name, with a digit and a letter so that a date is none: `app.3f9a1c2e.js`.
const hashedName = /[.-](?=[a-f]*\d)(?=\d*[a-f])[0-9a-f]{8,}\.[^./]+$/;

/**
 * `Cache-Control` of a file. A file whose name carries a content hash never changes; everything else is asked for again each time, so that
 * a deploy shows at once. `private` keeps protected files out of caches that check no cookie.
 */
export function cacheControl(path: string, open: boolean): string {
  if (!hashedName.test(path)) return 'no-cache';
  return `${open ? 'public' : 'private'}, max-age=31536000, immutable`;
}
