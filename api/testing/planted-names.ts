/**
 * Lists cookie names that browsers distinguish from a `__Host-` name but `String.trim` does not. A page of a sibling
 * host can set them for its whole site.
 */

/** Characters that are white space in JavaScript but not in HTTP. */
const unicodeBlanks = [
  0xa0,
  0x1680,
  ...Array.from({ length: 11 }, (_, step) => 0x2000 + step),
  0x2028,
  0x2029,
  0x202f,
  0x205f,
  0x3000,
  0xfeff,
].map((code) => String.fromCodePoint(code));

/** API Gateway does not say how it decodes the bytes of a header. */
const decodings = ['latin1', 'utf8'] as const;

/**
 * Each name as the API may see it: the bytes that a browser sends (UTF-8 from a script, any byte from a Set-Cookie),
 * decoded both ways.
 */
export function plantedNames(name: string): readonly (readonly [title: string, name: string])[] {
  return unicodeBlanks.flatMap((blank) => {
    const code = `U+${blank.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`;
    const bytes = [Buffer.from(blank, 'utf8'), ...(blank.charCodeAt(0) < 0x100 ? [Buffer.from(blank, 'latin1')] : [])];
    return bytes.flatMap((one) =>
      decodings.map((decoding) => [
        `${code} as ${one.toString('hex')}, read as ${decoding}`,
        one.toString(decoding) + name,
      ]),
    ) as [string, string][];
  });
}
