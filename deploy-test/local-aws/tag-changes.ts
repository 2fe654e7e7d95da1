/** Tags that change after a resource was created, for the kinds whose tags moto never changes. */

type Tags = Readonly<Record<string, string>>;

export class TagChanges {
  /** By the resource's ID; null: removed. */
  private readonly changes = new Map<string, Readonly<Record<string, string | null>>>();

  put(id: string, tags: Tags): void {
    this.changes.set(id, { ...this.changes.get(id), ...tags });
  }

  takeOff(id: string, names: readonly string[]): void {
    this.changes.set(id, { ...this.changes.get(id), ...Object.fromEntries(names.map((name) => [name, null])) });
  }

  /** The tags of a resource that was created with `tags`. */
  over(id: string, tags: Tags | undefined): Tags {
    const all = Object.entries({ ...tags, ...this.changes.get(id) });
    return Object.fromEntries(all.filter((entry): entry is [string, string] => entry[1] !== null));
  }

  forget(id: string): void {
    this.changes.delete(id);
  }
}
