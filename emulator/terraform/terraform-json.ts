/**
 * Reads Terraform's JSON syntax without guessing: blocks that are an object or a list of one, typed fields, errors that
 * name the address.
 */

export type Block = Readonly<Record<string, unknown>>;

export const isBlock = (value: unknown): value is Block =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A nested block as a list. Terraform's JSON allows an object or a list of objects. */
function blocksOf(block: Block, field: string): readonly Block[] {
  const value = block[field];
  if (value === undefined || value === null) return [];
  return (Array.isArray(value) ? value : [value]).filter(isBlock);
}

/** Reads the fields of one resource, with references resolved. */
export interface Fields {
  readonly address: string;
  text(field: string): string;
  optionalText(field: string): string | undefined;
  number(field: string, fallback: number): number;
  flag(field: string, fallback: boolean): boolean;
  texts(field: string): readonly string[];
  /** Fields of the only nested block; undefined if there is none. */
  nested(field: string): Fields | undefined;
  /** Fields of every nested block with that name. */
  all(field: string): readonly Fields[];
  has(field: string): boolean;
  /** Throws if a field is set that is not among these names. They are separated by spaces. */
  refuseOthers(names: string): void;
  /** Every field as a string: a map. */
  record(): Readonly<Record<string, string>>;
}

/** Fields that do not describe the resource itself. */
const metaFields = ['//', 'depends_on', 'lifecycle', 'provider', 'tags'];

export function fieldsOf(address: string, block: Block, resolve: (text: string) => string): Fields {
  const wrong = (field: string, expected: string): Error => new Error(`${address}: ${field} must be ${expected}`);
  const optionalText = (field: string): string | undefined => {
    const value = block[field];
    if (value === undefined || value === null) return undefined;
    if (typeof value !== 'string') throw wrong(field, 'a string');
    return resolve(value);
  };
  const has = (field: string): boolean => {
    const value = block[field];
    return value !== undefined && value !== null && !(Array.isArray(value) && value.length === 0);
  };
  return {
    address,
    optionalText,
    text(field) {
      const value = optionalText(field);
      if (value === undefined) throw wrong(field, 'set');
      return value;
    },
    number(field, fallback) {
      const value = block[field];
      if (value === undefined || value === null) return fallback;
      if (typeof value !== 'number') throw wrong(field, 'a number');
      return value;
    },
    flag(field, fallback) {
      const value = block[field];
      if (value === undefined || value === null) return fallback;
      if (typeof value !== 'boolean') throw wrong(field, 'true or false');
      return value;
    },
    texts(field) {
      const value = block[field];
      if (value === undefined || value === null) return [];
      if (!Array.isArray(value)) throw wrong(field, 'a list');
      return value.map((item) => {
        if (typeof item !== 'string') throw wrong(field, 'a list of strings');
        return resolve(item);
      });
    },
    nested(field) {
      const [found] = blocksOf(block, field);
      return found === undefined ? undefined : fieldsOf(`${address}.${field}`, found, resolve);
    },
    all: (field) => blocksOf(block, field).map((found) => fieldsOf(`${address}.${field}`, found, resolve)),
    record: () =>
      Object.fromEntries(
        Object.entries(block).map(([field, value]) => {
          if (typeof value !== 'string') throw wrong(field, 'a string');
          return [field, resolve(value)];
        }),
      ),
    has,
    refuseOthers(names) {
      const known = new Set([...names.split(' '), ...metaFields]);
      const other = Object.keys(block).find((field) => has(field) && !known.has(field));
      if (other !== undefined) throw new Error(`${address}: the emulator does not know the setting ${other}`);
    },
  };
}
