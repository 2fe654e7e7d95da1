/**
 * Recognizes names with a content hash, as build tools write them. A name that is not recognized costs a revalidation;
 * a name that is recognized by mistake shows an old file for a year. So when in doubt, it is no hash.
 */
import { basename } from 'node:path';
import { endingOf } from './content-types.ts';
import { isWordLike } from './word-like.ts';

const code = ['cjs', 'css', 'js', 'mjs'];
const fonts = ['eot', 'otf', 'ttf', 'woff', 'woff2'];
const pictures = ['apng', 'avif', 'bmp', 'gif', 'ico', 'jpeg', 'jpg', 'png', 'svg', 'webp'];
const media = ['aac', 'flac', 'm4a', 'm4s', 'm4v', 'mov', 'mp3', 'mp4', 'oga', 'ogg', 'opus', 'ts', 'wav', 'webm'];

/** What pages load as parts of themselves. Documents, pages and data keep their names when their content changes. */
const parts = new Set([...code, ...fonts, ...pictures, ...media, 'data', 'map', 'wasm']);

/**
 * Folders in which every name is unique to its content: the servers of these tools mark them as immutable themselves.
 * @see https://nextjs.org/docs/app/guides/self-hosting#automatic-caching
 * @see https://svelte.dev/docs/kit/adapter-node
 * @see https://docs.astro.build/en/reference/configuration-reference/#buildassets
 * @see https://nitro.build/guide/assets
 */
const toolFolders = /\/(?:_next\/static|_app\/immutable|_astro|_nuxt)\//;

/** What tools write between the hash and the ending, such as `main.3f9a1c2e.chunk.js`. */
const suffixes = new Set(['bundle', 'chunk', 'iframe', 'lean', 'manager', 'min', 'module']);

/** The name up to its hash: without the ending, that of what a source map is about, and the suffixes of tools. */
function stemOf(name: string): string {
  const steps = name.split('.');
  if (steps.pop() === 'map' && code.includes(steps.at(-1) ?? '')) steps.pop();
  while (suffixes.has(steps.at(-1) ?? '')) steps.pop();
  // Rust's tools for the web.
  return steps.join('.').replace(/_bg$/, '');
}

/** A UUID names a thing, whatever its content is. */
const uuid = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|^(?:.*[.-])?[0-9a-f]{12}[47][0-9a-f]{3}[89ab][0-9a-f]{15}$/i;
/** "DSCN2345": the names that cameras give. @see https://en.wikipedia.org/wiki/Design_rule_for_Camera_File_system */
const cameraName = /[.-][A-Z0-9]{4}\d{4}$/;

/** rustdoc names a script after each item, such as `trait.ToString.js`. */
const rustItem = /^(?:attr|constant|derive|enum|fn|macro|mod|primitive|static|struct|trait|traitalias|type|union)\./;

/** The words and numbers of "Html5App": Html, 5, App. */
const runsOf = (text: string): readonly string[] => text.match(/[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+/g) ?? [];
const isLetters = (run: string): boolean => /[A-Za-z]/.test(run);
const has = (text: string, ...patterns: readonly RegExp[]): boolean => patterns.every((pattern) => pattern.test(text));

/** Lengths of the hashes that can be a whole name: webpack's, MD5, SHA-1 and SHA-256. */
const wholeLengths = [20, 32, 40, 64];
/** From this length on, no word and no number of a person is a hash by accident. */
const longHex = 16;

/** webpack, Parcel, Next.js, Sprockets, Hugo, mdBook, older Vite: 8 to 64 hexadecimal digits. */
function isHex(hash: string): boolean {
  // A number is no hash, and neither is a word such as "facade".
  if (!has(hash, /\d/, /[a-f]/)) return false;
  if (hash.length >= longHex) return true;
  // "2024abcd" begins with a year.
  if (/^(?:19|20)\d\d/.test(hash)) return false;
  const runs = runsOf(hash);
  // "face2face" and "abc12345".
  return runs.length > 3 || (runs.length === 3 && !runs.some((run) => run.length > 2 && isWordLike(run)));
}

/** Rollup, Vite, Rolldown: 8 letters, digits, `-` and `_` that are not the words of a name such as "DataGrid". */
function isBase64(hash: string): boolean {
  if (!has(hash, /[a-z]/, /[A-Z]/) || hash.replace(/[^_-]/g, '').length > 2) return false;
  const runs = runsOf(hash);
  return runs.length > 4 || runs.some((run) => isLetters(run) && !isWordLike(run) && !/^[A-Z]{2,4}$/.test(run));
}

/** esbuild, Angular: 8 capital letters and digits that are not "WIN32API". */
function isBase32(hash: string): boolean {
  if (!has(hash, /[A-Z]/, /[2-7]/)) return false;
  const runs = runsOf(hash);
  return runs.length > 3 || runs.some((run) => isLetters(run) && run.length > 3 && !isWordLike(run));
}

/** Whether the file at `path` is a part of a page that never changes under its name. */
export function hasHashedName(path: string): boolean {
  const ending = endingOf(path);
  if (!parts.has(ending)) return false;
  if (toolFolders.test(path)) return true;
  const stem = stemOf(basename(path));
  if (uuid.test(stem) || rustItem.test(stem) || ([...pictures, ...media].includes(ending) && cameraName.test(stem)))
    return false;
  if (/^[0-9a-f]+$/.test(stem)) return wholeLengths.includes(stem.length) && isHex(stem);
  const [, hex] = /[.~-]([0-9a-f]{8,64})$/.exec(stem) ?? [];
  const [, base64] = /[.-]([A-Za-z0-9_-]{8})$/.exec(stem) ?? [];
  const [, base32] = /-([A-Z2-7]{8})$/.exec(stem) ?? [];
  return (
    (hex !== undefined && isHex(hex)) ||
    (base64 !== undefined && isBase64(base64)) ||
    (base32 !== undefined && isBase32(base32))
  );
}
