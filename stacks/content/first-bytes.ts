/** Reads the beginning of a file, and tells text from data by it. */
import { closeSync, openSync, readSync } from 'node:fs';

/** At most `length` bytes from the beginning of a file. */
export function firstBytes(file: string, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  const handle = openSync(file, 'r');
  try {
    return bytes.subarray(0, readSync(handle, bytes));
  } finally {
    closeSync(handle);
  }
}

/** The length that browsers look at. @see https://mimesniff.spec.whatwg.org/#reading-the-resource-header */
const headerBytes = 1445;

const marks = [Buffer.from([0xfe, 0xff]), Buffer.from([0xff, 0xfe]), Buffer.from([0xef, 0xbb, 0xbf])];
const isBinary = (byte: number): boolean =>
  byte <= 0x08 || byte === 0x0b || (byte >= 0x0e && byte <= 0x1a) || (byte >= 0x1c && byte <= 0x1f);

/**
 * Whether a file is text, by the rule with which browsers tell text from data.
 * @see https://mimesniff.spec.whatwg.org/#rules-for-text-or-binary
 */
export function isText(file: string): boolean {
  const bytes = firstBytes(file, headerBytes);
  return marks.some((mark) => bytes.subarray(0, mark.length).equals(mark)) || !bytes.some(isBinary);
}
