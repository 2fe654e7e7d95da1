import { describe, expect, it } from 'vitest';
import { inferredTypes, withoutSchemas } from './plain-types.ts';

const declarations = `/** Owns the shape. */
import * as v from 'valibot';
/** The longest name. */
export declare const longest = 20;
declare const siteSchema: v.StrictObjectSchema<{
    /** Where it is. */
    readonly region: v.StringSchema<undefined>;
    readonly kind: v.LiteralSchema<"a", undefined>;
    /**
     * How long,
     * in seconds.
     */
    readonly seconds: v.NumberSchema<undefined>;
}, undefined>;
/** What is written. */
export type Site = v.InferInput<typeof siteSchema>;
export type Region = Site['region'];
/** Checks it. */
export declare function check(site: Site): boolean;
`;

describe('withoutSchemas', () => {
  const type = '{\n    region: string;\n    kind: "a";\n    seconds?: number | undefined;\n}';

  it('finds the types that stand for a schema', () => {
    expect(inferredTypes(declarations)).toEqual(['Site']);
  });

  it('writes such a type out, with the comments of its fields, and needs the library no more', () => {
    expect(withoutSchemas(declarations, { Site: type })).toBe(`/** The longest name. */
export declare const longest = 20;
/** What is written. */
export type Site = {
    /** Where it is. */
    region: string;
    kind: "a";
    /**
     * How long,
     * in seconds.
     */
    seconds?: number | undefined;
};
export type Region = Site['region'];
/** Checks it. */
export declare function check(site: Site): boolean;
`);
  });

  it('gives no field the comment of another, where the compiler writes them in another order', () => {
    const other =
      '{\n    seconds?: number | undefined;\n    region: string;\n    unheardOf: string;\n    kind: "a";\n}';
    const written = withoutSchemas(declarations, { Site: other });
    expect(written).toMatch(/\/\*\* Where it is\. \*\/\n {4}region: string;\n {4}unheardOf: string;\n {4}kind: "a";/);
    expect(written.match(/Where it is/g)).toHaveLength(1);
  });

  it('takes the comment of a field that has none from the module that the schema comes from', () => {
    const bare = declarations.replace('/** Where it is. */', '');
    expect(bare).not.toBe(declarations);
    const written = withoutSchemas(bare, { Site: type }, [{ name: 'region', comment: '/** From there. */' }]);
    expect(written).toContain('    /** From there. */\n    region: string;');
  });
});
