/** The content type of a file by its name, from a maintained table and our own exceptions. */
import { basename, extname } from 'node:path';
import { mimes } from 'mrmime';

/** What browsers save unless they are told better: the type of an unknown ending. */
const unknownType = 'application/octet-stream';
/** What every browser shows as it is, and never runs. */
const plainText = 'text/plain';

/** Types that differ from the table's, or that it lacks. */
const ownTypes: Readonly<Record<string, string>> = {
  '7z': 'application/x-7z-compressed',
  cjs: 'text/javascript',
  docx: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
  eot: 'application/vnd.ms-fontobject',
  flac: 'audio/flac',
  har: 'application/json',
  ico: 'image/x-icon',
  ipynb: 'application/json',
  m3u8: 'application/vnd.apple.mpegurl',
  m4v: 'video/mp4',
  pptx: 'application/vnd.openxmlformats-officedocument.presentationml.presentation',
  rtf: 'application/rtf',
  tar: 'application/x-tar',
  tgz: 'application/gzip',
  topojson: 'application/json',
  // A video segment (HLS), not TypeScript.
  ts: 'video/mp2t',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  xml: 'application/xml',
};

/**
 * Endings of text that people read. Browsers save what they have no type for, and most of what has a type of its own
 * (`application/yaml`, `text/csv`), so all of it is plain text.
 */
const readable = new Set(
  (
    'adoc applescript asciidoc asm ass astro awk bash bat bazel bib c cc cfg cljs clj cls cmake cmd cpp cs csproj ' +
    'csh cts cxx dart def diff dockerfile ejs el elm erb erl ex exs f90 fish fs fsx gemspec gitignore go gql ' +
    'gradle graphql groovy h haml handlebars hbs hcl hh hpp hrl hs hxx inc info ini j2 java jinja jl json5 jsonc ' +
    'jsonl julia just kt kts latex ld less liquid lisp lock lua m mak mako markdown md mdx mk ml mli mm mod mustache ' +
    'ndjson nim ninja nix nsi org pas patch php pl plt pm po properties proto ps1 pug py pyi pyx r rake rb ' +
    'rej rmd rs rst sass sbt scala scm scss sed sh sln snap sql srt sub sum sv svelte swift tap tcl tex textile tf ' +
    'tfrc thrift toml tsx twig v vb vbs vhd vim vue wat yaml yml yang zig zsh'
  ).split(' '),
);

/** Text with a type of its own that a browser uses: in a page, or for another program. The rest is plain text. */
const textWithUse = new Set(['text/css', 'text/html', 'text/javascript', 'text/calendar', 'text/vcard', 'text/vtt']);

/**
 * The only endings of files that a browser runs, or shows as a page that may contain scripts. The table has more, such
 * as `.shtml`: a file that browsers always saved to disk must not start to run on the site.
 */
const active = new Set(['atom', 'cjs', 'htm', 'html', 'js', 'mjs', 'mpd', 'rss', 'svg', 'xhtml', 'xml', 'xsl']);
const activeType = /html|xml|javascript|ecmascript/;

/**
 * Files without an ending whose readers expect a type.
 * @see https://developer.apple.com/documentation/xcode/supporting-associated-domains
 */
const ownNames: Readonly<Record<string, string>> = { 'apple-app-site-association': 'application/json' };

function typeOf(ending: string): string {
  if (readable.has(ending)) return plainText;
  if (Object.hasOwn(ownTypes, ending)) return ownTypes[ending] ?? unknownType;
  const type = Object.hasOwn(mimes, ending) ? (mimes[ending] ?? unknownType) : unknownType;
  if (activeType.test(type) && !active.has(ending)) return unknownType;
  return type.startsWith('text/') && !textWithUse.has(type) ? plainText : type;
}

/** The ending of a name in lower case, without its dot; empty for a name without an ending. */
export const endingOf = (path: string): string => extname(path).slice(1).toLowerCase();

/** Text is UTF-8. The charset matters for classic scripts too, which otherwise take the charset of their page. */
export const withCharset = (type: string): string =>
  type.startsWith('text/') && !/;\s*charset=/i.test(type) ? `${type}; charset=utf-8` : type;

/**
 * Content type by file name. `isText`: whether the file, which has no ending, contains text; only asked then, because
 * what is in a file must not decide what a browser runs.
 */
export function contentType(path: string, isText: () => boolean = () => false): string {
  const name = basename(path);
  if (Object.hasOwn(ownNames, name)) return ownNames[name] ?? unknownType;
  // The declarations of a TypeScript library.
  if (name.endsWith('.d.ts')) return withCharset(plainText);
  const ending = endingOf(name);
  const type = ending === '' && isText() ? plainText : typeOf(ending);
  return withCharset(type);
}
