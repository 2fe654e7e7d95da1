/** The content type of a file by its name, from a maintained table and our own exceptions. */
import { extname } from 'node:path';
import { mimes } from 'mrmime';

/**
 * Endings that the table lacks, and types that differ from it. Keep these: a new type would change the deployed site.
 */
const ownTypes: Readonly<Record<string, string>> = {
  '7z': 'application/x-7z-compressed',
  docx: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
  eot: 'application/vnd.ms-fontobject',
  flac: 'audio/flac',
  ico: 'image/x-icon',
  m3u8: 'application/vnd.apple.mpegurl',
  m4v: 'video/mp4',
  pptx: 'application/vnd.openxmlformats-officedocument.presentationml.presentation',
  rtf: 'application/rtf',
  srt: 'text/plain',
  tar: 'application/x-tar',
  tgz: 'application/gzip',
  // A video segment (HLS), not TypeScript.
  ts: 'video/mp2t',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  xml: 'application/xml',
  yaml: 'application/yaml',
  yml: 'application/yaml',
};

/**
 * The only endings of files that a browser runs, or shows as a page that may contain scripts. The table has more, such
 * as `.shtml` and `.svgz`: a file that browsers always saved to disk must not start to run on the site.
 */
const active = new Set(['atom', 'htm', 'html', 'js', 'mjs', 'mpd', 'rss', 'svg', 'xhtml', 'xml', 'xsl']);
const activeType = /html|xml|javascript|ecmascript/;

const unknown = 'application/octet-stream';

function typeOf(ending: string): string {
  if (Object.hasOwn(ownTypes, ending)) return ownTypes[ending] ?? unknown;
  const type = Object.hasOwn(mimes, ending) ? (mimes[ending] ?? unknown) : unknown;
  return activeType.test(type) && !active.has(ending) ? unknown : type;
}

/**
 * Content type by file name. An unknown ending gets `application/octet-stream`, which browsers offer to save. Text is
 * UTF-8. The charset matters for classic scripts too, which otherwise take the charset of their page.
 */
export function contentType(path: string): string {
  const type = typeOf(extname(path).slice(1).toLowerCase());
  return type.startsWith('text/') ? `${type}; charset=utf-8` : type;
}
