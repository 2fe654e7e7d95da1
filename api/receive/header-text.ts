/** Reads header text octet by octet. A blank, a name and a value mean what browsers mean, not what Unicode means. */

/**
 * Optional white space in HTTP: SP and HTAB (RFC 9110, 5.6.3). `String.trim` and `\s` match twenty more characters,
 * which browsers treat as parts of a name.
 */
const isBlank = (text: string, at: number): boolean => {
  const unit = text.charCodeAt(at);
  return unit === 0x20 || unit === 0x09;
};

/** `text` without leading and trailing blanks. One pass: a pattern would rescan every blank of a long run. */
export function withoutBlanks(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isBlank(text, start)) start++;
  while (end > start && isBlank(text, end - 1)) end--;
  return text.slice(start, end);
}

const token = /^[\w!#$%&'*+.^`|~-]+$/;
const cookieOctets = /^[!#-+\--:<-[\]-~]*$/;

/** A name according to RFC 6265 (4.1.1) and RFC 9110 (5.6.2): ASCII, no blanks, no separators. */
export const isToken = (text: string): boolean => token.test(text);

/** A cookie value according to RFC 6265 (4.1.1), but without quotes, which our values never have. */
export const isCookieValue = (text: string): boolean => cookieOctets.test(text);
