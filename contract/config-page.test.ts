import { readFileSync } from 'node:fs';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { siteFields } from './site-fields.ts';

const docs = `${import.meta.dirname}/../docs`;
const page = readFileSync(`${docs}/config.md`, 'utf8');

/** What the test needs to know of a valibot schema. */
interface Schema {
  readonly type: string;
  readonly wrapped?: Schema;
  readonly item?: Schema;
  readonly entries?: Readonly<Record<string, Schema>>;
  readonly options?: readonly unknown[];
  readonly pipe?: readonly Schema[];
  readonly default?: unknown;
  readonly requirement?: unknown;
  readonly literal?: unknown;
  readonly message?: unknown;
}

const isSchema = (value: unknown): value is Schema => typeof value === 'object' && value !== null && 'type' in value;

/** The schemas that a schema is made of, itself included, but not those of its fields. */
function layersOf(schema: Schema): readonly Schema[] {
  const inner = [schema.wrapped, schema.item, ...(schema.options ?? []), ...(schema.pipe?.slice(1) ?? [])];
  return [schema, ...inner.filter(isSchema).flatMap(layersOf)];
}

/** The fields of the objects that a value may be. A field that several kinds have is there once for each. */
const fieldsOf = (schema: Schema): readonly (readonly [name: string, schema: Schema])[] =>
  layersOf(schema).flatMap(({ entries = {} }) => Object.entries(entries));

/** Every field below a schema, with its path. */
const pathsOf = (schema: Schema, path = ''): readonly (readonly [path: string, schema: Schema])[] =>
  fieldsOf(schema).flatMap(([name, field]) => {
    const own = path === '' ? name : `${path}.${name}`;
    return [[own, field] as const, ...pathsOf(field, own)];
  });

/** The numbers in a text that are not part of a word, such as `604,800`. */
const numbersIn = (text: string): readonly number[] =>
  [...text.matchAll(/(?<![\w.,/-])\d[\d,]*(?![\w/-])/g)].map(([number]) => Number(number.replaceAll(',', '')));

/** Every number that a schema states: limits, defaults, and what its messages say. */
function numbersOf(schema: Schema): readonly number[] {
  const layers = [...layersOf(schema), ...pathsOf(schema).flatMap(([, field]) => layersOf(field))];
  const values = layers.flatMap(({ default: byDefault, requirement, literal, message, options = [] }) => [
    ...[byDefault, requirement, literal, message],
    ...options.filter((option) => !isSchema(option)),
  ]);
  return values.flatMap((value) => numbersIn(typeof value === 'string' ? value : (JSON.stringify(value) ?? '')));
}

interface Entry {
  /** Path of the field, from the schema that the list is about. */
  readonly path: string;
  readonly default: string;
  readonly text: string;
}

