/** Which compressed files are parts of a page, so that browsers must decode them: by name, and by their first bytes. */
import { brotliDecompressSync, constants, gunzipSync } from 'node:zlib';
import { endingOf } from './content-types.ts';
import { firstBytes } from './first-bytes.ts';

/** Codings of HTTP that every browser decodes. */
export type ContentEncoding = 'gzip' | 'br';

/**
 * What pages load in compressed form. Everything else is a download that must arrive as it is (`site.tar.gz`,
 * `dump.sql.gz`). Pages (`.html`, `.xml`) are not among them: a file that browsers always saved must not start to run.
 */
const parts = new Set(['cjs', 'css', 'data', 'glb', 'gltf', 'js', 'json', 'map', 'mem', 'mjs', 'svg', 'wasm']);

const encodings: Readonly<Record<string, ContentEncoding>> = { br: 'br', gz: 'gzip' };

/** A file that is served decoded. */
interface EncodedPart {
  readonly encoding: ContentEncoding;
  /** Its path without the ending of the compression. */
  readonly inner: string;
}

/** What the name promises; undefined: the file is served as it is. */
function promised(path: string): EncodedPart | undefined {
  const ending = endingOf(path);
  if (ending === 'svgz') return { encoding: 'gzip', inner: path.slice(0, -'z'.length) };
  const encoding = Object.hasOwn(encodings, ending) ? encodings[ending] : undefined;
  const inner = path.slice(0, -`.${ending}`.length);
  return encoding !== undefined && parts.has(endingOf(inner)) ? { encoding, inner } : undefined;
}

/** The part of a page that `file` contains in compressed form; undefined: it is served as it is. */
export function encodedPart(path: string, file: string): EncodedPart | undefined {
  const part = promised(path);
  // A browser shows an error for a file that it cannot decode.
  return part !== undefined && isEncoded(file, part.encoding) ? part : undefined;
}

/** As much as is decoded to see that it is possible, and as much as is read for it. */
const sampleBytes = 1 << 16;

function isEncoded(file: string, encoding: ContentEncoding): boolean {
  const bytes = firstBytes(file, sampleBytes);
  const isWhole = bytes.length < sampleBytes;
  const options = { maxOutputLength: 16 * sampleBytes };
  try {
    if (encoding === 'gzip') {
      gunzipSync(bytes, { ...options, finishFlush: isWhole ? constants.Z_FINISH : constants.Z_SYNC_FLUSH });
    } else {
      const { BROTLI_OPERATION_FINISH, BROTLI_OPERATION_FLUSH } = constants;
      brotliDecompressSync(bytes, {
        ...options,
        finishFlush: isWhole ? BROTLI_OPERATION_FINISH : BROTLI_OPERATION_FLUSH,
      });
    }
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE';
  }
}
