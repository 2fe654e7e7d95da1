import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { run } from '../support/packed.ts';

const root = resolve(import.meta.dirname, '../..');
const read = (file: string): string => readFileSync(resolve(root, file), 'utf8');

/** First groups of all matches, each once, in order of the alphabet. */
const all = (text: string, pattern: RegExp): string[] =>
  [...new Set([...text.matchAll(pattern)].map(([, name = '']) => name))].sort();

/** What the first column of the table with this heading names. */
function rows(page: string, heading: string): string[] {
  const [, table = ''] = read(page).split(`| ${heading} |`);
  return all(table.split('\n\n', 1)[0] ?? '', /^\| `([^`]+)` \|/gm);
}

const folderOf = (element: string): string => element.replace('secure-', '');

/** The events of an element's own module, whose names begin with the element's. */
const firedBy = (element: string): string[] =>
  all(read(`web-components/${folderOf(element)}/${element}-events.ts`), /super\('([\w-]+)'/g).map(
    (name) => `${element}-${name}`,
  );

/** What a page says of an element's look: custom properties, states, and parts in groups. */
function look(page: string, element: string): { properties: string[]; states: string[]; parts: string[][] } {
  const [, states = ''] = /`status` \(([^):]+)/.exec(read(page).replace(/\s+/g, ' ')) ?? [];
  const [, parts = ''] = /the parts ([^.]+)/.exec(read(page)) ?? [];
  const names = (text: string): string[] => all(text, /`([^`]+)`/g);
  return {
    properties: all(read(page), new RegExp(`\`(--${element}-[\\w-]+)\``, 'g')),
    states: names(states),
    parts: parts.split(';').map(names),
  };
}

/** The parts of an element's template. The one with two names is its main button. */
const partsOf = (file: string): string[] =>
  all(read(file).replace(/'action main'/g, 'part="action" part="main"'), /part="([\w-]+)"/g);

const statesOf = (file: string, type: string): string[] =>
  all(new RegExp(`export type ${type} = ([^;]+);`).exec(read(file))?.[1] ?? '', /'([\w-]+)'/g);

const union = (names: readonly string[]): string => names.map((name) => `'${name}'`).join(' | ') || 'never';
const pascal = (name: string): string => name.replace(/(?:^|-)(\w)/g, (_, letter) => letter.toUpperCase());

/**
 * What the compiler says when the types of React and Vue are to have exactly these attributes and events. Empty: they
 * have.
 */
