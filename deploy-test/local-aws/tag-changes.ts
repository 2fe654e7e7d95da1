/** Owns tags that were changed after a thing was made, for the kinds of things whose tags moto never changes. */

type Tags = Readonly<Record<string, string>>;

export class TagChanges {
  /** By the thing's ID; null: taken off. */
  private readonly changes = new Map<string, Readonly<Record<string, string | null>>>();

  put(id: string, tags: Tags): void {
    this.changes.set(id, { ...this.changes.get(id), ...tags });
  }

  takeOff(id: string, names: readonly string[]): void {
    this.changes.set(id, { ...this.changes.get(id), ...Object.fromEntries(names.map((name) => [name, null])) });
  }

  /** The tags of a thing that was made with `tags`. */
  over(id: string, tags: Tags | undefined): Tags {
    const all = Object.entries({ ...tags, ...this.changes.get(id) });
    return Object.fromEntries(all.filter((entry): entry is [string, string] => entry[1] !== null));
  }

  forget(id: string): void {
    this.changes.delete(id);
  }
}
