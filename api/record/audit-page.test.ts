import { readFileSync } from 'node:fs';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { counters } from '../../contract/layout.ts';
import { auditLineSchema } from './audit-line.ts';

const page = readFileSync(new URL('../../docs/audit.md', import.meta.url), 'utf8');
const events = ['granted', 'renewed', 'denied', 'access-requested', 'signed-out'] as const;
type Event = (typeof events)[number];

/** Fields of each event by the schema, nested ones as `who.sub`. */
function schemaFields(): Record<string, string[]> {
  // biome-ignore lint/suspicious/noExplicitAny: valibot's own structure
  const entriesOf = (schema: any): [string, any][] => Object.entries(schema.wrapped?.entries ?? schema.entries ?? {});
  return Object.fromEntries(
    auditLineSchema.options.map((option) => {
      const fields = entriesOf(option).flatMap(([name, field]) => {
        const nested = name === '_aws' ? [] : entriesOf(field).map(([inner]) => `${name}.${inner}`);
        return nested.length > 0 ? nested : [name];
      });
      return [option.entries.event.literal, fields.sort()];
    }),
  );
}

/** The rows of the page's table: field, events that have it, type, example. */
const rows = [...page.matchAll(/^\| `([\w.]+)` \| ([^|]+) \| ([^|]+) \|([^|]*)\|$/gm)].map(
  ([, field = '', events = '', type = '', example = '']) => ({ field, events, type, example: example.trim() }),
);

/** The names in the page's list of reasons, which the type `reason` means. */
const [, reasonList = ''] = /\nThe reason in `why` is one of these:\n\n((?:[- ] .*\n)+)/.exec(page) ?? [];
const reasons = [...reasonList.matchAll(/^- `([^`]+)`: /gm)].map(([, name = '']) => name);

/** The values that a type of the page allows by name. */
const namesOf = (type = ''): string[] =>
  type.trim() === 'reason' ? reasons : [...type.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name);

const hasField = (event: Event, where: string): boolean =>
  /^all\b/.test(where) || new RegExp(`\\b${event}\\b`).test(where);

/** The line that the examples of an event make. */
function exampleLine(event: Event): Record<string, unknown> {
  const line: Record<string, unknown> = { event };
  for (const { field, example } of rows.filter((row) => row.example !== '' && hasField(event, row.events))) {
    const [outer = '', inner] = field.split('.');
    const value: unknown = JSON.parse(example.replace(/^`|`$/g, ''));
    line[outer] = inner === undefined ? value : { ...(line[outer] as object), [inner]: value };
  }
  return line;
}

describe('docs/audit.md', () => {
  it.each(events)('lists exactly the fields that a line has when someone is: %s', (event) => {
    const listed = rows.filter((row) => hasField(event, row.events)).map(({ field }) => field);
    expect(listed.sort()).toEqual(schemaFields()[event]);
  });

  it.each(events)('has an example for each of them, which together are a line: %s', (event) => {
    expect(v.safeParse(auditLineSchema, exampleLine(event)).issues).toBeUndefined();
    const withoutExample = rows.filter((row) => row.example === '').map(({ field }) => field);
    expect(withoutExample).toEqual(['event']);
  });

  it('names every reason and action', () => {
    const denied = auditLineSchema.options.find(({ entries }) => entries.event.literal === 'denied');
    for (const field of ['why', 'action'] as const) {
      const entries = denied?.entries as unknown as Record<string, { options: string[] }> | undefined;
      const known = entries?.[field]?.options ?? [];
      const [row] = rows.filter((one) => one.field === field);
      expect(known.length).toBeGreaterThan(1);
      expect(namesOf(row?.type).toSorted()).toEqual(known.toSorted());
    }
  });

  it('names every metric', () => {
    const table = page.slice(page.indexOf('## Counters'), page.indexOf('## Alarms'));
    for (const name of Object.values(counters)) expect(table).toContain(`\`${name}\``);
  });

  const queries = [...page.matchAll(/<!-- query: (.+) -->\n```\n([^`]+)```/g)].map(
    ([, title = '', text = '']) => [title, text] as const,
  );

  it('has its queries', () => {
    expect(queries.length).toBeGreaterThanOrEqual(5);
  });

  it.each(queries)('asks only for fields that lines have: %s', (_, text) => {
    const known = new Set(rows.map(({ field }) => field));
    const own = [...text.matchAll(/\bas (\w+)/g)].map(([, name]) => name);
    const words = text
      .replace(/"[^"]*"|\/\^.*?\/(?=\s)/g, '')
      .replace(/@timestamp|\b(fields|filter|sort|stats|as|by|and|or|in|like|asc|desc|limit|\d+|\w+(?=\())\b/g, '')
      .match(/[A-Za-z_][\w.]*/g);
    for (const word of words ?? []) if (!own.includes(word)) expect(known, word).toContain(word);
  });
});
