/** A small JSON Schema validator (draft 7) for the keywords that our published schema uses. For tests. */
type Schema = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const typeOf = (value: unknown): string => (value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value);

/** Keywords that explain but restrict nothing. */
const annotations = new Set(['$schema', 'title', 'description', 'default', 'definitions']);

/** A function that tells whether a JSON value matches the schema. */
export function validatorOf(root: Schema): (value: unknown) => boolean {
  const definitions = root['definitions'] as Readonly<Record<string, Schema>>;

  function keyword(name: string, argument: unknown, schema: Schema, value: unknown): boolean {
    const schemas = argument as readonly Schema[];
    const known = isObject(schema['properties']) ? schema['properties'] : {};
    switch (name) {
      case '$ref': {
        const target = definitions[String(argument).replace('#/definitions/', '')];
        if (target === undefined) throw new Error(`${argument} is not defined`);
        return accepts(target, value);
      }
      case 'type':
        return typeOf(value) === argument;
      case 'const':
        return value === argument;
      case 'enum':
        return (argument as readonly unknown[]).includes(value);
      case 'not':
        return !accepts(argument as Schema, value);
      case 'allOf':
        return schemas.every((each) => accepts(each, value));
      case 'anyOf':
        return schemas.some((each) => accepts(each, value));
      case 'pattern':
        return typeof value !== 'string' || new RegExp(String(argument), 'u').test(value);
      case 'minLength':
        return typeof value !== 'string' || [...value].length >= Number(argument);
      case 'maxLength':
        return typeof value !== 'string' || [...value].length <= Number(argument);
      case 'items':
        return !Array.isArray(value) || value.every((each) => accepts(argument as Schema, each));
      case 'required':
        return !isObject(value) || (argument as readonly string[]).every((each) => Object.hasOwn(value, each));
      case 'minProperties':
        return !isObject(value) || Object.keys(value).length >= Number(argument);
      case 'propertyNames':
        return !isObject(value) || Object.keys(value).every((each) => accepts(argument as Schema, each));
      case 'properties':
        return (
          !isObject(value) ||
          Object.entries(known).every(
            ([each, inner]) => !Object.hasOwn(value, each) || accepts(inner as Schema, value[each]),
          )
        );
      case 'additionalProperties': {
        const others = isObject(value) ? Object.entries(value).filter(([each]) => !Object.hasOwn(known, each)) : [];
        return argument === false
          ? others.length === 0
          : others.every(([, inner]) => accepts(argument as Schema, inner));
      }
      default:
        if (annotations.has(name)) return true;
        throw new Error(`the keyword ${name} is not known here`);
    }
  }

  const accepts = (schema: Schema, value: unknown): boolean =>
    Object.entries(schema).every(([name, argument]) => keyword(name, argument, schema, value));

  return (value) => accepts(root, value);
}
