/**
 * Owns writing the contract's types without the validation library: `v.InferOutput<typeof schema>` becomes the type that it stands for, each field
 * with its comment. Works on the text of declarations; knows no field.
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

interface Field {
  readonly name: string;
  readonly comment: string | undefined;
}

const fieldsOf = (text: string): Field[] =>
  [...text.matchAll(/(?:(\/\*\*(?:(?!\*\/).)*\*\/)\s*)?readonly "?([\w$]+)"?: v\./gs)].map(
    ([, comment, name = '']) => ({ name, comment }),
  );

/**
 * `declarations` without schemas. `plain`: each inferred type as it is written out. `others`: declarations whose fields may be meant, because a
 * schema that is imported comes without its comments.
 */
export function withoutSchemas(
  declarations: string,
  plain: Readonly<Record<string, string>>,
  others: readonly string[],
): string {
  const statements = statementsOf(declarations);
  const schemas = new Map(statements.map((statement) => [schema.exec(statement)?.[1], statement] as const));
  const known = commentsByName([declarations, ...others].flatMap(fieldsOf));
  return statements
    .filter((statement) => !schema.test(statement) && !statement.includes("from 'valibot'"))
    .map((statement) => {
      const [, comment = '', name = '', schemaName] = inferred.exec(statement) ?? [];
      const type = plain[name];
      const fields = fieldsOf(schemas.get(schemaName) ?? '');
      return type === undefined ? statement : `${comment}export type ${name} = ${commented(type, fields, known)};`;
    })
    .join('\n');
}

/** Comments of the fields that mean the same wherever they stand. */
function commentsByName(fields: readonly Field[]): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const ambiguous = new Set<string>();
  for (const { name, comment } of fields) {
    if (comment === undefined) continue;
    if ((found.get(name) ?? comment) !== comment) ambiguous.add(name);
    found.set(name, comment);
  }
  for (const name of ambiguous) found.delete(name);
  return found;
}

function commented(type: string, fields: readonly Field[], known: ReadonlyMap<string, string>): string {
  const property = /^( *)(?:readonly )?([\w$]+)\??: /gm;
  const names = [...type.matchAll(property)].map(([, , name]) => name);
  // The compiler may write a union in another order than the schema.
  const inOrder = names.length === fields.length && fields.every(({ name }, index) => name === names[index]);
  let index = 0;
  return type.replace(property, (line, indent: string, name: string) => {
    const comment = (inOrder ? fields[index++]?.comment : undefined) ?? known.get(name);
    return comment === undefined ? line : `${indent}${comment.replace(/\n\s*/g, `\n${indent} `)}\n${line}`;
  });
}
