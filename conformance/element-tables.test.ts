import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '..');
const read = (file: string): string => readFileSync(resolve(root, file), 'utf8');

/** First groups of all matches, each once, in order of the alphabet. */
const all = (text: string, pattern: RegExp): string[] =>
  [...new Set([...text.matchAll(pattern)].map(([, name = '']) => name))].sort();

/** What the first column of the table with this heading names. */
function rows(page: string, heading: string): string[] {
  const [, table = ''] = read(page).split(`| ${heading} |`);
  return all(table.split('\n\n', 1)[0] ?? '', /^\| `([^`]+)` \|/gm);
}

/** The events of an element's own module, whose names begin with the element's. */
const firedBy = (element: string): string[] =>
  all(read(`web-components/${element}-events.ts`), /super\('([\w-]+)'/g).map((name) => `${element}-${name}`);

/** The body of an interface. */
const bodyOf = (text: string, name: string): string =>
  new RegExp(`interface ${name}\\b[^{]*\\{\\n([\\s\\S]*?)\\n\\}`).exec(text)?.[1] ?? '';

const types = read('web-components/framework-types.ts');
const listeners = (name: string, pattern: RegExp): string[] => all(bodyOf(types, name), pattern);
const kebab = (name: string): string =>
  name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`).replace(/^-/, '');

describe('<secure-login>', () => {
  const element = read('web-components/secure-login.ts');

  it('has in docs/embed.md every attribute that it reads, and no other', () => {
    const documented = rows('docs/embed.md', 'attribute');
    expect(documented.length).toBeGreaterThan(5);
    expect(all(element, /(?:get|has)Attribute\('([\w-]+)'\)/g)).toEqual(documented);
    expect(all(element, /@attr (?:\{[^}]*\} )?([\w-]+) -/g).filter((name) => name !== 'status')).toEqual(documented);
  });

  it('has in docs/embed.md every event that it fires, and no other', () => {
    const fired = [...firedBy('secure-login'), 'secure-login-access-requested'].sort();
    expect(read('web-components/access-request.ts')).toContain("super('secure-login-access-requested'");
    expect(rows('docs/embed.md', 'event')).toEqual(fired);
    expect(all(element, /@event \{\w+\} ([\w-]+)/g)).toEqual(fired);
  });

  it('has all of them in the types of React and Vue', () => {
    const own = all(bodyOf(types, 'SecureLoginAttributes'), /^ {2}'?([\w-]+)'?\?:/gm);
    const everywhere = ['class', 'hidden', 'id', 'slot'];
    expect(own.filter((name) => !everywhere.includes(name))).toEqual(rows('docs/embed.md', 'attribute'));
    const events = rows('docs/embed.md', 'event');
    expect(listeners('SecureLoginJsx', /^ {2}'on(secure-[\w-]+)'\?:/gm)).toEqual(events);
    expect(listeners('SecureLoginVue', /^ {2}on([A-Z]\w+)\?:/gm).map(kebab)).toEqual(events);
  });
});

describe('<secure-session>', () => {
  it('has in docs/sessions.md every event that it fires, and no other', () => {
    const fired = firedBy('secure-session');
    expect(fired.length).toBeGreaterThan(3);
    expect(rows('docs/sessions.md', 'event')).toEqual(fired);
    expect(all(read('web-components/secure-session.ts'), /@event \{\w+\} ([\w-]+)/g)).toEqual(fired);
  });
});