async function complaints(element: string, attributes: readonly string[], events: readonly string[]): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 's3nator-test-'));
  const any = ['id', 'class', 'slot', 'hidden', 'style', 'key', 'ref', ...attributes];
  const names = {
    Jsx: [...any, 'className', ...events.map((event) => `on${event}`)],
    Vue: [...any, ...events.map((event) => `on${pascal(event)}`)],
  };
  try {
    const lines = Object.entries(names).map(
      ([framework, names]) =>
        // Each way round: a name that is missing is named, and one too many.
        `same<keyof types.${pascal(element)}${framework}, ${union(names)}>((one) => one, (one) => one);`,
    );
    const code = `import type * as types from '${root}/web-components/${folderOf(element)}/${element}-frameworks.ts';
function same<A, B>(_a: (of: A) => B, _b: (of: B) => A): void {}
${lines.join('\n')}`;
    await writeFile(join(folder, 'types.ts'), code);
    const tsconfig = {
      extends: join(root, 'web-components/tsconfig.json'),
      compilerOptions: { noEmit: true, types: [] },
      include: ['types.ts'],
    };
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(tsconfig));
    return (await run(folder, join(root, 'node_modules/.bin/tsc'), '-p', '.')).out;
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** The attributes that an element's reactive properties have. */
function reactive(source: string): string[] {
  const [, table = ''] = /static override readonly properties = \{(.*?)\};\n/s.exec(source) ?? [];
  return [...table.matchAll(/(\w+): \{(?: attribute: '([\w-]+)')?/g)]
    .map(([, name = '', attribute]) => attribute ?? name)
    .sort();
}

describe('<secure-login>', () => {
  const element = read('web-components/login/secure-login.ts');

  it('has in docs/embed.md every attribute that it reads, and no other', () => {
    const documented = rows('docs/embed.md', 'attribute');
    expect(documented.length).toBeGreaterThan(5);
    expect(reactive(element)).toEqual(documented);
    expect(all(element, /@attr (?:\{[^}]*\} )?([\w-]+) -/g).filter((name) => name !== 'status')).toEqual(documented);
  });

  it('has in docs/embed.md every event that it fires, and no other', () => {
    const fired = [...firedBy('secure-login'), 'secure-login-access-requested'].sort();
    expect(read('web-components/login/access-request.ts')).toContain("super('secure-login-access-requested'");
    expect(rows('docs/embed.md', 'event')).toEqual(fired);
    expect(all(element, /@event \{\w+\} ([\w-]+)/g)).toEqual(fired);
  });

  it('has all of them in the types of React and Vue, and no other', async () => {
    const [attributes, events] = [rows('docs/embed.md', 'attribute'), rows('docs/embed.md', 'event')];
    expect(await complaints('secure-login', attributes, events)).toBe('');
    expect(await complaints('secure-login', attributes, events.slice(1))).toMatch(/secure-login-access-requested/);
    expect(await complaints('secure-login', [...attributes, 'unheard-of'], events)).toMatch(/unheard-of/);
  });
});

it('<secure-login> has the look that docs/embed.md tells of: every property, state and part, and no other', () => {
  const { properties, states, parts } = look('docs/embed.md', 'secure-login');
  expect(all(read('web-components/login/login-styles.ts'), /var\((--secure-login-[\w-]+)/g)).toEqual(properties);
  expect(statesOf('web-components/login/secure-login-events.ts', 'Status')).toEqual(states);
  const question = all(read('web-components/login/access-request.ts'), /make\(.*, '([\w-]+)'\);/g);
  expect([partsOf('web-components/login/view.ts'), question.filter((part) => part !== 'action')]).toEqual(parts);
});

it('<secure-session> has the look that docs/sessions.md tells of: every property, state and part, and no other', () => {
  const { properties, states, parts } = look('docs/sessions.md', 'secure-session');
  expect(all(read('web-components/session/session-styles.ts'), /var\((--secure-session-[\w-]+)/g)).toEqual(properties);
  expect(statesOf('web-components/session/secure-session-events.ts', 'SessionStatus')).toEqual(states);
  expect([partsOf('web-components/session/secure-session.ts')]).toEqual(parts);
});

describe('<secure-session>', () => {
  it('has in docs/sessions.md every event that it fires, and no other', () => {
    const fired = firedBy('secure-session');
    expect(fired.length).toBeGreaterThan(3);
    expect(rows('docs/sessions.md', 'event')).toEqual(fired);
    expect(all(read('web-components/session/secure-session.ts'), /@event \{\w+\} ([\w-]+)/g)).toEqual(fired);
  });

  it('has in docs/sessions.md every attribute that it reads, and no other', () => {
    const documented = rows('docs/sessions.md', 'attribute');
    expect(documented).toContain('api');
    const element = read('web-components/session/secure-session.ts');
    expect(reactive(element)).toEqual(documented);
    expect(all(element, /@attr (?:\{[^}]*\} )?([\w-]+) -/g).filter((name) => name !== 'status')).toEqual(documented);
  });

  it('has all of them in the types of React and Vue, and no other', async () => {
    const [attributes, events] = [rows('docs/sessions.md', 'attribute'), rows('docs/sessions.md', 'event')];
    expect(await complaints('secure-session', attributes, events)).toBe('');
    expect(await complaints('secure-session', attributes, events.slice(1))).toMatch(/secure-session-expired/);
  });
});
