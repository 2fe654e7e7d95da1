/**
 * Writes the contract's types without the validation library: `v.InferOutput<typeof schema>` becomes the type that it
 * stands for, each field with its comment.
 */

/** A top-level statement of a declaration file, with the comment before it. */
const statementsOf = (declarations: string): string[] =>
  declarations
    .split(/\n(?=\/\*\*|export |declare |import )/)
    // A comment and the statement it is for.
    .reduce<string[]>((statements, text) => {
      const last = statements.at(-1);
      if (last !== undefined && /^\/\*\*(?:(?!\*\/).)*\*\/$/s.test(last)) {
        statements[statements.length - 1] = `${last}\n${text}`;
        return statements;
      }
      statements.push(text);
      return statements;
    }, []);

const inferred = /^((?:\/\*\*.*?\*\/\n)?)export type (\w+) = v\.Infer(?:Input|Output)<typeof (\w+)>;\s*$/s;
const schema = /^(?:\/\*\*.*?\*\/\n)?(?:export )?declare const (\w+): v\./s;

/** Names of the types in `declarations` that stand for a schema. */
export const inferredTypes = (declarations: string): string[] =>
  statementsOf(declarations).flatMap((statement) => inferred.exec(statement)?.[2] ?? []);

export interface Field {
  readonly name: string;
  readonly comment: string | undefined;
}

/** The fields that a declaration has as schemas, with their comments. */
export const fieldsOf = (text: string): Field[] =>
  [...text.matchAll(/(?:(\/\*\*(?:(?!\*\/).)*\*\/)\s*)?readonly "?([\w$]+)"?: v\./gs)].map(
    ([, comment, name = '']) => ({ name, comment }),
  );

/**
 * `declarations` without schemas. `plain`: each inferred type as it is written out. `imported`: fields of other
 * modules, because the compiler drops the comments of a schema that comes from another module.
 */
export function withoutSchemas(
  declarations: string,
  plain: Readonly<Record<string, string>>,
  imported: readonly Field[] = [],
): string {
  const statements = statementsOf(declarations);
  const schemas = new Map(statements.map((statement) => [schema.exec(statement)?.[1], statement] as const));
  return statements
    .filter((statement) => !schema.test(statement) && !statement.includes("from 'valibot'"))
    .map((statement) => {
      const [, comment = '', name = '', schemaName] = inferred.exec(statement) ?? [];
      const type = plain[name];
      const fields = fieldsOf(schemas.get(schemaName) ?? '');
      return type === undefined ? statement : `${comment}export type ${name} = ${commented(type, fields, imported)};`;
    })
    .join('\n');
}

/**
 * `type` with the comments of `fields`. Both name the same fields in nearly the same order: the compiler may write a
 * union in another one, and a schema may say less. So they are aligned, longest common sequence first, and what fits
 * nowhere stays without a comment.
 */
function commented(type: string, fields: readonly Field[], imported: readonly Field[]): string {
  const property = /^( *)(?:readonly )?([\w$]+)\??: /gm;
  const names = [...type.matchAll(property)].map(([, , name = '']) => name);
  const [own, others] = [align(names, fields), align(names, imported)];
  let index = 0;
  return type.replace(property, (line, indent: string) => {
    const comment = own[index] ?? others[index];
    index++;
    return comment === undefined ? line : `${indent}${comment.replace(/\n\s*/g, `\n${indent} `)}\n${line}`;
  });
}

/** The comment of each name, from the field that it is aligned with. */
function align(names: readonly string[], fields: readonly Field[]): (string | undefined)[] {
  // common[i][j]: length of the longest common sequence of names from i and fields from j.
  const common = Array.from({ length: names.length + 1 }, () => new Array<number>(fields.length + 1).fill(0));
  const at = (i: number, j: number): number => common[i]?.[j] ?? 0;
  for (let i = names.length - 1; i >= 0; i--) {
    const row = common[i] ?? [];
    for (let j = fields.length - 1; j >= 0; j--) {
      row[j] = names[i] === fields[j]?.name ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const comments: (string | undefined)[] = [];
  for (let i = 0, j = 0; i < names.length; ) {
    if (j < fields.length && names[i] === fields[j]?.name) {
      comments[i++] = fields[j++]?.comment;
    } else if (at(i + 1, j) >= at(i, j + 1)) i++;
    else j++;
  }
  return comments;
}