/** The entries under a heading, up to the next heading of the same rank. An entry may go on for several lines. */
function entriesUnder(heading: string): readonly Entry[] {
  const [, rank = ''] = /^(#+) /.exec(heading) ?? [];
  const [, section = ''] = page.split(`\n${heading}\n`);
  const [ours = ''] = section.split(new RegExp(`^#{1,${rank.length}} `, 'm'));
  const items = ours.split(/^- /m).slice(1);
  return items.map((item) => {
    const [text = ''] = item.split(/\n\n|\n(?=#)/);
    const line = text.trim().replace(/\s*\n\s*/g, ' ');
    const [, path, byDefault, meaning] = /^`([\w.[\]]+)` \((?:default: )?(.*?)\): (.*)$/.exec(line) ?? [];
    if (path === undefined) throw new Error(`docs/config.md has an entry without a field and its default: ${line}`);
    return { path: path.replaceAll('[]', ''), default: byDefault ?? '', text: meaning ?? '' };
  });
}

/** The names in the code of a text: of fields, and what else is written as code. */
const codeIn = (text: string): ReadonlySet<string> =>
  new Set([...text.matchAll(/`([^`]+)`/g)].flatMap(([, code = '']) => code.match(/[A-Za-z]\w*/g) ?? []));

/** The fields of the objects in a text, such as those of `{ bucket, region, key }`. */
const shorthandsIn = (text: string): readonly string[] =>
  [...text.matchAll(/`[^`]*?\{([^`]+)\}[^`]*?`/g)].flatMap(([, fields = '']) =>
    fields.split(',').flatMap((field) => /^ *(\w+) *(?::|$)/.exec(field)?.[1] ?? []),
  );

const [, providersText = ''] = page.split('## Providers');
const [, rulesText = ''] = page.split('## Access rules');
const providersPage = readFileSync(`${docs}/providers.md`, 'utf8').replace(/```.*?```/gs, '');
const providerFields = layersOf(siteFields.entries.providers as unknown as Schema);

/** The schema of one kind of provider. */
function providerOf(kind: string): Schema {
  const found = providerFields.find(({ entries }) => entries?.['kind']?.literal === kind);
  if (found === undefined) throw new Error(`there is no provider ${kind}`);
  return found;
}

const site: Schema = { type: 'strict_object', entries: siteFields.entries as unknown as Record<string, Schema> };
const lists: readonly (readonly [of: string, schema: Schema, heading: string, elsewhere: string])[] = [
  ['a site', site, '## Fields of a site', rulesText],
  ...['google', 'cognitoUserPool', 'oidc'].map(
    (kind) =>
      [
        kind,
        providerOf(kind),
        `### \`kind: '${kind}'\``,
        // What only the local run sets, and what each provider in a pool needs.
        `${providersText.split('## Access rules')[0]}${providersPage}`,
      ] as const,
  ),
];

/** Defaults that the page describes and does not write as a value: what they are is held by the words. */
const described: Readonly<Record<string, RegExp>> = {
  signing: /^S3, P-256, SHA256$/,
  pages: /^the shipped ones$/,
  throttle: /^20 and 40$/,
  'throttle.renewals': /^the same numbers$/,
  'provision.federated.attributes': /^depends on the kind$/,
  provision: /^required, unless `existing` is set$/,
  existing: /^required, unless `provision` is set$/,
};

/** Numbers that are not limits: status codes, and a name of AWS. */
const otherNumbers: Readonly<Record<string, readonly number[]>> = { pages: [403, 404], domain: [53] };

describe.each(lists)('docs/config.md about the fields of %s', (_, schema, heading, elsewhere) => {
  const entries = entriesUnder(heading);
  // The fields of each kind of provider have a list of their own.
  const fields = new Map(pathsOf(schema).filter(([path]) => !path.startsWith('providers.')));

  it('has every field: in an entry of its own, in the entry of the field that holds it, or in the text below', () => {
    const missing = [...fields.keys()].filter((path) => {
      const steps = path.split('.');
      const name = steps.at(-1) ?? '';
      if (path === 'kind' || entries.some((entry) => entry.path === path || entry.path.startsWith(`${path}.`)))
        return false;
      const holders = entries.filter((entry) => path.startsWith(`${entry.path}.`));
      return !holders.some((entry) => codeIn(entry.text).has(name)) && !codeIn(elsewhere).has(name);
    });
    expect(missing).toEqual([]);
    expect(entries.length).toBeGreaterThan(2);
  });

  it.each(entries.map((entry) => [entry.path, entry] as const))(
    'names in the entry of %s no field that the schema lacks',
    (path, entry) => {
      expect([...fields.keys()]).toContain(path);
      const field = fields.get(path) as Schema;
      const below = new Set([...pathsOf(field)].map(([inner]) => inner.split('.').at(-1)));
      // The names in it are those of providers.
      if (layersOf(field).some(({ type }) => type === 'record')) return;
      expect(shorthandsIn(entry.text).filter((name) => !below.has(name))).toEqual([]);
    },
  );

  it.each(entries.map((entry) => [entry.path, entry] as const))('states the default of %s', (path, entry) => {
    const field = fields.get(path) as Schema;
    const words = described[path];
    if (words !== undefined) {
      expect(entry.default).toMatch(words);
      expect(field.type).toBe('optional');
      return;
    }
    if (field.type !== 'optional') {
      expect(entry.default).toBe('required');
      return;
    }
    const [, code = ''] = /^`(.*)`$/.exec(entry.default) ?? [];
    expect(JSON.parse(code.replaceAll("'", '"'))).toEqual(field.default);
  });

  it.each(entries.map((entry) => [entry.path, entry] as const))(
    'states of %s only limits that the schema has',
    (path, entry) => {
      const known = [...numbersOf(fields.get(path) as Schema), ...(otherNumbers[path] ?? [])];
      const text = entry.text.replace(/\]\([^)]*\)/g, ']');
      expect(numbersIn(`${entry.default} ${text}`).filter((number) => !known.includes(number))).toEqual([]);
    },
  );
});

describe('docs/config.md', () => {
  it('states the defaults of signing and throttle, which it describes', () => {
    const { signing, throttle } = siteFields.entries;
    expect(v.parse(signing, undefined)).toEqual({ store: 's3', key: 'P-256', hash: 'SHA256' });
    expect(v.parse(throttle, undefined)).toEqual({
      requestsPerSecond: 20,
      burst: 40,
      renewals: { requestsPerSecond: 20, burst: 40 },
    });
  });

  it('has a list for each kind of provider', () => {
    const kinds = providerFields.flatMap(({ entries }) => entries?.['kind']?.literal ?? []);
    for (const kind of kinds) expect(page).toContain(`\n### \`kind: '${kind}'\`\n`);
    expect(kinds.length).toBe(3);
  });
});
