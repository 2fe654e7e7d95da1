/** The nested lists of a documentation page. */

export interface ListItem {
  readonly name: string;
  /** The nested points, in order, each on one line. */
  readonly points: readonly string[];
}

/** A text whose wrapped lines are joined. */
export const unwrapped = (text: string): string => text.replace(/\n +(?!- )(?=\S)/g, ' ');

/** All list items of a Markdown text with their nested points. Wrapped lines are joined. */
export function listItems(text: string): readonly ListItem[] {
  const items: { name: string; points: string[] }[] = [];
  for (const line of unwrapped(text).split('\n')) {
    if (line.startsWith('- ')) items.push({ name: line.slice(2), points: [] });
    else if (line.startsWith('  - ')) items.at(-1)?.points.push(line.slice(4));
  }
  return items;
}

/** The texts of the points of an item that begin with this label. */
export function labeled({ points }: ListItem, label: string): readonly string[] {
  return points.filter((point) => point.startsWith(`${label}: `)).map((point) => point.slice(label.length + 2));
}
