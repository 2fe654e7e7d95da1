/** The form in which browsers send the path of a rule. CloudFront compares texts, so no other form ever matches. */

/** What a path may contain as it is. Everything else is percent-encoded. */
const plain = "A-Za-z0-9\\-._~!$&'()+,;=:@/";
const octetOrOther = new RegExp(`%[0-9A-Fa-f]{2}|[^${plain}]`, 'gu');
/** A query, a fragment, a wildcard that is not at the end, what browsers make a slash, and what no name may have. */
const impossible = /[?#*\\\p{Cc}]|%(?![0-9A-Fa-f]{2})/u;
/** RFC 3986, 2.3. */
const unreserved = /[A-Za-z0-9\-._~]/;

/** As RFC 3986, 6.2.2, normalizes it. */
function normalizedOctet(octet: string): string {
  const character = String.fromCharCode(Number.parseInt(octet.slice(1), 16));
  return unreserved.test(character) ? character : octet.toUpperCase();
}

/**
 * `path` in the form that browsers send: other characters percent-encoded, uppercase hexadecimal digits, and nothing
 * encoded that needs no encoding. It names the same files: each character keeps its meaning, and `*` is a wildcard only
 * at the end. undefined: browsers send no such path.
 */
export function sentPath(path: string): string | undefined {
  const end = path.endsWith('*') ? '*' : '';
  const start = path.slice(0, path.length - end.length);
  if (!start.startsWith('/') || impossible.test(start) || !start.isWellFormed()) return undefined;
  const sent = start.replace(octetOrOther, (found) =>
    found.length === 3 && found.startsWith('%') ? normalizedOctet(found) : encodeURIComponent(found),
  );
  // Browsers take out segments of dots. Before a wildcard, the last segment is only the beginning of one.
  return /\/\.\.?\//.test(end === '' ? `${sent}/` : sent) ? undefined : sent + end;
}

/** A letter, and octets of other characters after it, which may be marks on it. */
const marked = /[A-Za-z]?(?:%[89A-F][0-9A-F])+/g;

/**
 * A path as browsers send it, with composed letters (NFC), as most pages link to. macOS writes the letters of names in
 * parts (NFD), which is another address.
 */
export const composedPath = (path: string): string =>
  path.replace(marked, (found) => {
    try {
      return encodeURIComponent(decodeURIComponent(found).normalize('NFC'));
    } catch {
      // Not UTF-8.
      return found;
    }
  });
