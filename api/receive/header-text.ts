/**
 * The grammar of header text, octet by octet: what a browser calls a blank, a name or a value, and nothing that only
 * Unicode does.
 */

/**
 * Optional white space of HTTP: SP and HTAB (RFC 9110, 5.6.3). `String.trim` and `\s` know twenty more, which browsers
 * take for parts of a name.
 */
const isBlank = (text: string, at: number): boolean => {
  const unit = text.charCodeAt(at);
  return unit === 0x20 || unit === 0x09;
};

/** `text` without the blanks around it. One pass: a pattern would look again at every blank of a long run. */
export function withoutBlanks(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isBlank(text, start)) start++;
  while (end > start && isBlank(text, end - 1)) end--;
  return text.slice(start, end);
}

const token = /^[\w!#$%&'*+.^`|~-]+$/;
const cookieOctets = /^[!#-+\--:<-[\]-~]*$/;

/** A name as RFC 6265 (4.1.1) and RFC 9110 (5.6.2) have it: ASCII, no blanks, no separators. */
export const isToken = (text: string): boolean => token.test(text);

/** A cookie's value as RFC 6265 (4.1.1) has it, without quotes, which none of ours has. */
export const isCookieValue = (text: string): boolean => cookieOctets.test(text);
