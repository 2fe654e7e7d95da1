/**
 * Holds whatever a site has logged to docs/audit.md: the lines of the audit are as the page says, and no line has a
 * secret in it.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

interface Row {
  /** As the page writes it: `all`, or events. */
  readonly where: string;
  readonly isRequired: boolean;
  readonly fits: (value: unknown) => boolean;
}

const utc = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** What a value of the type may be, as the page's third column says it. */
function fitting(type: string, reasons: readonly string[]): Row['fits'] {
  if (type.startsWith('text')) return (value) => typeof value === 'string' && value !== '';
  if (type.startsWith('number')) return (value) => typeof value === 'number';
  if (type.startsWith('time')) return (value) => typeof value === 'string' && utc.test(value);
  if (type.startsWith('object')) return (value) => typeof value === 'object' && value !== null;
  if (type.startsWith('reason')) return (value) => reasons.includes(value as string);
  const words = [...type.matchAll(/`([^`]+)`/g)].map(([, word]) => word);
  return (value) => words.includes(value as string);
}

/** The table of the page: a field's name to what the page says of it. */
function tableOf(page: string): ReadonlyMap<string, Row> {
  const rows = page.matchAll(/^\| `([\w.]+)` \| ([^|]+) \| ([^|]+) \|[^|]*\|$/gm);
  const [, reasonList = ''] = /\nThe reason in `why` is one of these:\n\n((?:[- ] .*\n)+)/.exec(page) ?? [];
  const reasons = [...reasonList.matchAll(/^- `([^`]+)`: /gm)].map(([, name = '']) => name);
  return new Map(
    [...rows].map(([, field = '', where = '', type = '']) => [
      field,
      {
        where,
        isRequired: !/if known|with metrics/.test(where) && !field.startsWith('who.'),
        fits: fitting(type, reasons),
      },
    ]),
  );
}

const page = readFileSync(join(import.meta.dirname, '../../docs/audit.md'), 'utf8');
const table = tableOf(page);

const isOf = ({ where }: Row, event: unknown): boolean =>
  where.startsWith('all') || (typeof event === 'string' && new RegExp(`\\b${event}\\b`).test(where));

/** Names and values, nested ones as `who.sub`. */
const fieldsOf = (line: object): [string, unknown][] =>
  Object.entries(line).flatMap(([name, value]): [string, unknown][] =>
    (name === 'who' || name === 'documents') && typeof value === 'object' && value !== null
      ? Object.entries(value).map(([inner, nested]) => [`${name}.${inner}`, nested])
      : [[name, value]],
  );

function auditProblems(line: Record<string, unknown>): string[] {
  const fields = new Map(fieldsOf(line));
  const { event } = line;
  const found = [...fields].flatMap(([name, value]) => {
    const row = table.get(name);
    if (row === undefined || !isOf(row, event)) return [`${name} of ${event} is not in docs/audit.md`];
    return row.fits(value) ? [] : [`${name} of ${event} is not what docs/audit.md says: ${JSON.stringify(value)}`];
  });
  const missing = [...table].filter(
    ([name, row]) =>
      row.isRequired &&
      isOf(row, event) &&
      !fields.has(name) &&
      !(event === 'denied' && name === 'sid' && line['action'] === 'sign-in'),
  );
  return [...found, ...missing.map(([name]) => `${event} without ${name}`)];
}

/** Longest run of base64 that is no secret; a signature has at least 86 characters. */
const longestRun = 80;
const base64Run = /[A-Za-z0-9+/_~-]{81,}/g;

/** What in a line looks like a token, a policy, a session, a key or a signature. A sender's repeated letters do not. */
export function secretsIn(line: string): string[] {
  const runs = (line.match(base64Run) ?? []).filter((run) => run.length > longestRun && new Set(run).size > 20);
  const shaped =
    line.match(/eyJ[\w-]{10,}|czNuYXRvci1zZXNzaW9u|PRIVATE KEY|__Host-s3nator-\w+=|CloudFront-\w+=/g) ?? [];
  return [...shaped, ...runs];
}

/** Everything that is wrong with a log; empty when nothing is. */
export function logProblems(lines: readonly string[]): string[] {
  return lines.flatMap((text) => {
    const line = JSON.parse(text) as Record<string, unknown>;
    const secrets = secretsIn(text).map((secret) => `a line has ${secret.slice(0, 30)}… in it: ${line['event']}`);
    return 'schema' in line ? [...secrets, ...auditProblems(line)] : secrets;
  });
}
