/** Writes a list for a message, however long it is. */
/** `a, b, c and 7 more`. */
export function listText(texts: readonly string[], shown = 3): string {
  if (texts.length <= shown + 1) return texts.join(', ');
  return `${texts.slice(0, shown).join(', ')} and ${(texts.length - shown).toLocaleString('en')} more`;
}
