/**
 * Matches `*` (any run of characters) and `?` (exactly one) in patterns of behaviors, policies and IAM. Uses no regular
 * expressions: takes at most pattern times text steps.
 */

export function matchesWildcard(pattern: string, text: string): boolean {
  let inPattern = 0;
  let inText = 0;
  let star = -1;
  let resume = 0;
  while (inText < text.length) {
    const expected = pattern[inPattern];
    if (expected === '*') {
      star = inPattern++;
      resume = inText;
    } else if (expected !== undefined && (expected === '?' || expected === text[inText])) {
      inPattern++;
      inText++;
    } else if (star >= 0) {
      inPattern = star + 1;
      inText = ++resume;
    } else {
      return false;
    }
  }
  while (pattern[inPattern] === '*') inPattern++;
  return inPattern === pattern.length;
}
